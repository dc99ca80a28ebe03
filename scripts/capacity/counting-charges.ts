/** From a player's report to the sums of the ledger, and to the listener's history. */
import type { Charge, StreamCharge } from "./charges.ts";
import { LEDGER_ROW, STREAM_ROWS } from "./measured.ts";
import { OBJECT_MEMORY_GB, QUEUE_OPERATION_BYTES, QUEUE_OPERATIONS_PER_MESSAGE } from "./prices.ts";
import { rollUpCharges, sumsOfDay } from "./roll-up-charges.ts";
import { ASSUMED, DAYS_PER_MONTH, type Scenario, streamsPerMonth, streamsPerSecond } from "./scenarios.ts";
import {
  ASSUMED_OF_STREAM,
  type EventForm,
  eventsPerStream,
  IN_CODE,
  listeningDayBytes,
  playMessageBytes,
  ROW_BYTES,
} from "./stream-profile.ts";

export interface CountingSettings {
  /** Requests in which a song is reported: one for each event, one for all, or a part of one that has some songs. */
  readonly reportsPerStream: number;
  /** `merged`: what a device noted of a song since the report before goes as one event. */
  readonly events: EventForm;
  /** An object in the archive for each message, or for each batch of them. */
  readonly archive: "message" | "batch";
  /** `day`: a row for each subject and day, written once for a message, however many songs it has. */
  readonly shard: "row-per-event" | "day";
  /** `sums`: what the shards have is added up by recording and day in a roll-up now and then (`roll-up-charges.ts`). */
  readonly ledger: "row-per-play" | "sums";
  /** Months after which a month's shards are put away. */
  readonly shardMonthsKept: number;
}

const GIGABYTE = 1e9;
const SECONDS_PER_DAY = 86_400;

/** Messages that the consumer gets at once. */
export function messagesPerBatch(scenario: Scenario, { reportsPerStream }: CountingSettings): number {
  const waiting = streamsPerSecond(scenario) * reportsPerStream * IN_CODE.playsBatchSeconds;
  return Math.min(IN_CODE.playsBatchMessages, Math.max(1, waiting));
}

/** Objects that a batch of messages is for: two of them may meet in one. */
export function shardsPerBatch(messages: number): number {
  return IN_CODE.playShards * (1 - (1 - 1 / IN_CODE.playShards) ** messages);
}

export function shardRows(
  events: number,
  { reportsPerStream, shard }: Pick<CountingSettings, "reportsPerStream" | "shard">,
  songSeconds: number = ASSUMED.songSeconds,
): { readonly read: number; readonly written: number } {
  if (shard === "day") {
    const { countFiveRowsRead, countFiveRowsWritten } = STREAM_ROWS.figures;
    // What a report is about goes back as far as the songs in it, and may so be of two days.
    const rows = reportsPerStream * (1 + songSeconds / reportsPerStream / SECONDS_PER_DAY);
    return { read: rows * countFiveRowsRead, written: rows * countFiveRowsWritten };
  }
  // All that is known of a playback is read again with each of its messages.
  const messages = Math.max(1, reportsPerStream);
  return { read: (events * (messages - 1)) / 2 + messages, written: events + messages };
}

/** Events of a stream that reach the service. */
export function eventsSent({ songSeconds }: Scenario, { reportsPerStream, events }: CountingSettings): number {
  return events === "merged" ? Math.max(1, reportsPerStream) : eventsPerStream(songSeconds);
}

/** Bytes of queue messages for one stream. */
export function reportBytesPerStream(scenario: Scenario, settings: CountingSettings): number {
  const { reportsPerStream, events: form } = settings;
  const events = eventsSent(scenario, settings);
  if (reportsPerStream >= 1) return reportsPerStream * playMessageBytes(1, Math.round(events / reportsPerStream), form);
  return playMessageBytes(Math.round(1 / reportsPerStream), events, form) * reportsPerStream;
}

export function countingCharges(scenario: Scenario, settings: CountingSettings): StreamCharge[] {
  const { reportsPerStream: reports, archive, ledger } = settings;
  const batch = messagesPerBatch(scenario, settings);
  const shardCalls = (reports * shardsPerBatch(batch)) / batch;
  const rows = shardRows(eventsSent(scenario, settings), settings, scenario.songSeconds);
  const operationUnits = Math.ceil(reportBytesPerStream(scenario, settings) / reports / QUEUE_OPERATION_BYTES);
  const { reportCpuMs, consumerCpuMs, objectCallSeconds } = ASSUMED_OF_STREAM;
  return [
    counting("reports of players", "workerRequests", reports),
    counting("CPU of reports", "workerCpuMs", reports * reportCpuMs),
    counting("messages", "queueOperations", reports * QUEUE_OPERATIONS_PER_MESSAGE * operationUnits),
    counting("batches of messages", "workerRequests", reports / batch),
    counting("CPU of messages", "workerCpuMs", reports * consumerCpuMs),
    counting("raw reports, archived", "r2ClassA", archive === "message" ? reports : reports / batch),
    counting("calls of play shards", "objectRequests", shardCalls),
    counting("time of play shards", "objectGbSeconds", shardCalls * objectCallSeconds * OBJECT_MEMORY_GB),
    counting("plays in play shards", "objectRowsWritten", rows.written),
    counting("plays in play shards", "objectRowsRead", rows.read),
    ...(ledger === "sums" ? rollUpCharges(scenario, settings) : ledgerRowCharges(scenario, reports)),
    ...historyCharges(scenario, settings),
  ];
}

function ledgerRowCharges(scenario: Scenario, reports: number): StreamCharge[] {
  const { writtenByItself, readAgain } = LEDGER_ROW;
  return [
    counting("plays in the ledger", "d1RowsWritten", writtenByItself),
    counting("plays in the ledger", "d1RowsRead", writesOfPlay(scenario, reports) * readAgain),
  ];
}

/** A play that counts is written with each later message of its playback, to no effect but the first time. */
function writesOfPlay({ songSeconds }: Scenario, reports: number): number {
  return reports <= 1 ? reports : Math.max(1, reports * (1 - IN_CODE.qualifyingSeconds / songSeconds));
}

function historyCharges(scenario: Scenario, { reportsPerStream }: CountingSettings): StreamCharge[] {
  const calls = writesOfPlay(scenario, reportsPerStream);
  const { historyRowsRead, historyRowsWritten } = STREAM_ROWS.figures;
  // One row for what a report brings; what comes again writes nothing.
  const written = Math.min(1, reportsPerStream) * historyRowsWritten;
  const ours = (what: string, meter: StreamCharge["meter"], perStream: number): StreamCharge => ({
    part: "history",
    what,
    meter,
    perStream,
    inPaper: false,
  });
  return [
    ours("calls of the listener's object", "objectRequests", calls),
    ours(
      "time of the listener's object",
      "objectGbSeconds",
      calls * ASSUMED_OF_STREAM.objectCallSeconds * OBJECT_MEMORY_GB,
    ),
    ours("plays in histories", "objectRowsWritten", written),
    ours("plays in histories", "objectRowsRead", calls * historyRowsRead),
  ];
}

/** Gigabytes that a month adds. */
export function countedGbPerMonth(scenario: Scenario, settings: CountingSettings) {
  const streams = streamsPerMonth(scenario);
  const events = eventsSent(scenario, settings);
  const archive = (streams * reportBytesPerStream(scenario, settings)) / GIGABYTE;
  const days = scenario.listeners * DAYS_PER_MONTH;
  const shards =
    settings.shard === "day"
      ? streams * listeningDayBytes(Math.round(events), settings.events) + days * ROW_BYTES.listeningDay
      : streams * (events * ROW_BYTES.event + ROW_BYTES.playback);
  const ledger =
    settings.ledger === "sums"
      ? DAYS_PER_MONTH * sumsOfDay(scenario) * ROW_BYTES.playSum
      : streams * ROW_BYTES.qualifiedPlay;
  return { archive, shards: shards / GIGABYTE, ledger: ledger / GIGABYTE };
}

/** What is kept in reach of it. */
export function countedStorage(scenario: Scenario, settings: CountingSettings): Charge[] {
  const { archive, shards, ledger } = countedGbPerMonth(scenario, settings);
  const { monthsKept } = ASSUMED_OF_STREAM;
  const kept = (what: string, meter: Charge["meter"], gb: number, months: number): Charge => ({
    part: "databases",
    what: `${what}, ${months} months of them`,
    meter,
    perMonth: gb * months,
    inPaper: false,
  });
  return [
    kept("raw reports", "r2StandardGb", archive, monthsKept),
    kept("play shards", "objectGb", shards, settings.shardMonthsKept),
    kept(settings.ledger === "sums" ? "sums of the ledger" : "ledger rows", "d1Gb", ledger, monthsKept),
  ];
}

function counting(what: string, meter: StreamCharge["meter"], perStream: number): StreamCharge {
  return { part: "counting", what, meter, perStream, inPaper: true };
}
