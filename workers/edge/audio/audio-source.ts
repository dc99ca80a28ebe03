/**
 * Where the bytes of a rendition come from: the POP's cache, or the buckets. A miss is answered with the range from a
 * bucket at once; the cache is filled beside it, once for all who ask meanwhile.
 */
import { logFailure } from "#workers/shared/http/request-log.ts";
import { rememberBounded } from "../bounded-map.ts";
import type { EdgeRequest } from "../edge-request.ts";
import { askBuckets, type Background, type BucketName } from "./rendition-buckets.ts";
import { CACHE_OBJECT_BYTES_MAX, cachedBody, matchCache, putIntoCache, type StoredRange } from "./rendition-cache.ts";

/**
 * One attempt to fill an object's entry in this time, whatever became of the last one. A fill reads the whole object:
 * where the cache keeps nothing, as on workers.dev, or the bucket breaks off, one for each range would be ruinous. The
 * platform ends work that outlives its request after 30 s, so an attempt cannot hold its place for longer.
 */
export const FILL_INTERVAL_MS = 30_000;
const FILLS_REMEMBERED_MAX = 4_096;

export interface SourcedBytes {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly source: "cache" | BucketName;
}

export interface Rendition {
  /** Key in the bucket; names the bytes, so an entry is never stale. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly contentType: string;
}

/** What `warmCache` found or did. A POP that keeps nothing of what it is given, as on workers.dev, is `unkept`. */
export type Warmth = "present" | "filled" | "unkept" | "missing";

/** One byte says whether an entry is there, without handing out all of it. */
const FIRST_BYTE: StoredRange = { kind: "part", offset: 0, length: 1 };

/** When a fill was last begun, by key. */
const fillsBegun = new Map<string, number>();

/** Less than a player asks for when it begins, more than one that looks at a header. */
const GLANCE_BYTES_MAX = 64 * 1024;
const SHORT_FILE_BYTES = 1024 ** 2;
/** Keys of which only a little was asked for. */
const glances = new Map<string, true>();

/** Each holds a connection of the isolate, and reads a whole object. */
const FILLS_AT_ONCE_MAX = 64;
let fillsUnderWay = 0;

/**
 * A listener who asks for all of a song causes one read, not two: what comes is handed to the listener and to the cache
 * alike. The cache is the faster of the two, and what the listener has not taken yet waits in the isolate's memory; these
 * bound it.
 */
const SHARED_READ_BYTES_MAX = 8 * 1024 ** 2;
const SHARED_READS_AT_ONCE_MAX = 4;
let sharedReadsUnderWay = 0;

/**
 * Where the cache keeps nothing, as on workers.dev, it is not asked for a while: a look-up that can only miss costs as
 * much as one that hits. That it keeps nothing is seen by looking, several times over, for what was just put there.
 */
const UNKEPT_FILLS_MIN = 3;
const UNKEPT_PAUSE_MS = 60_000;

interface CacheHealth {
  /** Fills in a row that were not there afterwards. */
  unkeptFills: number;
  pausedUntil: number;
}

const healthByEnv = new WeakMap<EdgeEnv, CacheHealth>();

/** Null where there is no such object. Throws where the buckets fail or hold another object than was signed for. */
export async function readBytes(
  asked: EdgeRequest,
  rendition: Rendition,
  range: StoredRange,
): Promise<SourcedBytes | null> {
  const isCacheUsed = asked.receivedAtMs >= healthOf(asked.env).pausedUntil;
  try {
    const cached = isCacheUsed ? cachedBody(await matchCache(rendition.key, range), range) : null;
    if (cached !== null) return { body: cached, source: "cache" };
  } catch (error) {
    // The buckets can still answer.
    logFailure("edge", asked.id, error);
  }
  return readBuckets(asked, rendition, range, isCacheUsed);
}

async function readBuckets(
  asked: EdgeRequest,
  rendition: Rendition,
  range: StoredRange,
  isCacheUsed: boolean,
): Promise<SourcedBytes | null> {
  const { env, ctx } = asked;
  if (isCacheUsed && isShareable(rendition, range) && beginsFill(rendition)) return shareRead(asked, rendition);
  const answer = await askForBytes(env, ctx, rendition, range);
  if (answer === null) return null;
  if (isCacheUsed && fillsUnderWay < FILLS_AT_ONCE_MAX && isWorthFill(rendition, range) && beginsFill(rendition)) {
    ctx.waitUntil(fillCache(asked, rendition));
  }
  return { body: answer.object.body, source: answer.bucket };
}

function isShareable({ sizeBytes }: Rendition, range: StoredRange): boolean {
  if (sizeBytes > SHARED_READ_BYTES_MAX || sharedReadsUnderWay >= SHARED_READS_AT_ONCE_MAX) return false;
  return range.kind === "whole" || range.length === sizeBytes;
}

/** All of it, for the listener and for the cache. A listener who leaves does not end the fill, nor it the answer. */
async function shareRead(asked: EdgeRequest, rendition: Rendition): Promise<SourcedBytes | null> {
  const { env, ctx } = asked;
  const answer = await askForBytes(env, ctx, rendition, { kind: "whole" });
  if (answer === null) return null;
  const [body, kept] = answer.object.body.tee();
  sharedReadsUnderWay += 1;
  const filled = keepBytes(asked, rendition, { body: kept, size: answer.object.size });
  ctx.waitUntil(
    filled.finally(() => {
      sharedReadsUnderWay -= 1;
    }),
  );
  return { body, source: answer.bucket };
}

/** Throws as `readBytes` does. */
export async function isStored(env: EdgeEnv, { key, sizeBytes }: Rendition): Promise<boolean> {
  if (await isInCache(key)) return true;
  const answer = await askBuckets(env, UNWATCHED, { ask: (bucket) => bucket.head(key), sizeBytes });
  return answer !== null;
}

/** Puts the whole object into the cache of this POP, where it is not there yet. Throws where buckets or cache fail. */
export async function warmCache(env: EdgeEnv, background: Background, rendition: Rendition): Promise<Warmth> {
  const { key, sizeBytes, contentType } = rendition;
  if (await isCached(key)) return "present";
  if (sizeBytes > CACHE_OBJECT_BYTES_MAX) return "unkept";
  // Listeners who miss meanwhile need not fill it as well.
  beginsFill(rendition);
  const answer = await askForBytes(env, background, rendition, { kind: "whole" });
  if (answer === null) return "missing";
  await putIntoCache(key, contentType, answer.object);
  return (await isCached(key)) ? "filled" : "unkept";
}

/** A call without a body leaves nothing to clear away: what is late ends with the request. */
const UNWATCHED: Background = { waitUntil: () => undefined };

function askForBytes(env: EdgeEnv, background: Background, { key, sizeBytes }: Rendition, range: StoredRange) {
  // A whole object is asked for without options: R2 knows no range of all of it.
  const options = range.kind === "part" ? { range } : {};
  return askBuckets(env, background, { ask: (bucket) => bucket.get(key, options), sizeBytes });
}

/** As `isCached`, and false for a cache that fails. */
async function isInCache(key: string): Promise<boolean> {
  return isCached(key).catch(() => false);
}

async function isCached(key: string): Promise<boolean> {
  const body = cachedBody(await matchCache(key, FIRST_BYTE), FIRST_BYTE);
  await body?.cancel();
  return body !== null;
}

function beginsFill({ key, sizeBytes }: Rendition): boolean {
  if (sizeBytes > CACHE_OBJECT_BYTES_MAX) return false;
  const nowMs = Date.now();
  const begunAt = fillsBegun.get(key);
  if (begunAt !== undefined && nowMs - begunAt < FILL_INTERVAL_MS) return false;
  rememberBounded(fillsBegun, key, nowMs, FILLS_REMEMBERED_MAX);
  return true;
}

/** A look at a few bytes of a long file is not worth the whole of it; somebody who comes back is listening. */
function isWorthFill({ key, sizeBytes }: Rendition, range: StoredRange): boolean {
  if (range.kind === "whole" || range.length >= GLANCE_BYTES_MAX || sizeBytes <= SHORT_FILE_BYTES) return true;
  const wasGlancedAt = glances.has(key);
  rememberBounded(glances, key, true, FILLS_REMEMBERED_MAX);
  return wasGlancedAt;
}

/** Stores the whole object. Never throws: the listener who caused it has their answer already. */
async function fillCache(asked: EdgeRequest, rendition: Rendition): Promise<void> {
  const { env, ctx } = asked;
  fillsUnderWay += 1;
  try {
    const answer = await askForBytes(env, ctx, rendition, { kind: "whole" });
    if (answer !== null) await keepBytes(asked, rendition, answer.object);
  } catch (error) {
    logFailure("edge", asked.id, error);
  } finally {
    fillsUnderWay -= 1;
  }
}

/** Never throws. */
async function keepBytes(
  asked: EdgeRequest,
  { key, contentType }: Rendition,
  object: Pick<R2ObjectBody, "body" | "size">,
): Promise<void> {
  try {
    await putIntoCache(key, contentType, object);
    noteFill(healthOf(asked.env), await isCached(key));
  } catch (error) {
    logFailure("edge", asked.id, error);
  }
}

function healthOf(env: EdgeEnv): CacheHealth {
  const present = healthByEnv.get(env);
  if (present !== undefined) return present;
  const fresh = { unkeptFills: 0, pausedUntil: 0 };
  healthByEnv.set(env, fresh);
  return fresh;
}

function noteFill(health: CacheHealth, isKept: boolean): void {
  health.unkeptFills = isKept ? 0 : health.unkeptFills + 1;
  if (health.unkeptFills >= UNKEPT_FILLS_MIN) health.pausedUntil = Date.now() + UNKEPT_PAUSE_MS;
}
