/**
 * Adds what newly counts in the play shards to the sums of the ledger, each play once. Rules: docs/specs/plays.md.
 *
 * It goes in moves, each of them one transaction of the ledger that also says how far it is: to claim it, to plan which
 * closed rounds of which shards are added, and to add one part of the recordings after the other. The shards answer for
 * closed rounds the same each time. So whoever dies between two moves is followed by somebody who does the next one, and
 * of two who do the same move one changes nothing.
 */
import { type EpochMs, SECOND_MS } from "#domain/foundation/time.ts";
import { mergeSums } from "#domain/plays/play-sums.ts";
import type { ShardNews } from "#durable-objects/plays/round-news.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import * as store from "./roll-up-store.ts";

const WORKER = "accounting";
/** Whoever has made no move for so long is taken for dead. If he is not, his next move fails. */
export const ROLL_UP_LEASE_MS = 60 * SECOND_MS;
/** All shards of two months and some of a third; the others have their turn in the next one. */
export const SHARDS_PER_ROLL_UP_MAX = 600;
/**
 * The platform lets an invocation make 1,000 calls, of which a batch of messages may have taken two hundred and the ledger
 * takes some. Who comes next goes on.
 */
const SHARD_CALLS_MAX = 700;
/** What is held in memory at once: some fifteen megabytes. */
export const PLAYS_PER_PART = 50_000;
/** Where roll-ups are as near as on one machine, a consumer waits for the next one, so that nothing stays behind. */
const WAIT_MAX_MS = 5 * SECOND_MS;
const LOOKS_MAX = 5;

export interface RollUpOptions {
  readonly now: () => EpochMs;
  readonly playsPerPart: number;
  readonly shardCallsMax: number;
}

const DEFAULTS: RollUpOptions = {
  now: Date.now,
  playsPerPart: PLAYS_PER_PART,
  shardCallsMax: SHARD_CALLS_MAX,
};

/**
 * What a consumer does after its messages, and a timer every minute. Fails quietly: nothing is lost by it, and whoever
 * comes next goes on.
 */
export async function rollUpWhenDue(env: AccountingEnv): Promise<void> {
  try {
    const looks = intervalMsOf(env) <= WAIT_MAX_MS ? LOOKS_MAX : 1;
    for (let look = 1; look <= looks; look++) {
      const waitMs = await rollUp(env);
      if (waitMs === null) return;
      if (look < looks) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  } catch (error) {
    logFailure(WORKER, "roll-up", error);
  }
}

function intervalMsOf({ ROLL_UP_SECONDS }: AccountingEnv): number {
  return Number(ROLL_UP_SECONDS) * SECOND_MS;
}

/**
 * One roll-up, or the rest of one that was left. Answers after how many milliseconds it is worth while to look again, or
 * null where nothing is known that is not added. Throws where the ledger does not answer, or a shard in the middle of it.
 */
export async function rollUp(env: AccountingEnv, overrides: Partial<RollUpOptions> = {}): Promise<number | null> {
  const options = { ...DEFAULTS, ...overrides };
  const found = await store.readRollUp(env.LEDGER);
  if (found.phase !== "idle") {
    const isAlive = found.movedAtMs + ROLL_UP_LEASE_MS > options.now();
    if (isAlive) return SECOND_MS;
  } else {
    const withNews = await store.listShardsWithNews(env.LEDGER, 1);
    if (withNews.length === 0) return null;
    const waitMs = found.movedAtMs + intervalMsOf(env) - options.now();
    if (waitMs > 0) return waitMs;
  }
  return (await proceed(env, found, options)) ? intervalMsOf(env) : SECOND_MS;
}

/** Whether it came to its end; false where others have made a move meanwhile, or the rest is left to them. */
async function proceed(env: AccountingEnv, found: store.RollUpState, options: RollUpOptions): Promise<boolean> {
  let state: store.RollUpState | null = found;
  let calls = 0;
  if (state.phase !== "adding") {
    state = await claimAndPlan(env, state, options);
    calls = state?.plan.length ?? 0;
  }
  while (state?.phase === "adding") {
    if (calls > 0 && calls + state.plan.length > options.shardCallsMax) {
      await store.moveRollUp(env.LEDGER, state, { ...state, movedAtMs: 0 });
      return false;
    }
    calls += state.plan.length;
    state = await addPart(env, state, options);
  }
  return state !== null;
}

/** Two claims after one another may both close rounds; of their plans only that of the second can be written. */
async function claimAndPlan(
  env: AccountingEnv,
  found: store.RollUpState,
  { now, playsPerPart }: RollUpOptions,
): Promise<store.RollUpState | null> {
  const idle = { phase: "idle", part: 0, parts: 0, plan: [] } as const;
  const claimed = await store.moveRollUp(env.LEDGER, found, { ...idle, phase: "closing", movedAtMs: now() });
  if (claimed === null) return null;
  const shards = await store.listShardsWithNews(env.LEDGER, SHARDS_PER_ROLL_UP_MAX);
  const closed = (await Promise.all(shards.map((shard) => closeRound(env, shard)))).filter((shard) => shard !== null);
  const plays = closed.reduce((total, shard) => total + shard.plays, 0);
  const plan = closed.map(({ shard, after, through }) => ({ shard, after, through }));
  if (plan.length === 0) return store.moveRollUp(env.LEDGER, claimed, { ...idle, movedAtMs: now() });
  const parts = Math.max(1, Math.ceil(plays / playsPerPart));
  return store.moveRollUp(env.LEDGER, claimed, { phase: "adding", movedAtMs: now(), part: 0, parts, plan });
}

/** Null where the shard does not answer: it keeps its news for the next roll-up. */
async function closeRound(
  env: AccountingEnv,
  { shard, addedRound: after }: store.ShardWithNews,
): Promise<(store.PlannedShard & { readonly plays: number }) | null> {
  try {
    const { through, plays } = await env.PLAY_SHARDS.getByName(shard).closeRound(after);
    if (through > after) return { shard, after, through, plays };
    // It told of news, and the ledger has all that it knows of: it has forgotten something.
    logEvent(WORKER, "shard-behind-ledger", { shard, through, added: after }, "error");
  } catch (error) {
    logFailure(WORKER, shard, error);
  }
  return null;
}

/**
 * The state with the next part added. A shard that fails before anything was added is left out, and has its turn in the
 * next roll-up; later it would be in the sums in part, so all wait for it.
 */
async function addPart(
  env: AccountingEnv,
  state: store.RollUpState,
  { now }: RollUpOptions,
): Promise<store.RollUpState | null> {
  const { part, parts } = state;
  const answers = await Promise.all(state.plan.map((planned) => askForPart(env, planned, state)));
  const plan = state.plan.filter((_planned, index) => answers[index] !== null);
  if (plan.length < state.plan.length && part > 0) throw new Error(`part ${part} of ${parts} has shards missing`);
  const news = answers.filter((answer) => answer !== null);
  const earlier = await store.withoutCounted(
    env.LEDGER,
    news.flatMap((answer) => answer.earlier),
  );
  const sums = mergeSums([
    ...news.flatMap((answer) => answer.sums),
    ...earlier.map(({ key, day }) => ({ key, day, plays: 1 })),
  ]);
  const isLast = part + 1 >= parts;
  const next: store.NextState = isLast
    ? { phase: "idle", movedAtMs: now(), part: 0, parts: 0, plan: [] }
    : { phase: "adding", movedAtMs: now(), part: part + 1, parts, plan };
  return store.addToSums(env.LEDGER, state, { next, sums, added: isLast ? plan : [] });
}

async function askForPart(
  env: AccountingEnv,
  { shard, after, through }: store.PlannedShard,
  { part, parts }: store.RollUpState,
): Promise<ShardNews | null> {
  try {
    return await env.PLAY_SHARDS.getByName(shard).newsOfPart({ after, through }, { part, parts });
  } catch (error) {
    logFailure(WORKER, shard, error);
    return null;
  }
}
