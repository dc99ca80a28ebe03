import { afterEach, describe, expect, it, vi } from "vitest";
import {
  ask,
  begin,
  edgeEnv,
  grant,
  type Published,
  problemOf,
  publish,
  RENDITION_BYTES,
  signedPath,
  unstored,
  WORLDWIDE_DEAL,
  watchedStorage,
} from "../edge-fixtures.ts";
import { FILL_INTERVAL_MS } from "./audio-source.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const RANGE = { range: "bytes=100-199" };

async function expectRange(answer: Response, { bytes }: Published, source: "primary" | "cache"): Promise<void> {
  expect(answer.status).toBe(206);
  expect(answer.headers.get("server-timing")).toContain(
    source === "cache" ? "cache;desc=hit" : `origin;desc=${source}`,
  );
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes.slice(100, 200));
}

/** The bucket, with other objects than it holds, or none. */
function bucketWith(get: (key: string, options?: R2GetOptions) => Promise<unknown>): Pick<EdgeEnv, "RENDITIONS"> {
  const { RENDITIONS } = edgeEnv;
  return { RENDITIONS: { get, head: (key: string) => RENDITIONS.head(key) } as unknown as R2Bucket };
}

describe("the cache of the POP", () => {
  it("is shared by all listeners of a rendition: no token is part of what it is asked for [DLV-11]", async () => {
    const rendition = await publish();
    const { reads, bindings } = watchedStorage();
    await expectRange(await ask(await signedPath(rendition), { headers: RANGE, bindings }), rendition, "primary");
    for (let listener = 0; listener < 3; listener++) {
      const path = await signedPath(rendition);
      await expectRange(await ask(path, { headers: RANGE, bindings }), rendition, "cache");
    }
    expect(reads.filter((read) => read.endsWith(rendition.key))).toEqual([
      `range ${rendition.key}`,
      `get ${rendition.key}`,
    ]);
  });

  it("is filled once for all who miss at the same time [DLV-11]", async () => {
    const rendition = await publish();
    const { reads, bindings } = watchedStorage();
    const paths = await Promise.all(Array.from({ length: 12 }, () => signedPath(rendition)));
    const answers = await Promise.all(paths.map((path) => ask(path, { headers: RANGE, bindings })));
    for (const answer of answers) expect(answer.status).toBe(206);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(reads.filter((read) => read === `get ${rendition.key}`)).toHaveLength(1);
  });

  it("is asked only for who may have the bytes [DLV-12]", async () => {
    const rendition = await publish();
    await expectRange(await ask(await signedPath(rendition), { headers: RANGE }), rendition, "primary");
    const match = vi.spyOn(caches.default, "match");
    expect((await ask(rendition.path, { headers: RANGE })).status).toBe(403);
    expect((await ask(await signedPath(rendition), { headers: RANGE, country: "FR" })).status).toBe(403);
    expect(match).not.toHaveBeenCalled();
  });

  it.each([0, 1, 5_000, 9_999])(
    "keeps nothing of a fill that breaks off after %i bytes, and is filled by a later one [DLV-13]",
    async (sentBytes) => {
      const nowMs = Date.now();
      vi.useFakeTimers({ toFake: ["Date"] });
      vi.setSystemTime(nowMs);
      const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
      const rendition = await publish();
      const breaking = bucketWith(async (key, options) => {
        if (options?.range !== undefined) return edgeEnv.RENDITIONS.get(key, options);
        return { size: RENDITION_BYTES, body: brokenOff(rendition.bytes, sentBytes) };
      });
      const path = await signedPath(rendition);
      await expectRange(await ask(path, { headers: RANGE, bindings: breaking }), rendition, "primary");
      expect(errors).toHaveBeenCalledOnce();
      // Within the interval nobody tries again, and listeners have their ranges from the bucket.
      await expectRange(await ask(path, { headers: RANGE }), rendition, "primary");
      await expectRange(await ask(path, { headers: RANGE }), rendition, "primary");
      vi.setSystemTime(nowMs + FILL_INTERVAL_MS);
      await expectRange(await ask(path, { headers: RANGE }), rendition, "primary");
      await expectRange(await ask(path, { headers: RANGE }), rendition, "cache");
    },
  );

  it("is filled whole though the client that caused it goes away [DLV-13]", async () => {
    const rendition = await publish();
    const { answer, settled } = await begin(await signedPath(rendition), {});
    await answer.body?.cancel();
    await settled();
    const whole = await ask(await signedPath(rendition));
    expect(whole.headers.get("server-timing")).toContain("cache;desc=hit");
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(rendition.bytes);
  });

  it("that keeps nothing does not make each range read the whole object [DLV-13]", async () => {
    const rendition = await publish();
    vi.spyOn(caches.default, "put").mockResolvedValue(undefined);
    const { reads, bindings } = watchedStorage();
    for (let range = 0; range < 5; range++) {
      await expectRange(await ask(await signedPath(rendition), { headers: RANGE, bindings }), rendition, "primary");
    }
    expect(reads.filter((read) => read === `get ${rendition.key}`)).toHaveLength(1);
  });

  it("that fails is passed by: the bucket answers [DLV-15]", async () => {
    const rendition = await publish();
    vi.spyOn(caches.default, "match").mockRejectedValue(new Error("the cache is down"));
    vi.spyOn(console, "error").mockReturnValue(undefined);
    await expectRange(await ask(await signedPath(rendition), { headers: RANGE }), rendition, "primary");
  });
});

describe("the bucket", () => {
  it("without the object is a 404, which nothing remembers [DLV-14]", async () => {
    const rendition = await unstored();
    await grant(rendition.track, [WORLDWIDE_DEAL]);
    const path = await signedPath(rendition);
    const missing = await ask(path, { headers: RANGE });
    expect(missing.status).toBe(404);
    expect(missing.headers.get("cache-control")).toBe("no-store");
    await edgeEnv.RENDITIONS.put(rendition.key, rendition.bytes);
    await expectRange(await ask(path, { headers: RANGE }), rendition, "primary");
    await expectRange(await ask(path, { headers: RANGE }), rendition, "cache");
  });

  it("that fails is a 503 with the request's id, and what is in the cache plays on [DLV-15]", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const [rendition, cached] = [await publish(), await publish()];
    await expectRange(await ask(await signedPath(cached), { headers: RANGE }), cached, "primary");
    const bindings = bucketWith(async () => {
      throw new Error("internal detail");
    });
    const answer = await ask(await signedPath(rendition), { headers: RANGE, bindings });
    expect(answer.status).toBe(503);
    const problem = await problemOf(answer);
    expect(problem.detail).toContain(answer.headers.get("x-request-id"));
    expect(JSON.stringify(problem)).not.toContain("internal detail");
    await expectRange(await ask(await signedPath(cached), { headers: RANGE, bindings }), cached, "cache");
  });

  it("with another object than the token says is a 503, not a file that breaks off [DLV-16]", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const rendition = await publish();
    const path = await signedPath(rendition, { sizeBytes: RENDITION_BYTES + 1 });
    expect((await ask(path)).status).toBe(503);
    expect((await ask(path, { headers: RANGE })).status).toBe(503);
    expect((await ask(path, { method: "HEAD" })).status).toBe(503);
    // None of them filled the cache.
    await expectRange(await ask(await signedPath(rendition), { headers: RANGE }), rendition, "primary");
  });
});

describe("the store of rights", () => {
  it("and the keys: without them nothing is verified and nothing is served [RGT-15]", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const path = await signedPath(await publish());
    for (const AUDIO_TOKEN_KEYS of ["", "{}", "null"]) {
      expect((await ask(path, { bindings: { AUDIO_TOKEN_KEYS } })).status).toBe(503);
    }
  });
});

/** The beginning of the bytes, then an error: a bucket that breaks off. */
function brokenOff(bytes: Uint8Array, sentBytes: number): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(bytes.length);
  const writer = writable.getWriter();
  const breakOff = () => writer.abort(new Error("the bucket broke off"));
  // Whoever reads has been told by then; what the writer hears is the same error again.
  writer
    .write(bytes.slice(0, sentBytes))
    .then(breakOff, breakOff)
    .catch(() => undefined);
  return readable;
}
