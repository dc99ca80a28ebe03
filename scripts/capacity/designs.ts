/** Designs side by side: ours, and ours with one thing changed. */
import { type AudioSettings, audioCharges } from "./audio-charges.ts";
import { type Charge, monthOf } from "./charges.ts";
import { type CountingSettings, countedStorage, countingCharges } from "./counting-charges.ts";
import { type GrantingSettings, grantingCharges } from "./granting-charges.ts";
import { ASSUMED, bytesOf, type Scenario } from "./scenarios.ts";
import { audioStorage, type StorageSettings, standingCharges } from "./storage-charges.ts";
import { ASSUMED_OF_STREAM, elementRequests, eventsPerStream, reportsPerStream } from "./stream-profile.ts";

export interface Settings {
  readonly audio: AudioSettings;
  readonly granting: GrantingSettings;
  readonly counting: CountingSettings;
  readonly storage: StorageSettings;
}

export interface Design {
  readonly id: string;
  readonly name: string;
  /** Whether the code does it today. */
  readonly built: boolean;
  /** What would be changed, or how it is. */
  readonly what: string;
  /** What is lost by it, or to be taken care of. */
  readonly price: string;
  readonly settings: Settings;
}

const KIBIBYTE = 1_024;
/** `FRAGMENT_MS` in jobs/transcode/encode-rendition.ts */
const SEGMENT_SECONDS = 4;
const SEGMENT_BYTES = (bytesOf("aac-160") / ASSUMED.songSeconds) * SEGMENT_SECONDS;
const UPPER_TIERS = 10;
const MEBIBYTE = KIBIBYTE ** 2;

export const AS_BUILT: Settings = {
  audio: { ranges: elementRequests("Aac"), throughWorker: true, rights: "fresh-token", upperTiers: null },
  granting: { songsPerGrant: 1 },
  counting: {
    reportsPerStream: reportsPerStream(ASSUMED.songSeconds),
    events: "merged",
    archive: "batch",
    shard: "day",
    ledger: "sums",
    shardMonthsKept: ASSUMED_OF_STREAM.monthsKept,
  },
  storage: { rungsOfTail: null, replica: "infrequent", masters: "infrequent" },
};

/** As it was until it was counted what a browser asks for. */
const VORBIS_FIRST: AudioSettings = { ...AS_BUILT.audio, ranges: elementRequests("Vorbis") };
/** As it was before plays were packed. */
const BY_ROW: CountingSettings = {
  ...AS_BUILT.counting,
  reportsPerStream: 1 + ASSUMED_OF_STREAM.interruptions,
  shard: "row-per-event",
  ledger: "row-per-play",
};
/** As it was until it was counted what each event costs. */
const EACH_EVENT: CountingSettings = {
  ...BY_ROW,
  reportsPerStream: eventsPerStream(ASSUMED.songSeconds),
  events: "each",
  archive: "message",
};
const FIVE_SONGS = 5;
/** Players may report for 35 days, and then a month is closed. */
const SHARD_MONTHS = 3;
const LEAN_STORAGE: StorageSettings = { ...AS_BUILT.storage, rungsOfTail: ["aac-96", "aac-160"] };

export const DESIGNS: readonly Design[] = [
  {
    id: "as-built",
    name: "as built",
    built: true,
    what:
      "AAC first in an open range; a report for five songs, a row for a listener's day, sums in the ledger; the whole " +
      "ladder, twice",
    price: "what the rest of the table is measured against",
    settings: AS_BUILT,
  },
  {
    id: "ranges-256k",
    name: "ranges of 256 KiB",
    built: true,
    what: "a client that asks for 256 KiB at a time, which the edge serves as well",
    price: "a request for each",
    settings: { ...AS_BUILT, audio: { ...AS_BUILT.audio, ranges: { rangeBytes: 256 * KIBIBYTE } } },
  },
  {
    id: "ranges-1m",
    name: "ranges of 1 MiB",
    built: true,
    what: "a client that asks for 1 MiB at a time",
    price: "a listener who skips has loaded a mebibyte at most, where an open range runs until it is cut",
    settings: { ...AS_BUILT, audio: { ...AS_BUILT.audio, ranges: { rangeBytes: MEBIBYTE } } },
  },
  {
    id: "hls",
    name: "HLS or DASH",
    built: true,
    what: `a client that plays from a manifest, which asks for each segment of ${SEGMENT_SECONDS} s`,
    price: "a request for each; longer segments would be fewer",
    settings: { ...AS_BUILT, audio: { ...AS_BUILT.audio, ranges: { rangeBytes: SEGMENT_BYTES } } },
  },
  {
    id: "vorbis-first",
    name: "Vorbis before AAC",
    built: false,
    what: "the player's order of preference as it was: Ogg has its duration at the end, fragmented MP4 in front",
    price: "Vorbis at 96 kbit/s sounds better than AAC does; Firefox is given it, as is who wants 320 kbit/s",
    settings: { ...AS_BUILT, audio: VORBIS_FIRST },
  },
  {
    id: "rights-always-asked",
    name: "rights asked for each beginning",
    built: false,
    what: "as it was before: the edge reads what the api has read a moment ago to sign the token",
    price: "rights are no fresher by it, and the first byte waits for the store",
    settings: { ...AS_BUILT, audio: { ...AS_BUILT.audio, rights: "store" } },
  },
  {
    id: "tiered-cache",
    name: "a tiered cache",
    built: false,
    what:
      `misses are asked of one of ${UPPER_TIERS} upper tiers before the bucket, as the platform's own cache in front of an ` +
      "entrypoint does (Workers Caching)",
    price: "nothing emulates it locally, so it is not measured; a miss goes a longer way",
    settings: { ...AS_BUILT, audio: { ...AS_BUILT.audio, upperTiers: UPPER_TIERS } },
  },
  {
    id: "waf",
    name: "cached audio without a Worker",
    built: false,
    what: "a rule of the firewall checks the MAC (is_timed_hmac_valid_v0), the zone's cache or the bucket answers",
    price:
      "rights by country, takedowns within the minute, limits by account, delivered bytes and the replica are lost for " +
      "the life of a URL; a token of another form",
    settings: { ...AS_BUILT, audio: { ...AS_BUILT.audio, throughWorker: false } },
  },
  {
    id: "each-event",
    name: "each event by itself",
    built: false,
    what: "as it was at first: a request for each play event as it happens, an object of the archive for each message",
    price: "a play is counted within seconds, which is not worth a request",
    settings: { ...AS_BUILT, counting: EACH_EVENT },
  },
  {
    id: "unmerged",
    name: "one report, events unmerged",
    built: false,
    what: "one request for each song with all of its events in it, each of them a row of a shard, a row for each play",
    price: "the shards show when each stretch was reported, which nothing asks for",
    settings: { ...AS_BUILT, counting: { ...BY_ROW, events: "each" } },
  },
  {
    id: "row-per-play",
    name: "a row for each play",
    built: false,
    what: "as it was before: one report a song, a row of a shard for each playback and event, two of the ledger for a play",
    price: "a play is counted when its song has ended; a ledger that is full at once",
    settings: { ...AS_BUILT, counting: BY_ROW },
  },
  {
    id: "shards-put-away",
    name: "shards put away",
    built: false,
    what: `the shards of a month are emptied ${SHARD_MONTHS} months after it`,
    price: "single plays are then in the archive alone",
    settings: { ...AS_BUILT, counting: { ...AS_BUILT.counting, shardMonthsKept: SHARD_MONTHS } },
  },
  {
    id: "lean-storage",
    name: "a short ladder for the tail",
    built: false,
    what: "tracks that are hardly played keep AAC 96 and 160; the rest is encoded when they are",
    price: "the first listeners of a rare track hear no lossless; transcoding on demand; retrieval at $0.01 a GB",
    settings: { ...AS_BUILT, storage: LEAN_STORAGE },
  },
  {
    id: "lean",
    name: "all of it, through the Worker",
    built: false,
    what: "tiers, shards put away, short ladder, five playbacks a grant",
    price: "as above; every check of the edge stays",
    settings: {
      audio: { ...AS_BUILT.audio, upperTiers: UPPER_TIERS },
      granting: { songsPerGrant: FIVE_SONGS },
      counting: { ...AS_BUILT.counting, shardMonthsKept: SHARD_MONTHS },
      storage: LEAN_STORAGE,
    },
  },
];

export function designNamed(id: string): Design {
  const design = DESIGNS.find((one) => one.id === id);
  if (design === undefined) throw new RangeError(`there is no design ${id}`);
  return design;
}

/** All that is metered in a month. */
export function chargesOf(scenario: Scenario, { audio, granting, counting, storage }: Settings): Charge[] {
  return [
    ...monthOf(scenario, grantingCharges(scenario, granting)),
    ...monthOf(scenario, audioCharges(scenario, audio)),
    ...monthOf(scenario, countingCharges(scenario, counting)),
    ...audioStorage(scenario, storage),
    ...countedStorage(scenario, counting),
    ...standingCharges(scenario),
  ];
}
