/** What lies there whether anybody listens or not. */
import { LADDER } from "#domain/ingest/ladder.ts";
import type { Charge } from "./charges.ts";
import { ASSUMED, bytesAt, bytesOf, type Scenario, SECONDS_PER_MONTH, streamsPerMonth } from "./scenarios.ts";
import { ASSUMED_OF_STREAM, IN_CODE, ROW_BYTES, seekTableBytes } from "./stream-profile.ts";

export type StorageClass = "standard" | "infrequent";

export interface StorageSettings {
  /** Rungs of a track that is hardly played; null where each track has the whole ladder. */
  readonly rungsOfTail: readonly string[] | null;
  readonly replica: StorageClass | "none";
  readonly masters: StorageClass;
}

/** Tracks that are hardly played: four of five in a catalog of this size. Assumed. */
export const TAIL_SHARE = 0.8;
const GIGABYTE = 1e9;

export const LADDER_BYTES = bytesOf(...LADDER.map(({ id }) => id));

export function bytesPerTrack({ rungsOfTail }: StorageSettings): number {
  if (rungsOfTail === null) return LADDER_BYTES;
  return (1 - TAIL_SHARE) * LADDER_BYTES + TAIL_SHARE * bytesOf(...rungsOfTail);
}

export function audioStorage({ tracks }: Scenario, settings: StorageSettings): Charge[] {
  const renditionsGb = (tracks * bytesPerTrack(settings)) / GIGABYTE;
  const mastersGb = (tracks * bytesAt(ASSUMED.masterKbps)) / GIGABYTE;
  const stored = (part: Charge["part"], what: string, storageClass: StorageClass, gb: number): Charge => ({
    part,
    what,
    meter: storageClass === "standard" ? "r2StandardGb" : "r2InfrequentGb",
    perMonth: gb,
    inPaper: part === "renditions",
  });
  return [
    stored("renditions", "renditions", "standard", renditionsGb),
    ...(settings.replica === "none" ? [] : [stored("copies", "replica", settings.replica, renditionsGb)]),
    stored("copies", "masters", settings.masters, mastersGb),
  ];
}

export function catalogGb({ tracks }: Scenario): number {
  return (tracks * (ROW_BYTES.trackWithoutSeekTables + seekTableBytes())) / GIGABYTE;
}

export function identityGb({ listeners }: Scenario): number {
  return (listeners * ROW_BYTES.account) / GIGABYTE;
}

/** Databases and objects that grow with tracks and listeners, and what points of presence ask all the time. */
export function standingCharges(scenario: Scenario): Charge[] {
  const historyGb = (streamsPerMonth(scenario) * ASSUMED_OF_STREAM.monthsKept * ROW_BYTES.historyPlay) / GIGABYTE;
  const refreshes = (scenario.pops * SECONDS_PER_MONTH) / IN_CODE.takedownsSeconds;
  return [
    database("catalog", "d1Gb", catalogGb(scenario)),
    database("accounts", "d1Gb", identityGb(scenario)),
    database("rights records", "kvGb", (scenario.tracks * ROW_BYTES.availability) / GIGABYTE),
    database(`histories, ${ASSUMED_OF_STREAM.monthsKept} months of them`, "objectGb", historyGb),
    database("lists of takedowns, read by each point of presence", "objectRequests", refreshes),
  ];
}

function database(what: string, meter: Charge["meter"], perMonth: number): Charge {
  return { part: "databases", what, meter, perMonth, inPaper: false };
}
