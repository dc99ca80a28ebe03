import { afterEach, describe, expect, it, vi } from "vitest";
import {
  ask,
  begin,
  edgeEnv,
  ORIGIN,
  publish,
  RENDITION_BYTES,
  routedRequest,
  signedPath,
  watchedStorage,
} from "../edge-fixtures.ts";
import { type Rendition, readBytes } from "./audio-source.ts";
import { CACHE_OBJECT_BYTES_MAX } from "./rendition-cache.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const RANGE = { range: "bytes=100-199" };

/** A bucket whose whole objects come in time, and not before `release`. */
function slowFills() {
  const wholes: string[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const get = async (key: string, options?: R2GetOptions) => {
    const object = await edgeEnv.RENDITIONS.get(key, options);
    if (options?.range !== undefined || object === null) return object;
    wholes.push(key);
    const bytes = new Uint8Array(await object.arrayBuffer());
    const { readable, writable } = new FixedLengthStream(bytes.length);
    const writer = writable.getWriter();
    void (async () => {
      await writer.write(bytes.slice(0, 1_000));
      await held;
      await writer.write(bytes.slice(1_000));
      await writer.close();
    })();
    return { size: object.size, body: readable };
  };
  const bindings = { RENDITIONS: { get } as unknown as R2Bucket };
  return { wholes, bindings, release: () => release() };
}

describe("a miss", () => {
  it("is answered while its fill is far from done, and so is who comes meanwhile; the fill is one [DLV-33]", async () => {
    const rendition = await publish();
    const { wholes, bindings, release } = slowFills();
    const first = await begin(await signedPath(rendition), { headers: RANGE, bindings });
    expect(new Uint8Array(await first.answer.arrayBuffer())).toEqual(rendition.bytes.slice(100, 200));
    const second = await begin(await signedPath(rendition), { headers: { range: "bytes=9000-" }, bindings });
    expect(new Uint8Array(await second.answer.arrayBuffer())).toEqual(rendition.bytes.slice(9_000));
    expect(second.answer.headers.get("server-timing")).toContain("origin;desc=primary");
    release();
    await first.settled();
    await second.settled();
    expect(wholes).toEqual([rendition.key]);
    const third = await ask(await signedPath(rendition), { headers: RANGE, bindings });
    expect(third.headers.get("server-timing")).toContain("cache;desc=hit");
    expect(new Uint8Array(await third.arrayBuffer())).toEqual(rendition.bytes.slice(100, 200));
  });

  it.each([
    [CACHE_OBJECT_BYTES_MAX, 1],
    [CACHE_OBJECT_BYTES_MAX + 1, 0],
  ])("of an object of %i bytes is answered with its range, and begins %i fills [DLV-33]", async (sizeBytes, fills) => {
    const rendition = await publish();
    const wholes: string[] = [];
    // As long as it says it is; a test stores no half gigabyte. The fill breaks off, the answer does not.
    const get = async (key: string, options?: R2GetOptions) => {
      const object = await edgeEnv.RENDITIONS.get(key, options);
      if (options?.range === undefined) wholes.push(key);
      return { size: sizeBytes, body: object?.body };
    };
    vi.spyOn(caches.default, "put").mockResolvedValue(undefined);
    const bindings = { RENDITIONS: { get } as unknown as R2Bucket };
    const answer = await ask(await signedPath(rendition, { sizeBytes }), { headers: RANGE, bindings });
    expect(answer.headers.get("content-range")).toBe(`bytes 100-199/${sizeBytes}`);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(rendition.bytes.slice(100, 200));
    // A look at a hundred bytes of so much is not worth all of it; somebody who comes back is listening.
    expect(wholes).toEqual([]);
    await ask(await signedPath(rendition, { sizeBytes }), { headers: RANGE, bindings });
    expect(wholes).toHaveLength(fills);
  });

  it("of a long file is worth a fill where enough is asked for, the first time already [DLV-43]", async () => {
    const sizeBytes = 2 * 1024 ** 2;
    for (const [range, fills] of [
      ["bytes=0-65534", 0],
      ["bytes=0-65535", 1],
      ["bytes=0-", 1],
    ] as const) {
      const rendition = await publish();
      let wholes = 0;
      const get = async (key: string, options?: R2GetOptions) => {
        const object = await edgeEnv.RENDITIONS.get(key);
        if (options?.range === undefined) wholes += 1;
        return { size: sizeBytes, body: object?.body };
      };
      vi.spyOn(caches.default, "put").mockImplementation(async (_key, { body }) => void (await body?.cancel()));
      const bindings = { RENDITIONS: { get } as unknown as R2Bucket };
      const { answer, settled } = await begin(await signedPath(rendition, { sizeBytes }), {
        headers: { range },
        bindings,
      });
      await answer.body?.cancel();
      await settled();
      expect(wholes, range).toBe(fills);
      vi.restoreAllMocks();
    }
  });
});

describe("a listener who asks for all of a song", () => {
  const wanted = [{}, { range: "bytes=0-" }, { range: `bytes=0-${RENDITION_BYTES - 1}` }];

  it.each(wanted)("causes one read of the bucket, for the answer and for the cache: %o [DLV-44]", async (headers) => {
    const rendition = await publish();
    const { reads, bindings } = watchedStorage();
    const { answer, settled } = await begin(await signedPath(rendition), { headers, bindings });
    expect(answer.headers.get("content-length")).toBe(String(RENDITION_BYTES));
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(rendition.bytes);
    await settled();
    const next = await ask(await signedPath(rendition), { headers, bindings });
    expect(next.headers.get("server-timing")).toContain("cache;desc=hit");
    expect(reads.filter((read) => read.endsWith(rendition.key))).toEqual([`get ${rendition.key}`]);
    await next.body?.cancel();
  });

  it("takes the time that it takes: the fill does not wait for it [DLV-44]", async () => {
    const rendition = await publish();
    const { answer, settled } = await begin(await signedPath(rendition));
    await settled();
    const next = await ask(await signedPath(rendition));
    expect(next.headers.get("server-timing")).toContain("cache;desc=hit");
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(rendition.bytes);
    await next.body?.cancel();
  });

  it("has all of it though the cache does not take it [DLV-44]", async () => {
    const rendition = await publish();
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    vi.spyOn(caches.default, "put").mockRejectedValue(new Error("the cache is full"));
    const answer = await ask(await signedPath(rendition));
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(rendition.bytes);
    expect(String(log.mock.calls[0])).toContain("the cache is full");
  });

  it("is one of four at a time in an isolate; for more there are two reads each [DLV-44]", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    vi.spyOn(caches.default, "put").mockImplementation(async (_key, { body }) => {
      await held;
      await body?.cancel();
    });
    const { reads, bindings } = watchedStorage();
    const headers = { range: "bytes=0-" };
    const begun = [];
    for (let i = 0; i < 5; i++) begun.push(await begin(await signedPath(await publish()), { headers, bindings }));
    for (const { answer } of begun) await answer.arrayBuffer();
    release();
    for (const { settled } of begun) await settled();
    expect(reads.filter((read) => read.startsWith("range "))).toHaveLength(1);
    expect(reads.filter((read) => read.startsWith("get "))).toHaveLength(5);
  });
});

describe("a body", () => {
  async function read(rendition: Rendition) {
    const range = { kind: "part", offset: 100, length: 100 } as const;
    return readBytes(routedRequest(ORIGIN), rendition, range);
  }

  it("is handed on as the cache or the bucket gave it: no byte passes through our hands [DLV-33]", async () => {
    const { key } = await publish();
    const rendition = { key, sizeBytes: RENDITION_BYTES, contentType: "audio/ogg" };
    const object = await edgeEnv.RENDITIONS.get(key, { range: { offset: 100, length: 100 } });
    const get = vi.spyOn(edgeEnv.RENDITIONS, "get").mockResolvedValueOnce(object as never);
    expect((await read(rendition))?.body).toBe(object?.body);
    get.mockRestore();
    const cached = new Response(new Uint8Array(100), { status: 206 });
    vi.spyOn(caches.default, "match").mockResolvedValueOnce(cached);
    expect((await read(rendition))?.body).toBe(cached.body);
    await object?.body.cancel();
  });
});

describe("a cache that keeps nothing", () => {
  it("is found out after three fills, and left alone for a minute [DLV-42]", async () => {
    vi.spyOn(caches.default, "put").mockImplementation(async (_key, { body }) => void (await body?.cancel()));
    const match = vi.spyOn(caches.default, "match");
    const env = { ...edgeEnv };
    const played = async () => {
      const rendition = await publish();
      const { answer, settled } = await begin(await signedPath(rendition), { headers: RANGE, env });
      expect(answer.status).toBe(206);
      await answer.arrayBuffer();
      await settled();
      const asked = match.mock.calls.map(([request]) => (request instanceof Request ? request.url : String(request)));
      return asked.filter((url) => url.endsWith(rendition.key)).length;
    };
    // Before the answer, and after the fill.
    for (let fills = 0; fills < 3; fills++) expect(await played()).toBe(2);
    expect(await played()).toBe(0);
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() + 60_000);
    expect(await played()).toBe(2);
    vi.useRealTimers();
  });
});
