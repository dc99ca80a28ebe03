/**
 * May this track be played in this country at this moment? Answered from the compiled record: out of the isolate's
 * memory, else by the token where it was signed on that record a moment ago, else out of the point of presence's cache,
 * else out of the store. What is trusted is never older than MEMO_MS,
 * KEPT_FRESH_MS and STORE_CACHE_SECONDS together, 55 s, on top of what the store takes to bring a write here; what must be
 * stopped sooner than the store promises is the affair of takedowns.ts. A store that does not answer is bridged by what
 * was known a few minutes ago (docs/decisions/0010).
 */
import { MINUTE_MS, SECOND_MS } from "#domain/foundation/time.ts";
import { type Availability, availabilityKey, isAvailable, parseAvailability } from "#domain/rights/availability.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import { withTimeout } from "#workers/shared/with-timeout.ts";
import { rememberBounded } from "../bounded-map.ts";

const MEMO_MS = 10 * SECOND_MS;
const KEPT_FRESH_MS = 15 * SECOND_MS;
/**
 * The api reads the record as it signs, out of the same store and with no older a cache: what it signed is then as fresh
 * as what the point of presence keeps, and nobody who begins to play waits for a store.
 */
const SIGNED_FRESH_MS = KEPT_FRESH_MS;
/** The least that the platform takes. */
const STORE_CACHE_SECONDS = 30;
/** As long as a token lives: what it was signed on is no older than this either. */
const KEPT_MAX_MS = 10 * MINUTE_MS;
const MEMO_TRACKS_MAX = 16_384;

const STORE_TIMEOUT_MS = SECOND_MS;
/** A store that has just failed is not waited for again by each listener. */
const STORE_PAUSE_MS = 5 * SECOND_MS;

interface Known {
  /** Null where the store has no record. */
  readonly availability: Availability | null;
  readonly readAt: number;
}

/** As the point of presence's cache has it. */
interface Kept {
  readonly record: string | null;
  readonly readAt: number;
}

const memos = new Map<string, Known>();
/** By the store, so that one that is down is not taken for another. */
const failedAt = new WeakMap<KVNamespace, number>();

export interface RightsQuestion {
  readonly track: string;
  readonly country: string;
  readonly model: CommercialModel;
  readonly nowMs: number;
  /** When a token was signed on the rights to exactly this; null where the token is for somewhere else. */
  readonly signedAtMs: number | null;
}

/** `unknown`: the store does not answer, and nothing recent enough is known. */
export type RightsVerdict = "granted" | "refused" | "unknown";

/** At once where the isolate remembers; a track without a record is refused, for nobody granted it. Never throws. */
export function rightsVerdict(
  env: EdgeEnv,
  ctx: ExecutionContext,
  question: RightsQuestion,
): RightsVerdict | Promise<RightsVerdict> {
  const memo = memos.get(question.track);
  if (memo !== undefined && question.nowMs - memo.readAt < MEMO_MS) return verdictOf(memo, question);
  if (isFreshlySigned(question)) return "granted";
  return lookUp(env, ctx, question).then((known) => (known === null ? "unknown" : verdictOf(known, question)));
}

/** A token of the future, by a clock that runs ahead of ours, is believed no longer than one of this instant. */
function isFreshlySigned({ signedAtMs, nowMs }: RightsQuestion): boolean {
  return signedAtMs !== null && Math.abs(nowMs - signedAtMs) < SIGNED_FRESH_MS;
}

function verdictOf({ availability }: Known, { model, country, nowMs }: RightsQuestion): RightsVerdict {
  if (availability === null) return "refused";
  const use = { commercialModel: model, useType: "OnDemandStream", country, nowMs } as const;
  return isAvailable(availability, use) ? "granted" : "refused";
}

async function lookUp(env: EdgeEnv, ctx: ExecutionContext, { track, nowMs }: RightsQuestion): Promise<Known | null> {
  const kept = await readKept(track);
  if (kept !== null && nowMs - kept.readAt < KEPT_FRESH_MS) return remember(track, kept.record, nowMs);
  try {
    if (nowMs - (failedAt.get(env.RIGHTS) ?? 0) < STORE_PAUSE_MS) return latest(track, kept, nowMs);
    const options = { cacheTtl: STORE_CACHE_SECONDS };
    const record = await withTimeout(env.RIGHTS.get(availabilityKey(track), options), STORE_TIMEOUT_MS);
    ctx.waitUntil(keep(track, { record, readAt: nowMs }));
    return remember(track, record, nowMs);
  } catch (error) {
    failedAt.set(env.RIGHTS, nowMs);
    logFailure("edge", "rights", error);
    return latest(track, kept, nowMs);
  }
}

/** What was last heard of a track, where that is not too long ago. Not remembered anew: it grows no younger by it. */
function latest(track: string, kept: Kept | null, nowMs: number): Known | null {
  const heard = [memos.get(track), kept === null ? undefined : parsed(track, kept.record, kept.readAt)];
  const recent = heard.filter((known) => known !== undefined && nowMs - known.readAt < KEPT_MAX_MS);
  return recent.sort((a, b) => (b?.readAt ?? 0) - (a?.readAt ?? 0))[0] ?? null;
}

function remember(track: string, record: string | null, nowMs: number): Known {
  const known = parsed(track, record, nowMs);
  rememberBounded(memos, track, known, MEMO_TRACKS_MAX);
  return known;
}

function parsed(track: string, record: string | null, readAt: number): Known {
  const availability = record === null ? null : parseAvailability(record);
  // To the listener it is as if nobody had a deal; only this line tells that a record is broken.
  if (record !== null && availability === null) logEvent("edge", "rights-unreadable", { track }, "error");
  return { availability, readAt };
}

/** Null for a miss, and for a cache that fails: the store can still answer. */
async function readKept(track: string): Promise<Kept | null> {
  try {
    const answer = await caches.default.match(keptUrl(track));
    return answer === undefined ? null : await answer.json<Kept>();
  } catch (error) {
    logFailure("edge", "rights-cache", error);
    return null;
  }
}

async function keep(track: string, kept: Kept): Promise<void> {
  try {
    const headers = { "cache-control": `public, max-age=${KEPT_MAX_MS / SECOND_MS}` };
    await caches.default.put(keptUrl(track), new Response(JSON.stringify(kept), { headers }));
  } catch (error) {
    logFailure("edge", "rights-cache", error);
  }
}

function keptUrl(track: string): string {
  return `https://rights.internal/${track}`;
}
