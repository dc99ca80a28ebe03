/**
 * Plays by recording, day, country and terms. A sum has a name of its own, under which it stands in the ledger; what a
 * roll-up brings is added to what is there.
 */
import type { EpochMs } from "#domain/foundation/time.ts";
import { commercialModelCode } from "./listening-day.ts";
import type { PlaybackFacts } from "./play-event.ts";

const DATE_LENGTH = "2026-11-23".length;
/** Of an id the last characters are random: these make 238,328 blocks of about as many recordings. */
const BLOCK_CHARACTERS = 3;

export interface PlaySum {
  /** `<recording id>/<country>/<A or S>` */
  readonly key: string;
  /** In UTC, `2026-11-23`: when the playbacks began. */
  readonly day: string;
  readonly plays: number;
}

export function dayOf(atMs: EpochMs): string {
  return new Date(atMs).toISOString().slice(0, DATE_LENGTH);
}

export function sumKey({ recordingId, country, commercialModel }: PlaybackFacts): string {
  return `${recordingId}/${country}/${commercialModelCode(commercialModel)}`;
}

export function recordingOfSum(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

/**
 * Recordings whose sums of a day lie in one row of the ledger. A database charges for rows and moves whole pages, and a
 * play of the long tail touches a row of its own: so a row is for some hundred recordings, where there are so many.
 */
export function recordingBlock(recordingId: string): string {
  return recordingId.slice(-BLOCK_CHARACTERS);
}

/** In which part of a roll-up a recording is: each of its rows is written in one part alone. */
export function partOfRecording(recordingId: string, parts: number): number {
  let value = 0;
  for (const character of recordingBlock(recordingId)) value = value * 128 + character.charCodeAt(0);
  return value % parts;
}

/** One sum for each day and key, in order of both. */
export function mergeSums(sums: Iterable<PlaySum>): PlaySum[] {
  const merged = new Map<string, PlaySum>();
  for (const { key, day, plays } of sums) {
    const name = `${day}/${key}`;
    merged.set(name, { key, day, plays: plays + (merged.get(name)?.plays ?? 0) });
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** A row of the ledger: what is to be added under its keys. */
export interface BlockPlays {
  readonly day: string;
  readonly block: string;
  readonly plays: ReadonlyMap<string, number>;
}

/** By day and block, in order of both; the sums have to be merged. */
export function sumsByBlock(merged: readonly PlaySum[]): BlockPlays[] {
  const groups = Map.groupBy(merged, ({ day, key }) => `${day}/${recordingBlock(recordingOfSum(key))}`);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, sums]) => {
      const [day = "", block = ""] = name.split("/");
      return { day, block, plays: new Map(sums.map(({ key, plays }) => [key, plays])) };
    });
}

/** By block alone, all days and terms together, under the ids of the recordings. */
export function totalsByBlock(merged: readonly PlaySum[]): Omit<BlockPlays, "day">[] {
  const totals = new Map<string, number>();
  for (const { key, plays } of merged) {
    const recordingId = recordingOfSum(key);
    totals.set(recordingId, plays + (totals.get(recordingId) ?? 0));
  }
  const ids = [...totals.keys()].sort();
  return [...Map.groupBy(ids, recordingBlock)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([block, own]) => ({ block, plays: new Map(own.map((id) => [id, totals.get(id) ?? 0])) }));
}
