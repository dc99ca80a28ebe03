/**
 * Renditions in the cache of the POP: whole objects under their content address, out of which the cache cuts ranges
 * itself. Why whole, and not in pieces: docs/decisions/0013-cache-entries.md.
 */
import type { ByteRange } from "#domain/delivery/byte-range.ts";
import { rememberBounded } from "../bounded-map.ts";

/** The cache takes no larger object. */
export const CACHE_OBJECT_BYTES_MAX = 512 * 1024 ** 2;

const CACHE_SECONDS = 31_536_000;

export type StoredRange = Exclude<ByteRange, { kind: "unsatisfiable" }>;

/** About a kilobyte each. */
const RANGE_REQUESTS_MAX = 4_096;
/**
 * A request for each rendition, whose range is set as it is sent: the cache reads it as it is called. One that is made for
 * each range costs more than all that the edge checks.
 */
const rangeRequests = new Map<string, Request>();

/** What the cache has of a range, for `cachedBody`. Rejects where the cache fails. */
export function matchCache(key: string, range: StoredRange): Promise<Response | undefined> {
  return caches.default.match(cacheRequest(key, range));
}

/** The bytes as the cache hands them out, or null for a miss. */
export function cachedBody(cached: Response | undefined, range: StoredRange): ReadableStream<Uint8Array> | null {
  if (cached === undefined) return null;
  if (cached.status === (range.kind === "part" ? 206 : 200)) return cached.body;
  void cached.body?.cancel();
  return null;
}

/** Throws where the cache fails or the body breaks off; no entry is left then. */
export async function putIntoCache(
  key: string,
  contentType: string,
  { body, size }: Pick<R2ObjectBody, "body" | "size">,
): Promise<void> {
  const headers = {
    "content-type": contentType,
    "content-length": String(size),
    "cache-control": `public, max-age=${CACHE_SECONDS}, immutable`,
  };
  try {
    await caches.default.put(cacheUrl(key), new Response(body, { headers }));
  } catch (error) {
    // What broke off may have left a beginning that passes for the whole: workerd's own cache keeps one.
    await caches.default.delete(cacheUrl(key));
    throw error;
  }
}

/** The token is no part of the key: all listeners of a rendition share one entry. */
function cacheUrl(key: string): string {
  return `https://renditions.internal/${key}`;
}

function cacheRequest(key: string, range: StoredRange): Request {
  if (range.kind === "whole") return new Request(cacheUrl(key));
  let request = rangeRequests.get(key);
  if (request === undefined) {
    request = new Request(cacheUrl(key));
    rememberBounded(rangeRequests, key, request, RANGE_REQUESTS_MAX);
  }
  request.headers.set("range", `bytes=${range.offset}-${range.offset + range.length - 1}`);
  return request;
}
