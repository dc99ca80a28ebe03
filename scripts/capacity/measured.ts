/**
 * Figures that were measured, with the command that measures them again. On another machine times differ and counts do
 * not: the CPU is that of a whole workerd process in Miniflare, network included, which is more than the platform bills.
 */
export interface Measurement<Figures> {
  readonly date: string;
  readonly command: string;
  readonly figures: Figures;
}

export const RANGE_SIZE = {
  date: "2026-11-23",
  command: "npm run bench -- range-size --json",
  figures: {
    cpuMicrosPerMb256k: 2_334,
    cpuMicrosPerMb1m: 1_180,
    cpuMicrosPerMb4m: 787,
    cpuMicrosPerMbOpen: 739,
  },
} as const satisfies Measurement<object>;

/** Vorbis with a jump took 3 to 6, the more the busier the machine was: the least of them is here. */
export const AUDIO_ELEMENT = {
  date: "2026-11-29",
  command: "npm run bench -- audio-element --json",
  figures: {
    requestsPerSongVorbis: 3,
    requestsPerSongAac: 1,
    requestsPerSongMp3: 1,
    requestsPerSongFlac: 1,
    requestsWithSeekVorbis: 3,
    requestsWithSeekAac: 2,
    requestsWithSeekMp3: 2,
    requestsWithSeekFlac: 4,
  },
} as const satisfies Measurement<object>;

export const STREAM_ROWS = {
  date: "2026-11-29",
  command: "npm run bench -- stream-rows --json",
  figures: {
    grantRowsRead: 13,
    beginRowsRead: 4,
    beginRowsWritten: 1,
    renewRowsRead: 2,
    renewRowsWritten: 1,
    historyRowsRead: 2,
    historyRowsWritten: 1,
    countFiveRowsRead: 2,
    countFiveRowsWritten: 1,
    countMarkRowsRead: 0,
    countMarkRowsWritten: 1,
    closeRowsRead: 2,
    closeRowsWritten: 1,
    rollUpMoveRowsRead: 2,
    rollUpMoveRowsWritten: 1,
    rollUpShardRowsRead: 2,
    rollUpShardRowsWritten: 2,
    rollUpSumRowsRead: 6,
    rollUpSumRowsWritten: 1,
    deliveriesRowsRead: 1_001,
    deliveriesRowsWritten: 22,
  },
} as const satisfies Measurement<object>;

/** A row of the ledger for each play, as it was measured on 2026-11-23: the table and its index, and a look at it. */
export const LEDGER_ROW = { writtenByItself: 2, readAgain: 1 } as const;
/** Of the music of the demo, in all files of the ladder and the preview. */
export const TRANSCODE = {
  date: "2026-11-29",
  command: "npm run bench -- transcode --json",
  figures: {
    seekTableBytesPerSecond: 32.26,
    seekTableJsonBytesPerSecond: 134.21,
  },
} as const satisfies Measurement<object>;

const MEGABYTE = 1_000_000;
const SMALL_RANGE_BYTES = 256 * 1_024;
const LARGE_RANGE_BYTES = 4 * 1_024 ** 2;

/** A line through the smallest and the largest range: so much for each request, and so much for each megabyte. */
export function audioCpu(): { readonly msPerRequest: number; readonly msPerMegabyte: number } {
  const { cpuMicrosPerMb256k, cpuMicrosPerMb4m } = RANGE_SIZE.figures;
  const smallMb = SMALL_RANGE_BYTES / MEGABYTE;
  const largeMb = LARGE_RANGE_BYTES / MEGABYTE;
  const smallMicros = cpuMicrosPerMb256k * smallMb;
  const largeMicros = cpuMicrosPerMb4m * largeMb;
  const microsPerMegabyte = (largeMicros - smallMicros) / (largeMb - smallMb);
  return {
    msPerRequest: (smallMicros - microsPerMegabyte * smallMb) / 1_000,
    msPerMegabyte: microsPerMegabyte / 1_000,
  };
}
