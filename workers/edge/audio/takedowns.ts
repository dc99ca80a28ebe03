/**
 * What was taken down within the last hour, as this isolate knows it from the one object that is told first. It covers
 * the time that the store of rights takes to bring a record here; it can refuse a track, never open one.
 *
 * How long a takedown may go unseen here. A list is as old as the moment somebody of this point of presence began to
 * ask the object for it, and it carries that moment with it through the point of presence's cache:
 * - a list from the cache is taken while it is younger than CACHE_MS, 10 s;
 * - an isolate answers by its copy while that is younger than STALE_MS, 30 s, counted from the same moment, and looks
 *   for a newer one beside the answer from FRESH_MS, 10 s, on;
 * - from then on a request waits for a newer list, WAIT_MS at most, or FIRST_WAIT_MS for the very first.
 * So with object and cache in reach a takedown is in force at most 30 s after the object has it, and were each age
 * counted from when a list was received instead, 10 + 30 s and the READ_TIMEOUT_MS, 2 s, of a slow read: 42 s, still
 * below the minute that is promised. Where the object does not answer, requests go on by the copy and the records.
 */
import { type RecentTakedowns, TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";
import { withTimeout } from "#workers/shared/with-timeout.ts";

export const FRESH_MS = 10_000;
export const STALE_MS = 30_000;
export const CACHE_MS = 10_000;
/** The longest that a listener waits for a newer list. */
export const WAIT_MS = 250;
/** Where there was never one: an isolate that has just begun knows nothing of what was withdrawn. */
export const FIRST_WAIT_MS = 1_000;
/** A read that takes longer is given up, and its answer never used: it would be older than it says. */
export const READ_TIMEOUT_MS = 2_000;
/** After a read that failed; otherwise each range of each track would try and wait while the object is away. */
export const PAUSE_MS = 5_000;
const LOG_INTERVAL_MS = 30_000;
/** No address of the network: a name within our cache. */
const CACHE_URL = "https://takedowns.internal/recent";

type Takedowns = EdgeEnv["TAKEDOWNS"];

interface Copy {
  readonly tracks: ReadonlySet<string>;
  /** When the object was asked. */
  readonly askedAt: number;
}

interface Refresh {
  readonly done: Promise<void>;
  readonly begunAt: number;
}

interface State {
  copy: Copy | null;
  refresh: Refresh | null;
  failedAt: number;
  loggedAt: number;
}

/** By the binding itself, so that what is known of one object is never taken for another's. */
const states = new WeakMap<Takedowns, State>();

/**
 * Whether a track was taken down lately. False says nothing: then the rights record alone decides. A plain boolean
 * wherever nothing has to be waited for, which is every request but the first of an isolate and of a quiet half minute.
 * Never throws and never rejects.
 */
export function isTakenDown(
  env: EdgeEnv,
  ctx: ExecutionContext,
  track: string,
  nowMs: number,
): Promise<boolean> | boolean {
  const state = stateOf(env.TAKEDOWNS);
  const { copy } = state;
  const ageMs = copy === null ? Number.POSITIVE_INFINITY : elapsedMs(copy.askedAt, nowMs);
  if (copy !== null && ageMs < FRESH_MS) return copy.tracks.has(track);
  const refresh = ensureRefresh(env.TAKEDOWNS, ctx, state, nowMs);
  if (copy !== null && ageMs < STALE_MS) return copy.tracks.has(track);
  // An object that has failed before is not waited for at length a second time.
  const isFirst = copy === null && state.failedAt === Number.NEGATIVE_INFINITY;
  const waitMs = refresh === null ? 0 : refresh.begunAt + (isFirst ? FIRST_WAIT_MS : WAIT_MS) - nowMs;
  if (refresh === null || waitMs <= 0) return answerWithout(state, track, nowMs);
  return answerAfter(refresh, waitMs, state, track, nowMs);
}

/** A clock that was set back must not keep anything young: what is of the future is as old as it is far away. */
function elapsedMs(instant: number, nowMs: number): number {
  return Math.abs(nowMs - instant);
}

function stateOf(takedowns: Takedowns): State {
  const present = states.get(takedowns);
  if (present !== undefined) return present;
  const fresh = { copy: null, refresh: null, failedAt: Number.NEGATIVE_INFINITY, loggedAt: Number.NEGATIVE_INFINITY };
  states.set(takedowns, fresh);
  return fresh;
}

async function answerAfter(
  refresh: Refresh,
  waitMs: number,
  state: State,
  track: string,
  nowMs: number,
): Promise<boolean> {
  try {
    await withTimeout(refresh.done, waitMs);
  } catch {
    // It goes on beside; who comes next has it.
  }
  const { copy } = state;
  const isKnown = copy !== null && elapsedMs(copy.askedAt, nowMs) < STALE_MS;
  return isKnown ? copy.tracks.has(track) : answerWithout(state, track, nowMs);
}

/** By what was known last, if anything: it can only refuse what was taken down once, and was not restored since. */
function answerWithout(state: State, track: string, nowMs: number): boolean {
  if (elapsedMs(state.loggedAt, nowMs) >= LOG_INTERVAL_MS) {
    state.loggedAt = nowMs;
    const copyAgeSeconds = state.copy === null ? "none" : Math.round((nowMs - state.copy.askedAt) / 1_000);
    logEvent("edge", "takedowns-unknown", { copyAgeSeconds }, "warn");
  }
  return state.copy?.tracks.has(track) === true;
}

/**
 * The refresh that is under way, or a new one; null in the pause after one that failed. One whose request was ended by
 * the platform never comes to an end, and must not keep its place: after its time it counts as none.
 */
function ensureRefresh(takedowns: Takedowns, ctx: ExecutionContext, state: State, nowMs: number): Refresh | null {
  const { refresh: present } = state;
  if (present !== null && elapsedMs(present.begunAt, nowMs) <= READ_TIMEOUT_MS) return present;
  if (elapsedMs(state.failedAt, nowMs) < PAUSE_MS) return null;
  const refresh: Refresh = { begunAt: nowMs, done: refreshCopy(takedowns, ctx, state, nowMs) };
  state.refresh = refresh;
  ctx.waitUntil(
    refresh.done.then(() => {
      if (state.refresh === refresh) state.refresh = null;
    }),
  );
  return refresh;
}

async function refreshCopy(takedowns: Takedowns, ctx: ExecutionContext, state: State, nowMs: number): Promise<void> {
  try {
    state.copy = await withTimeout(readRecent(takedowns, ctx, nowMs), READ_TIMEOUT_MS);
  } catch {
    // Logged where somebody has to be answered without it.
    state.failedAt = nowMs;
  }
}

async function readRecent(takedowns: Takedowns, ctx: ExecutionContext, nowMs: number): Promise<Copy> {
  const cached = await readCache(nowMs);
  if (cached !== null) return cached;
  const { recordingIds }: RecentTakedowns = await takedowns.getByName(TAKEDOWNS_NAME).recent();
  ctx.waitUntil(writeCache(recordingIds, nowMs));
  return { tracks: new Set(recordingIds), askedAt: nowMs };
}

interface CachedList {
  readonly recordingIds: readonly string[];
  readonly askedAt: number;
}

/** Null for a miss, for a list that is too old whatever the cache thinks of it, and for a cache that fails. */
async function readCache(nowMs: number): Promise<Copy | null> {
  try {
    const response = await caches.default.match(CACHE_URL);
    if (response === undefined) return null;
    const { recordingIds, askedAt } = await response.json<CachedList>();
    // An entry of another shape would read as a list of nothing.
    if (!Array.isArray(recordingIds) || !(elapsedMs(askedAt, nowMs) < CACHE_MS)) return null;
    // The clock of the machine that wrote it may be a little ahead.
    return { tracks: new Set(recordingIds), askedAt: Math.min(askedAt, nowMs) };
  } catch {
    return null;
  }
}

/** Where the cache keeps nothing, each isolate asks the object itself. */
async function writeCache(recordingIds: readonly string[], askedAt: number): Promise<void> {
  const list: CachedList = { recordingIds, askedAt };
  const headers = { "content-type": "application/json", "cache-control": `max-age=${CACHE_MS / 1_000}` };
  await caches.default.put(CACHE_URL, new Response(JSON.stringify(list), { headers })).catch(() => undefined);
}
