/**
 * Where the bytes of a rendition come from: the POP's cache, which holds whole objects and cuts ranges out of them
 * itself, or R2. A miss is answered with the range from R2 at once; the cache is filled beside it, once for all who
 * ask meanwhile.
 */
import type { ByteRange } from "#domain/delivery/byte-range.ts";
import { logFailure } from "#workers/shared/http/request-log.ts";
import { rememberBounded } from "../bounded-map.ts";

/** The cache takes no larger object. */
const CACHE_OBJECT_BYTES_MAX = 512 * 1024 ** 2;

const CACHE_SECONDS = 31_536_000;

/**
 * One attempt to fill an object's entry in this time, whatever became of the last one. A fill reads the whole object:
 * where the cache keeps nothing, as on workers.dev, or the bucket breaks off, one for each range would be ruinous. The
 * platform ends work that outlives its request after 30 s, so an attempt cannot hold its place for longer.
 */
export const FILL_INTERVAL_MS = 30_000;
const FILLS_REMEMBERED_MAX = 4_096;

export interface SourcedBytes {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly source: "cache" | "r2";
}

export interface Rendition {
  /** Key in the bucket; names the bytes, so an entry is never stale. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly contentType: string;
}

export interface WantedBytes extends Rendition {
  readonly range: Exclude<ByteRange, { kind: "unsatisfiable" }>;
  /** For the log, where something goes wrong beside the answer. */
  readonly requestId: string;
}

/** When a fill was last begun, by key. */
const fillsBegun = new Map<string, number>();

/** Null where there is no such object. Throws where the bucket fails or holds another object than was signed for. */
export async function readBytes(
  env: EdgeEnv,
  ctx: ExecutionContext,
  wanted: WantedBytes,
): Promise<SourcedBytes | null> {
  const cached = await readCache(wanted);
  if (cached !== null) return { body: cached, source: "cache" };
  const object = await readBucket(env, wanted);
  if (object === null) return null;
  if (beginsFill(wanted)) ctx.waitUntil(fillCache(env, wanted));
  return { body: object.body, source: "r2" };
}

/** Throws as `readBytes` does. */
export async function isStored(env: EdgeEnv, rendition: Rendition): Promise<boolean> {
  const object = await env.RENDITIONS.head(rendition.key);
  if (object !== null) assertSize(object, rendition);
  return object !== null;
}

async function readBucket(env: EdgeEnv, { range, ...rendition }: WantedBytes): Promise<R2ObjectBody | null> {
  const object = await env.RENDITIONS.get(rendition.key, range.kind === "part" ? { range } : {});
  if (object !== null) assertSize(object, rendition);
  return object;
}

/** An answer with the wrong length would break off, or hide that something is wrong with the store. */
function assertSize({ size }: R2Object, { key, sizeBytes }: Rendition): void {
  if (size !== sizeBytes) throw new Error(`${key} has ${size} bytes, its token says ${sizeBytes}`);
}

/** Null for a miss, and for a cache that fails: the bucket can still answer. */
async function readCache(wanted: WantedBytes): Promise<ReadableStream<Uint8Array> | null> {
  let cached: Response | undefined;
  try {
    cached = await caches.default.match(cacheRequest(wanted));
  } catch (error) {
    logFailure("edge", wanted.requestId, error);
    return null;
  }
  if (cached === undefined) return null;
  if (cached.status === (wanted.range.kind === "part" ? 206 : 200)) return cached.body;
  await cached.body?.cancel();
  return null;
}

function beginsFill({ key, sizeBytes }: WantedBytes): boolean {
  if (sizeBytes > CACHE_OBJECT_BYTES_MAX) return false;
  const nowMs = Date.now();
  const begunAt = fillsBegun.get(key);
  if (begunAt !== undefined && nowMs - begunAt < FILL_INTERVAL_MS) return false;
  rememberBounded(fillsBegun, key, nowMs, FILLS_REMEMBERED_MAX);
  return true;
}

/** Stores the whole object. Never throws: the listener who caused it has their answer already. */
async function fillCache(env: EdgeEnv, wanted: WantedBytes): Promise<void> {
  try {
    const object = await readBucket(env, { ...wanted, range: { kind: "whole" } });
    if (object === null) return;
    const headers = {
      "content-type": wanted.contentType,
      "content-length": String(object.size),
      "cache-control": `public, max-age=${CACHE_SECONDS}, immutable`,
    };
    await caches.default.put(cacheUrl(wanted.key), new Response(object.body, { headers }));
  } catch (error) {
    logFailure("edge", wanted.requestId, error);
    await dropEntry(wanted);
  }
}

/** What broke off may have left a beginning that passes for the whole: workerd's own cache keeps one. */
async function dropEntry({ key, requestId }: WantedBytes): Promise<void> {
  try {
    await caches.default.delete(cacheUrl(key));
  } catch (error) {
    logFailure("edge", requestId, error);
  }
}

/** The token is no part of the key: all listeners of a rendition share one entry. */
function cacheUrl(key: string): string {
  return `https://renditions.internal/${key}`;
}

function cacheRequest({ key, range }: WantedBytes): Request {
  if (range.kind === "whole") return new Request(cacheUrl(key));
  return new Request(cacheUrl(key), {
    headers: { range: `bytes=${range.offset}-${range.offset + range.length - 1}` },
  });
}
