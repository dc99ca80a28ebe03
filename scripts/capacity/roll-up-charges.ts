/**
 * What it takes to bring plays from the shards into the sums of the ledger: most of it by the roll-up and not by the
 * play, so that it is the less for each play the more of them fall into one. How many rows that is follows from how many
 * different recordings are played between two roll-ups.
 */
import type { StreamCharge } from "./charges.ts";
import { distinctRequested, placesMet } from "./hit-ratio.ts";
import { STREAM_ROWS } from "./measured.ts";
import { OBJECT_MEMORY_GB } from "./prices.ts";
import { ASSUMED, type Scenario, streamsPerSecond } from "./scenarios.ts";
import { ASSUMED_OF_STREAM, IN_CODE } from "./stream-profile.ts";

const SECONDS_PER_DAY = 86_400;
const DAYS_OF_LATE_PLAYS = 35;

export interface RollUp {
  readonly seconds: number;
  readonly plays: number;
  /** Play shards that have news for it. */
  readonly shards: number;
  /** Parts in which it is added. */
  readonly parts: number;
  /** Rows of `recording_days` and `recording_totals`. */
  readonly sumRows: number;
  /** Rows of `news` in all shards. */
  readonly marks: number;
  /** Rows of shards that are read to find what is new. */
  readonly rowsRead: number;
}

export function rollUpSeconds(scenario: Scenario): number {
  const isMany = streamsPerSecond(scenario) > ASSUMED_OF_STREAM.manyStreamsPerSecond;
  return isMany ? ASSUMED_OF_STREAM.rollUpSecondsOfMany : IN_CODE.rollUpSeconds;
}

function popularity(scenario: Scenario) {
  const { zipfExponent } = ASSUMED;
  return { tracks: scenario.tracks, zipfExponent, requestsPerSecond: streamsPerSecond(scenario) };
}

/** Different pairs of a recording and a market that are played on a day: the sums that a day leaves. */
export function sumsOfDay(scenario: Scenario): number {
  return distinctRequested(popularity(scenario), SECONDS_PER_DAY, ASSUMED_OF_STREAM.marketsOfRecording);
}

/** One of the usual size. */
export function rollUpOf(scenario: Scenario, { reportsPerStream }: { readonly reportsPerStream: number }): RollUp {
  const seconds = rollUpSeconds(scenario);
  const plays = streamsPerSecond(scenario) * seconds;
  const reports = plays * Math.min(1, reportsPerStream);
  const late = ASSUMED_OF_STREAM.latePlays;
  const blocks = placesMet(IN_CODE.recordingBlocks, distinctRequested(popularity(scenario), seconds));
  const lateBlocks = placesMet(DAYS_OF_LATE_PLAYS * IN_CODE.recordingBlocks, late * plays);
  const places = IN_CODE.playShards * IN_CODE.marksOfShardDay;
  const marks = placesMet(places, reports);
  const lateMarks = placesMet(DAYS_OF_LATE_PLAYS * places, late * reports);
  // A place has as many rows as subjects; half of those of today are there when a roll-up looks.
  const rowsOfPlace = Math.max(1, scenario.listeners / places);
  return {
    seconds,
    plays,
    shards: placesMet(IN_CODE.playShards, reports) + placesMet(IN_CODE.playShards, late * reports),
    parts: Math.ceil(plays / IN_CODE.rollUpPartPlays),
    sumRows: 2 * blocks + lateBlocks,
    marks: marks + lateMarks,
    rowsRead: (marks * rowsOfPlace) / 2 + lateMarks * rowsOfPlace,
  };
}

export function rollUpCharges(scenario: Scenario, settings: { readonly reportsPerStream: number }): StreamCharge[] {
  const rollUp = rollUpOf(scenario, settings);
  const { plays, shards, parts } = rollUp;
  const calls = (shards * (1 + parts)) / plays;
  const rows = STREAM_ROWS.figures;
  const { rollUpCpuMs, rollUpObjectSeconds } = ASSUMED_OF_STREAM;
  const ledgerRows = rollUp.sumRows + shards * rows.rollUpShardRowsWritten + rows.rollUpMoveRowsWritten * (2 + parts);
  const objectRows = rollUp.marks * rows.countMarkRowsWritten + shards * rows.closeRowsWritten;
  return [
    charge("sums in the ledger", "d1RowsWritten", ledgerRows / plays),
    charge("sums in the ledger", "d1RowsRead", (rollUp.sumRows * rows.rollUpSumRowsRead) / plays),
    charge("marks and rounds of play shards", "objectRowsWritten", objectRows / plays),
    charge("plays looked for in play shards", "objectRowsRead", rollUp.rowsRead / plays),
    charge("roll-ups, calls of play shards", "objectRequests", calls),
    charge("roll-ups, time of play shards", "objectGbSeconds", rollUpObjectSeconds * OBJECT_MEMORY_GB),
    charge("roll-ups", "workerRequests", (1 + parts) / plays),
    charge("CPU of roll-ups", "workerCpuMs", rollUpCpuMs),
  ];
}

function charge(what: string, meter: StreamCharge["meter"], perStream: number): StreamCharge {
  return { part: "counting", what, meter, perStream, inPaper: true };
}
