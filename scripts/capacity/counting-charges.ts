/** From a player's report to a row that counts, and to the listener's history. */
import type { Charge, StreamCharge } from "./charges.ts";
import { STREAM_ROWS } from "./measured.ts";
import { OBJECT_MEMORY_GB, QUEUE_OPERATION_BYTES, QUEUE_OPERATIONS_PER_MESSAGE } from "./prices.ts";
import { type Scenario, streamsPerMonth, streamsPerSecond } from "./scenarios.ts";
import {
  ASSUMED_OF_STREAM,
  type EventForm,
  eventsPerStream,
  IN_CODE,
  playMessageBytes,
  ROW_BYTES,
} from "./stream-profile.ts";

export interface CountingSettings {
  /** Requests in which a song is reported: one for each event, one for all, or a part of one for some songs. */
  readonly reportsPerStream: number;
  /** `merged`: what a device noted of a song since the report before goes as one event. */
  readonly events: EventForm;
  /** An object in the archive for each message, or for each batch of them. */
  readonly archive: "message" | "batch";
  readonly shard: "row-per-event" | "row-per-message";
  /** `sums`: plays themselves are in the archive, and the ledger has their sums by day, track, country and terms. */
  readonly ledger: "row-per-play" | "sums";
  /** Months after which a month's shards are put away. */
  readonly shardMonthsKept: number;
}

/** Of each stream, where the ledger has sums: how seldom a stream is the first of its kind on its day. Assumed. */
export const SUM_ROWS_PER_STREAM = 0.05;
const GIGABYTE = 1e9;

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
): { readonly read: number; readonly written: number } {
  // All that is known of a playback is read again with each of its messages.
  const messages = Math.max(1, reportsPerStream);
  if (shard === "row-per-event") {
    return { read: (events * (messages - 1)) / 2 + messages, written: events + messages };
  }
  return { read: (messages * (messages - 1)) / 2 + reportsPerStream, written: reportsPerStream };
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
  const rows = shardRows(eventsSent(scenario, settings), settings);
  const operationUnits = Math.ceil(reportBytesPerStream(scenario, settings) / reports / QUEUE_OPERATION_BYTES);
  const { reportCpuMs, consumerCpuMs, objectCallSeconds } = ASSUMED_OF_STREAM;
  const { ledgerRowsWritten } = STREAM_ROWS.figures;
  return [
    counting("reports of players", "workerRequests", reports),
    counting("CPU of reports", "workerCpuMs", reports * reportCpuMs),
    counting("messages", "queueOperations", reports * QUEUE_OPERATIONS_PER_MESSAGE * operationUnits),
    counting("batches of messages", "workerRequests", reports / batch),
    counting("CPU of messages", "workerCpuMs", reports * consumerCpuMs),
    counting("raw reports, archived", "r2ClassA", archive === "message" ? reports : reports / batch),
    counting("calls of play shards", "objectRequests", shardCalls),
    counting("time of play shards", "objectGbSeconds", shardCalls * objectCallSeconds * OBJECT_MEMORY_GB),
    counting("events in play shards", "objectRowsWritten", rows.written),
    counting("events in play shards", "objectRowsRead", rows.read),
    counting("plays in the ledger", "d1RowsWritten", ledger === "sums" ? SUM_ROWS_PER_STREAM : ledgerRowsWritten),
    counting(
      "plays in the ledger",
      "d1RowsRead",
      writesOfPlay(scenario, reports) * STREAM_ROWS.figures.ledgerAgainRowsRead,
    ),
    ...historyCharges(scenario, settings),
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
  const playRows = settings.ledger === "sums" ? SUM_ROWS_PER_STREAM : 1;
  return {
    archive,
    // A row that holds a whole message is about as large as the message.
    shards:
      settings.shard === "row-per-event"
        ? (streams * (events * ROW_BYTES.event + ROW_BYTES.playback)) / GIGABYTE
        : archive,
    ledger: (streams * playRows * ROW_BYTES.qualifiedPlay) / GIGABYTE,
  };
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
    kept("ledger rows", "d1Gb", ledger, monthsKept),
  ];
}

function counting(what: string, meter: StreamCharge["meter"], perStream: number): StreamCharge {
  return { part: "counting", what, meter, perStream, inPaper: true };
}
