/** The section of what was measured, with what follows from it. */
import { AS_BUILT } from "./designs.ts";
import { distinctRequested } from "./hit-ratio.ts";
import { number, percent, table } from "./markdown.ts";
import { AUDIO_ELEMENT, audioCpu, RANGE_SIZE, STREAM_ROWS } from "./measured.ts";
import { LIMITS } from "./prices.ts";
import { rollUpOf } from "./roll-up-charges.ts";
import { ASSUMED, SCENARIOS, streamsPerSecond } from "./scenarios.ts";
import { ASSUMED_OF_STREAM, eventsPerStream, IN_CODE, playMessageBytes } from "./stream-profile.ts";

export function measuredSection(): string {
  const parts = [rangeSizes(), audioElement(), packedEvents(), rows(), rollUps(), cacheShape()];
  return ["## Ways that were tried", ...parts].join("\n\n");
}

function rangeSizes(): string {
  const { figures, date, command } = RANGE_SIZE;
  const { msPerRequest, msPerMegabyte } = audioCpu();
  const sizes = [
    ["256 KiB", figures.cpuMicrosPerMb256k],
    ["1 MiB", figures.cpuMicrosPerMb1m],
    ["4 MiB", figures.cpuMicrosPerMb4m],
    ["one open range of 5 MiB", figures.cpuMicrosPerMbOpen],
  ] as const;
  const share = figures.cpuMicrosPerMb1m / figures.cpuMicrosPerMb256k;
  return `### Larger ranges

CPU of a cached megabyte through the edge, by the size of ranges (\`${command}\`, ${date}):

${table(
  ["range", "us for a megabyte"],
  sizes.map(([name, micros]) => [name, String(micros)]),
)}

Ranges of 1 MiB take ${percent(share)} of the CPU that ranges of 256 KiB take; beyond 4 MiB there is little left to gain. A line through
it gives ${msPerRequest.toFixed(2)} ms for a request and ${msPerMegabyte.toFixed(2)} ms for a megabyte, which is what the model takes. It is the whole
process of a local workerd, with its network: more than the platform bills, which is the Worker's own time.`;
}

function audioElement(): string {
  const { figures, date, command } = AUDIO_ELEMENT;
  const formats = [
    ["Ogg Vorbis", figures.requestsPerSongVorbis, figures.requestsWithSeekVorbis],
    ["AAC in fragmented MP4", figures.requestsPerSongAac, figures.requestsWithSeekAac],
    ["MP3", figures.requestsPerSongMp3, figures.requestsWithSeekMp3],
    ["FLAC", figures.requestsPerSongFlac, figures.requestsWithSeekFlac],
  ] as const;
  return `### Fewer round trips

Requests of Chromium's audio element for a song of ${ASSUMED.songSeconds} s in each format (\`${command}\`, ${date}):

${table(
  ["format", "from beginning to end", "with one jump"],
  formats.map(([name, whole, seek]) => [name, String(whole), String(seek)]),
)}

It asks for everything in one open range. For Ogg it then looks at the end of the file for the duration, and comes back:
three requests where the others make one. An HLS client asks for each segment of four seconds, ${Math.ceil(ASSUMED.songSeconds / 4)} times a song.`;
}

function packedEvents(): string {
  const events = eventsPerStream(ASSUMED.songSeconds);
  const ways = [
    ["each event as it happens", events, playMessageBytes(1, 1)],
    ["a song at once, its events apart", 1, playMessageBytes(1, events)],
    ["a song at once, as one event", 1, playMessageBytes(1, 1, "merged")],
    ["five songs at once, an event each", 0.2, playMessageBytes(5, 1, "merged")],
  ] as const;
  const built = playMessageBytes(IN_CODE.reportSongs, 1, "merged");
  return `### Packed events

A song of ${ASSUMED.songSeconds} s is ${events} events. What the api's own encoder (\`packPlayMessages\`) makes of them:

${table(
  ["reported", "messages a song", "bytes a message", "bytes a song"],
  ways.map(([name, messages, bytes]) => [name, String(messages), String(bytes), String(Math.round(messages * bytes))]),
)}

The player keeps each event at once and puts what waits of a song together into one. It sends what it has of ${IN_CODE.reportSongs} songs, or of
${IN_CODE.reportSeconds / 60} minutes, or when it is interrupted. Each message is a request, three operations of the queue, a call of a shard and a
row that is written, whatever is in it; of the ${LIMITS.queueMessageBytes.value} bytes that it may have, that of ${IN_CODE.reportSongs} songs has ${((built / LIMITS.queueMessageBytes.value) * 100).toFixed(1)} %.`;
}

const ROW_NAMES = [
  ["a playback granted, D1 catalog", "grantRowsRead", null],
  ["a stream begun, listener's object", "beginRowsRead", "beginRowsWritten"],
  ["a stream renewed, listener's object", "renewRowsRead", "renewRowsWritten"],
  ["a message of five songs, play shard", "countFiveRowsRead", "countFiveRowsWritten"],
  ["a mark of what newly counts, play shard", "countMarkRowsRead", "countMarkRowsWritten"],
  ["a round closed, play shard", "closeRowsRead", "closeRowsWritten"],
  ["a move of a roll-up, D1 ledger", "rollUpMoveRowsRead", "rollUpMoveRowsWritten"],
  ["a shard in a roll-up, D1 ledger", "rollUpShardRowsRead", "rollUpShardRowsWritten"],
  ["a row of sums in a roll-up, D1 ledger", "rollUpSumRowsRead", "rollUpSumRowsWritten"],
  ["a play in the history, listener's object", "historyRowsRead", "historyRowsWritten"],
  ["a report of 500 deliveries, D1 ledger", "deliveriesRowsRead", "deliveriesRowsWritten"],
] as const;

function rows(): string {
  const { figures, date, command } = STREAM_ROWS;
  return `### Rows

What the statements of the code read and write, as the local platform counts it (\`${command}\`, ${date}):

${table(
  ["of", "rows read", "rows written"],
  ROW_NAMES.map(([name, read, written]) => [
    name,
    String(figures[read]),
    written === null ? "0" : String(figures[written]),
  ]),
)}`;
}

function rollUps(): string {
  const rows = SCENARIOS.map((scenario) => {
    const { seconds, plays, shards, parts, sumRows, marks } = rollUpOf(scenario, AS_BUILT.counting);
    const perPlay = ((sumRows + marks) / plays).toFixed(3);
    return [
      scenario.name,
      number(seconds),
      ...[plays, shards, parts, sumRows, marks].map((value) => number(value)),
      perPlay,
    ];
  });
  return `### Sums instead of plays

A roll-up adds what newly counts to one row for each block of recordings and each day, and to one for the block's totals.
How many rows that is follows from Zipf's law and the time between two of them; ${number(IN_CODE.recordingBlocks)} blocks, ${number(IN_CODE.playShards)} shards a month
and ${number(IN_CODE.marksOfShardDay)} marks for each day of a shard are what the code has.

${table(["listeners", "seconds", "plays", "shards", "parts", "rows of sums", "marks", "rows a play"], rows)}

By itself each recording would have a row: at ${largestName()} listeners ${number(distinctRows())} of them an hour.`;
}

function largestName(): string {
  return SCENARIOS.at(-1)?.name ?? "";
}

function distinctRows(): number {
  const largest = SCENARIOS.at(-1);
  if (largest === undefined) throw new RangeError("there is no scenario");
  const { zipfExponent } = ASSUMED;
  const popularity = { tracks: largest.tracks, zipfExponent, requestsPerSecond: streamsPerSecond(largest) };
  return distinctRequested(popularity, ASSUMED_OF_STREAM.rollUpSecondsOfMany);
}

function cacheShape(): string {
  return `### Cached pieces, and a cached entrypoint

Pieces of 1 MiB in the cache instead of whole renditions read the bucket up to 38 times as often
([decision 13](decisions/0013-cache-entries.md)). A cached entrypoint, which would answer before a Worker runs or collapse
misses behind one, is not emulated locally and was not measured: the designs “a tiered cache” and “cached audio without a
Worker” are what it would come to.`;
}
