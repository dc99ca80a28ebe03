/** How many databases, objects and queues it takes, and which of them is full first. */
import { deliveriesPerReport } from "./audio-charges.ts";
import { type CountingSettings, countedGbPerMonth, messagesPerBatch, shardsPerBatch } from "./counting-charges.ts";
import type { Settings } from "./designs.ts";
import { LIMITS } from "./prices.ts";
import { ASSUMED, type Scenario, streamsPerSecond } from "./scenarios.ts";
import { catalogGb, identityGb } from "./storage-charges.ts";
import { IN_CODE } from "./stream-profile.ts";

export interface Capacity {
  readonly what: string;
  readonly load: number;
  /** What one of them takes. */
  readonly limit: number;
  readonly unit: string;
  /** How many there are in the code. */
  readonly present: number;
  /** How many there have to be. */
  readonly needed: number;
  readonly growsWith: "listeners" | "tracks";
  /** What is done when there are too few. */
  readonly remedy: string;
}

/** A database is split before it is full: growing and moving take room. */
const FILL = 0.8;
/** What one D1 database does in a second, one after the other. Assumed: about a millisecond for a read, two for a batch. */
const D1_READS_PER_SECOND = 1_000;
const D1_BATCHES_PER_SECOND = 500;
/** One roll-up after the other adds so much: five seconds for a part. Assumed. */
const ROLL_UP_PLAYS_PER_SECOND = IN_CODE.rollUpPartPlays / 5;
/** A consumer tells of the shards that it has touched, and looks whether a roll-up is due. */
const READS_PER_BATCH = 3;

export function capacitiesOf(scenario: Scenario, { counting, granting }: Settings): Capacity[] {
  return [...databasesOf(scenario, counting), ...ratesOf(scenario, counting, granting.songsPerGrant)];
}

function databasesOf(scenario: Scenario, counting: CountingSettings): Capacity[] {
  const monthly = countedGbPerMonth(scenario, counting);
  const database = { limit: LIMITS.d1DatabaseGb.value * FILL, unit: "GB", present: 1 };
  return [
    capacity({
      ...database,
      what: "D1 catalog",
      load: catalogGb(scenario),
      growsWith: "tracks",
      remedy: "seek tables, over half of it, into the bucket; more databases: each id names its shard",
    }),
    capacity({
      ...database,
      what: "D1 identity",
      load: identityGb(scenario),
      remedy: "databases by a hash of the account, and one that knows the account of an address",
    }),
    capacity({
      ...database,
      what: "D1 ledger, a month of it",
      load: monthly.ledger,
      remedy: "a database for each month and range of blocks: a part of a roll-up is of one range",
    }),
    capacity({
      what: "play shards, a month of them",
      load: monthly.shards,
      limit: LIMITS.objectGb.value * FILL,
      unit: "GB",
      present: IN_CODE.playShards,
      remedy: "more shards from the next month on: their number is one constant; shards of a day",
    }),
  ];
}

/** At the peak of a day. */
function ratesOf(scenario: Scenario, counting: CountingSettings, songsPerGrant: number): Capacity[] {
  const streams = streamsPerSecond(scenario) * ASSUMED.peakFactor;
  const messages = streams * counting.reportsPerStream;
  return [
    capacity({
      what: "D1 catalog, grants",
      load: streams / songsPerGrant,
      limit: D1_READS_PER_SECOND,
      unit: "/s",
      present: 1,
      remedy: "read replicas, then the shards of the catalog; what there is to play kept in the cache for a minute",
    }),
    capacity({
      what: "D1 ledger, reports of deliveries",
      load: streams / deliveriesPerReport(scenario),
      limit: D1_BATCHES_PER_SECOND,
      unit: "/s",
      present: 1,
      remedy: "one batch of statements for a batch of messages",
    }),
    capacity({
      what: "D1 ledger, batches of plays",
      load: READS_PER_BATCH * (messages / messagesPerBatch(scenario, counting)),
      limit: D1_READS_PER_SECOND,
      unit: "/s",
      present: 1,
      remedy: "what an isolate has told the ledger of a shard kept in its memory",
    }),
    capacity({
      what: "roll-up, plays",
      // What comes at the peak is added by and by.
      load: streams / ASSUMED.peakFactor,
      limit: ROLL_UP_PLAYS_PER_SECOND,
      unit: "/s",
      present: 1,
      remedy: "a ledger for each range of blocks, which has a roll-up of its own",
    }),
    capacity({
      what: "queue of plays",
      load: messages,
      limit: LIMITS.queueMessagesPerSecond.value,
      unit: "messages/s",
      present: 1,
      remedy: "queues by play shard",
    }),
    capacity({
      what: "play shards, calls",
      load: shardCalls(scenario, counting, messages),
      limit: LIMITS.objectRequestsPerSecond.value,
      unit: "/s",
      present: IN_CODE.playShards,
      remedy: "more shards from the next month on: their number is one constant",
    }),
  ];
}

function shardCalls(scenario: Scenario, counting: CountingSettings, messages: number): number {
  const batch = messagesPerBatch(scenario, counting);
  return (messages * shardsPerBatch(batch)) / batch;
}

type Load = Omit<Capacity, "needed" | "growsWith"> & Partial<Pick<Capacity, "growsWith">>;

function capacity({ growsWith = "listeners", ...load }: Load): Capacity {
  return { ...load, growsWith, needed: Math.max(1, Math.ceil(load.load / load.limit)) };
}

export function isExceeded({ needed, present }: Capacity): boolean {
  return needed > present;
}

/** Listeners, or tracks, at which it is full. */
export function fullAt(scenario: Scenario, { load, limit, present, growsWith }: Capacity): number {
  return (scenario[growsWith] * limit * present) / load;
}
