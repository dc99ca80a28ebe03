/**
 * Two designs that were worked out on paper before anything was built: 45 billion streams of 4 MB a month. Their totals
 * are given; what they assume of play events is not, and is filled in here so that both totals come out. They hold
 * storage, audio, rights, events and a request to begin with: no leases, histories, databases, replica or masters.
 */
import type { Charge, Part } from "./charges.ts";
import { audioCpu } from "./measured.ts";
import { type Meter, QUEUE_OPERATIONS_PER_MESSAGE } from "./prices.ts";

export interface PaperDesign {
  readonly name: string;
  readonly what: string;
  /** As given. */
  readonly dollarsPerThousand: number;
  readonly streams: number;
  readonly charges: readonly Charge[];
}

const STREAMS = 45e9;
const BYTES_PER_STREAM = 4e6;
const GB_PER_PETABYTE = 1e6;
const KIBIBYTE = 1_024;
const EVENTS = 4;
const EVENTS_PER_MESSAGE = 100;
/** Ranges that the cache has not, in the packed design. */
const MISS_RATIO = 0.1;
const ROWS_PER_PACKED_EVENT = 0.01;
const PACKED_PETABYTES = 4.6;

interface PaperAudio {
  readonly rangeBytes: number;
  readonly throughWorker: boolean;
  readonly missRatio: number;
  readonly kvReadsPerRange: number;
}

function audioOf({ rangeBytes, throughWorker, missRatio, kvReadsPerRange }: PaperAudio): Charge[] {
  const ranges = Math.ceil(BYTES_PER_STREAM / rangeBytes);
  const { msPerRequest, msPerMegabyte } = audioCpu();
  const cpuMs = ranges * msPerRequest + (BYTES_PER_STREAM / 1e6) * msPerMegabyte;
  return [
    paper("audio", "ranges", "workerRequests", throughWorker ? ranges : 0),
    paper("audio", "CPU of ranges", "workerCpuMs", throughWorker ? cpuMs : 0),
    paper("audio", "reads of ranges", "r2ClassB", ranges * missRatio),
    paper("audio", "rights", "kvReads", ranges * kvReadsPerRange),
  ];
}

function countingOf(requests: number, messages: number, rows: number): Charge[] {
  return [
    paper("counting", "reports", "workerRequests", requests),
    paper("counting", "messages", "queueOperations", messages * QUEUE_OPERATIONS_PER_MESSAGE),
    paper("counting", "rows", "d1RowsWritten", rows),
  ];
}

function stored(petabytes: number): Charge {
  const perMonth = petabytes * GB_PER_PETABYTE;
  return { part: "renditions", what: "renditions", meter: "r2StandardGb", perMonth, inPaper: true };
}

function paper(part: Part, what: string, meter: Meter, perStream: number): Charge {
  return { part, what, meter, perMonth: perStream * STREAMS, inPaper: true };
}

const BEGUN = paper("granting", "playbacks granted", "workerRequests", 1);

export const PAPER_NAIVE: PaperDesign = {
  name: "naive, on paper",
  what: "100 PB, ranges of 256 KiB that no cache has, rights from KV for each, a request, a message and a row for each event",
  dollarsPerThousand: 0.062,
  streams: STREAMS,
  charges: [
    BEGUN,
    ...audioOf({ rangeBytes: 256 * KIBIBYTE, throughWorker: true, missRatio: 1, kvReadsPerRange: 1 }),
    ...countingOf(EVENTS, EVENTS, EVENTS),
    stored(100),
  ],
};

const PACKED_COUNTING = countingOf(1, EVENTS / EVENTS_PER_MESSAGE, EVENTS * ROWS_PER_PACKED_EVENT);
const PACKED_AUDIO = { rangeBytes: KIBIBYTE ** 2, missRatio: MISS_RATIO, kvReadsPerRange: 0 } as const;

export const PAPER_PACKED: PaperDesign = {
  name: "packed, on paper",
  what: "4.6 PB, ranges of 1 MiB from the cache, rights in the token, 100 events a message, rows that hold 100",
  dollarsPerThousand: 0.0037,
  streams: STREAMS,
  charges: [BEGUN, ...audioOf({ ...PACKED_AUDIO, throughWorker: true }), ...PACKED_COUNTING, stored(PACKED_PETABYTES)],
};

export const PAPER_WAF: PaperDesign = {
  name: "packed, with the firewall checking tokens, on paper",
  what: "the same, and no Worker for audio",
  dollarsPerThousand: 0.0025,
  streams: STREAMS,
  charges: [BEGUN, ...audioOf({ ...PACKED_AUDIO, throughWorker: false }), ...PACKED_COUNTING, stored(PACKED_PETABYTES)],
};

/**
 * Charges of ours in the world of the packed design: as much stored as it assumes, and streams of its size that its cache
 * has as often. What is left are the designs.
 */
export const PACKED_WORLD = { hitRatio: 1 - MISS_RATIO, meanBytes: BYTES_PER_STREAM } as const;

export function inPackedWorld(charges: readonly Charge[]): Charge[] {
  const counted = charges.filter(({ inPaper, part }) => inPaper && part !== "renditions");
  return [...counted, stored(PACKED_PETABYTES)];
}

export const PAPER_DESIGNS: readonly PaperDesign[] = [PAPER_NAIVE, PAPER_PACKED, PAPER_WAF];
