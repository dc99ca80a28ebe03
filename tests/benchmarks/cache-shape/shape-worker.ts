/**
 * Ranges out of cache entries of two shapes: the whole object under one key, or a piece of it under a key each. A miss
 * is answered from the bucket in both, and the entry is filled beside the answer. The bucket is as far away as
 * LATENCY_MS says, and what is read of it is counted.
 */
interface ShapeEnv {
  readonly RENDITIONS: {
    get(key: string, options?: object): Promise<{ readonly body: ReadableStream; readonly size: number } | null>;
  };
  readonly LATENCY_MS: number;
  readonly CHUNK_BYTES: number;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

interface Range {
  readonly offset: number;
  readonly length: number;
}

const { default: cache } = caches as unknown as { readonly default: Cache };
const filling = new Set<string>();
const counts = { reads: 0, bytes: 0 };

export default {
  /** `/<shape>/<entry>/<key of the bucket>`: the entry's name makes one object serve for many misses. */
  async fetch(request: Request, env: ShapeEnv, context: Context): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/counts") {
      const answer = Response.json(counts);
      Object.assign(counts, { reads: 0, bytes: 0 });
      return answer;
    }
    const [, shape = "", entry = "", ...key] = pathname.split("/");
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
    const range = { offset: Number(first), length: Number(last) - Number(first) + 1 };
    return serve(env, context, `${shape}/${entry}`, key.join("/"), range, shape === "whole" ? null : env.CHUNK_BYTES);
  },
};

async function serve(
  env: ShapeEnv,
  context: Context,
  entry: string,
  key: string,
  range: Range,
  chunkBytes: number | null,
): Promise<Response> {
  const part = chunkBytes === null ? 0 : Math.floor(range.offset / chunkBytes);
  const partOffset = part * (chunkBytes ?? 0);
  const url = `https://shape.internal/${entry}/${part}/${key}`;
  const from = range.offset - partOffset;
  const headers = { range: `bytes=${from}-${from + range.length - 1}` };
  const cached = await cache.match(new Request(url, { headers }));
  if (cached !== undefined) return new Response(cached.body, { status: 206, headers: { "x-cache": "hit" } });
  const body = await read(env, key, range);
  if (!filling.has(url)) {
    filling.add(url);
    const wanted = chunkBytes === null ? null : { offset: partOffset, length: chunkBytes };
    context.waitUntil(fill(env, key, url, wanted));
  }
  return new Response(body.stream, { status: 206, headers: { "x-cache": "miss" } });
}

async function fill(env: ShapeEnv, key: string, url: string, range: Range | null): Promise<void> {
  const { stream, sizeBytes } = await read(env, key, range);
  const headers = { "content-length": String(sizeBytes), "cache-control": "public, max-age=86400" };
  await cache.put(url, new Response(stream, { headers }));
}

async function read(env: ShapeEnv, key: string, range: Range | null) {
  await new Promise((resolve) => setTimeout(resolve, env.LATENCY_MS));
  const object = await env.RENDITIONS.get(key, range === null ? {} : { range });
  if (object === null) throw new Error(`there is no ${key}`);
  const sizeBytes = range === null ? object.size : Math.min(range.length, object.size - range.offset);
  counts.reads += 1;
  counts.bytes += sizeBytes;
  return { stream: object.body, sizeBytes };
}
