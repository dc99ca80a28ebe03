/**
 * The floor that the edge is held against: a Worker that hands out a range from the cache, or from the bucket, and
 * asks nothing about it.
 */
interface BareEnv {
  readonly RENDITIONS: {
    get(key: string, options?: object): Promise<{ readonly body: ReadableStream; readonly size: number } | null>;
  };
}

const { default: cache } = caches as unknown as { readonly default: Cache };

export default {
  async fetch(request: Request, env: BareEnv): Promise<Response> {
    const [, source, key = ""] = /^https?:\/\/[^/]+\/(cache|bucket)\/(.+)$/.exec(request.url) ?? [];
    const range = request.headers.get("range") ?? "";
    if (source === "cache") return fromCache(env, key, range);
    return source === "bucket" ? fromBucket(env, key, range) : new Response(null, { status: 404 });
  },
};

async function fromCache(env: BareEnv, key: string, range: string): Promise<Response> {
  const url = `https://bare.internal/${key}`;
  const cached = await cache.match(new Request(url, { headers: { range } }));
  if (cached !== undefined) return new Response(cached.body, cached);
  const object = await env.RENDITIONS.get(key);
  if (object === null) return new Response(null, { status: 404 });
  const headers = { "content-length": String(object.size), "cache-control": "public, max-age=86400" };
  await cache.put(url, new Response(object.body, { headers }));
  return new Response(null, { status: 503 });
}

async function fromBucket(env: BareEnv, key: string, range: string): Promise<Response> {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const offset = Number(first);
  const length = Number(last) - offset + 1;
  const object = await env.RENDITIONS.get(key, { range: { offset, length } });
  if (object === null) return new Response(null, { status: 404 });
  const headers = {
    "content-length": String(length),
    "content-range": `bytes ${offset}-${offset + length - 1}/${object.size}`,
  };
  return new Response(object.body, { status: 206, headers });
}
