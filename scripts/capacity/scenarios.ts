/** How many listen, to how much, and how much of it is near. All of it is assumed, and can be given otherwise. */
import { LADDER } from "#domain/ingest/ladder.ts";
import { hitRatioOfCache, hitRatioOfMemo, type Popularity } from "./hit-ratio.ts";

export const DAYS_PER_MONTH = 30;
const SECONDS_PER_DAY = 86_400;
export const SECONDS_PER_MONTH = DAYS_PER_MONTH * SECONDS_PER_DAY;
const BITS_PER_BYTE = 8;

export const ASSUMED = {
  /** Of each listener. 1.5 billion a day at 500 million listeners. */
  streamsPerDay: 3,
  songSeconds: 205,
  /** A rung of the ladder that stands for what is heard on average. */
  heardProfile: "aac-160",
  /** What FLAC makes of CD audio, and about what masters are. */
  losslessKbps: 900,
  masterKbps: 1_000,
  zipfExponent: 0.9,
  /** An entry of the cache that nobody asks for stays about this long. */
  cacheSeconds: SECONDS_PER_DAY,
  /** Renditions of one track that listeners share out among themselves. */
  renditionsHeard: 3,
  /** The peak of a day above its mean. */
  peakFactor: 2,
} as const;

export interface Scenario {
  readonly name: string;
  readonly listeners: number;
  readonly streamsPerDay: number;
  /** What a listener loads of one stream. */
  readonly meanBytes: number;
  readonly songSeconds: number;
  readonly tracks: number;
  /** Points of presence that the listeners are spread over. */
  readonly pops: number;
  /** Isolates of the edge in each of them. */
  readonly isolatesPerPop: number;
  /** Null to work it out from popularity. */
  readonly hitRatio: number | null;
}

const HEARD_BYTES = bytesOf(ASSUMED.heardProfile);

function scenario(name: string, listeners: number, tracks: number, pops: number, isolatesPerPop: number): Scenario {
  const { streamsPerDay, songSeconds } = ASSUMED;
  return {
    name,
    listeners,
    streamsPerDay,
    songSeconds,
    meanBytes: HEARD_BYTES,
    tracks,
    pops,
    isolatesPerPop,
    hitRatio: null,
  };
}

export const SCENARIOS: readonly Scenario[] = [
  scenario("10 k", 10_000, 100_000, 5, 2),
  scenario("1 M", 1_000_000, 5_000_000, 50, 4),
  scenario("100 M", 100_000_000, 100_000_000, 200, 10),
  scenario("500 M", 500_000_000, 100_000_000, 300, 20),
];

export function streamsPerMonth({ listeners, streamsPerDay }: Scenario): number {
  return listeners * streamsPerDay * DAYS_PER_MONTH;
}

/** The mean over a month. */
export function streamsPerSecond(one: Scenario): number {
  return streamsPerMonth(one) / SECONDS_PER_MONTH;
}

function popularityIn(one: Scenario): Popularity {
  const { tracks, pops } = one;
  return { tracks, zipfExponent: ASSUMED.zipfExponent, requestsPerSecond: streamsPerSecond(one) / pops };
}

/** The share of renditions that the cache of the point of presence has when a listener begins. */
export function cacheHitRatio(one: Scenario): number {
  if (one.hitRatio !== null) return one.hitRatio;
  const popularity = popularityIn(one);
  const perRendition = popularity.requestsPerSecond / ASSUMED.renditionsHeard;
  return hitRatioOfCache({ ...popularity, requestsPerSecond: perRendition }, ASSUMED.cacheSeconds);
}

/** The share of streams whose track's rights somebody read in the same point of presence within `seconds`. */
export function rightsHitRatio(one: Scenario, seconds: number): number {
  return hitRatioOfMemo(popularityIn(one), seconds);
}

export function kbpsOf(profileId: string): number {
  const profile = LADDER.find(({ id }) => id === profileId);
  if (profile === undefined) throw new RangeError(`the ladder has no ${profileId}`);
  return profile.targetKbps === 0 ? ASSUMED.losslessKbps : profile.targetKbps;
}

/** Of a song of the usual length. */
export function bytesOf(...profileIds: readonly string[]): number {
  const kbps = profileIds.reduce((sum, id) => sum + kbpsOf(id), 0);
  return bytesAt(kbps);
}

export function bytesAt(kbps: number): number {
  return (kbps * 1_000 * ASSUMED.songSeconds) / BITS_PER_BYTE;
}
