import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RecordingId } from "#domain/foundation/ids.ts";
import { TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ask as askEdge, edgeEnv, problemOf, publish, signedPath } from "../edge-fixtures.ts";
import { CACHE_MS, FIRST_WAIT_MS, FRESH_MS, isTakenDown, PAUSE_MS, READ_TIMEOUT_MS, STALE_MS } from "./takedowns.ts";

const CACHE_URL = "https://takedowns.internal/recent";
/** More than a busy machine adds to a wait. */
const SLACK_MS = 2_000;
const object = edgeEnv.TAKEDOWNS.getByName(TAKEDOWNS_NAME);

beforeEach(async () => {
  await caches.default.delete(CACHE_URL);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Recent = () => Promise<{ recordingIds: RecordingId[]; asOfMs: number }>;

/** An isolate of its own: nothing is known yet by this binding. What it reads of the real object is counted. */
function newIsolate(recent: Recent = async () => structuredClone(await object.recent())) {
  const reads = vi.fn(recent);
  const env = { ...edgeEnv, TAKEDOWNS: { getByName: () => ({ recent: reads }) } as unknown as EdgeEnv["TAKEDOWNS"] };
  /** The answer as it is given, and what goes on beside it. */
  const begin = (track: string, nowMs: number) => {
    const ctx = createExecutionContext();
    return { answer: isTakenDown(env, ctx, track, nowMs), settled: () => waitOnExecutionContext(ctx) };
  };
  const ask = async (track: string, nowMs: number) => {
    const { answer, settled } = begin(track, nowMs);
    const isDown = await answer;
    await settled();
    return isDown;
  };
  return { reads, begin, ask };
}

function warnings() {
  const lines = vi.spyOn(console, "warn").mockReturnValue(undefined);
  return () => lines.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
}

const never = () => new Promise<never>(() => undefined);
const fails = () => Promise.reject(new Error("down"));

describe("what the edge knows of takedowns", () => {
  it("is what the object says, and what was restored is not in it [RGT-24]", async () => {
    const [down, up] = [freshId<RecordingId>(), freshId<RecordingId>()];
    await object.announce([down]);
    const { ask } = newIsolate();
    const nowMs = Date.now();
    expect(await ask(down, nowMs)).toBe(true);
    expect(await ask(up, nowMs)).toBe(false);
    await object.withdraw([down]);
    expect(await ask(down, nowMs + STALE_MS)).toBe(false);
  });

  it("is answered without a promise and without a read while it is fresh [RGT-24]", async () => {
    const track = freshId<RecordingId>();
    const { ask, begin, reads } = newIsolate();
    const nowMs = Date.now();
    await ask(track, nowMs);
    await object.announce([track]);
    for (const ageMs of [0, 1, FRESH_MS - 1]) expect(begin(track, nowMs + ageMs).answer).toBe(false);
    expect(reads).toHaveBeenCalledTimes(1);
  });

  it("is answered at once when it is older, and read anew beside, once for all who ask [RGT-24]", async () => {
    const track = freshId<RecordingId>();
    const { ask, begin, reads } = newIsolate();
    const nowMs = Date.now();
    await ask(track, nowMs);
    await object.announce([track]);
    const asked = Array.from({ length: 20 }, () => begin(track, nowMs + FRESH_MS));
    expect(asked.map(({ answer }) => answer)).toEqual(Array.from({ length: 20 }, () => false));
    for (const { settled } of asked) await settled();
    expect(reads).toHaveBeenCalledTimes(2);
    expect(begin(track, nowMs + FRESH_MS).answer).toBe(true);
  });

  it("is waited for when it is half a minute old: a takedown is in force by then [RGT-25]", async () => {
    const track = freshId<RecordingId>();
    const { ask, begin } = newIsolate();
    const nowMs = Date.now();
    await ask(track, nowMs);
    await object.announce([track]);
    const { answer, settled } = begin(track, nowMs + STALE_MS);
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe(true);
    await settled();
  });

  it("is never more than the time it promises behind the object, through the cache and whenever it is asked [RGT-25]", async () => {
    const startMs = Date.now();
    for (const offsetMs of [0, 1, 5_000, CACHE_MS - 1]) {
      await caches.default.delete(CACHE_URL);
      const track = freshId<RecordingId>();
      const first = newIsolate();
      const second = newIsolate();
      await first.ask(track, startMs);
      await second.ask(track, startMs + offsetMs);
      await object.announce([track]);
      for (const isolate of [first, second]) expect(await isolate.ask(track, startMs + STALE_MS)).toBe(true);
    }
  });
});

describe("audio of a track that is taken down", () => {
  const setClock = (nowMs: number) => vi.useFakeTimers({ toFake: ["Date"], now: nowMs });

  it("is refused half a minute later, with its record still open, its bytes cached and a good token [RGT-25]", async () => {
    const nowMs = Date.now();
    const rendition = await publish();
    const path = await signedPath(rendition);
    // A binding of its own: of the shared one another file may have left a copy from a clock that it had set ahead.
    const takedowns = { getByName: () => object };
    const bindings = { TAKEDOWNS: takedowns as unknown as EdgeEnv["TAKEDOWNS"] };
    setClock(nowMs);
    for (let times = 0; times < 2; times++) expect((await askEdge(path, { bindings })).status).toBe(200);
    await object.announce([rendition.track]);
    setClock(nowMs + STALE_MS);
    const answer = await askEdge(path, { headers: { range: "bytes=0-99" }, bindings });
    expect(answer.status).toBe(451);
    expect((await problemOf(answer)).type).toBe("urn:rimshot:problem:taken-down");
    await object.withdraw([rendition.track]);
    setClock(nowMs + 2 * STALE_MS);
    expect((await askEdge(path, { bindings })).status).toBe(200);
  });

  it("is served where the object is away and the record is open [RGT-26]", async () => {
    warnings();
    const path = await signedPath(await publish());
    const bindings = { TAKEDOWNS: { getByName: () => ({ recent: fails }) } as unknown as EdgeEnv["TAKEDOWNS"] };
    expect((await askEdge(path, { bindings })).status).toBe(200);
  });
});

describe("the cache between the isolates and the object", () => {
  it("has one isolate ask for all of a point of presence [RGT-24]", async () => {
    const track = freshId<RecordingId>();
    await object.announce([track]);
    const nowMs = Date.now();
    const isolates = [newIsolate(), newIsolate(), newIsolate()];
    for (const { ask } of isolates) expect(await ask(track, nowMs)).toBe(true);
    expect(isolates.map(({ reads }) => reads.mock.calls.length)).toEqual([1, 0, 0]);
  });

  it("hands on how old a list is, and none that is too old [RGT-25]", async () => {
    const track = freshId<RecordingId>();
    const nowMs = Date.now();
    const [first, second, third] = [newIsolate(), newIsolate(), newIsolate()];
    await first.ask(track, nowMs);
    await second.ask(track, nowMs + CACHE_MS - 1);
    expect(second.reads).not.toHaveBeenCalled();
    // What it took was almost as old as it may be: it looks for a newer one at once.
    await second.ask(track, nowMs + CACHE_MS);
    expect(second.reads).toHaveBeenCalledTimes(1);
    await third.ask(track, nowMs + 2 * CACHE_MS);
    expect(third.reads).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["is no JSON", "{"],
    ["is no list", '{"askedAt":0}'],
    ["has no instant", '{"recordingIds":[]}'],
  ])("is passed over where its entry %s [RGT-24]", async (_what, body) => {
    const track = freshId<RecordingId>();
    await object.announce([track]);
    const nowMs = Date.now();
    const text = body.replace('"askedAt":0', `"askedAt":${nowMs}`);
    await caches.default.put(CACHE_URL, new Response(text, { headers: { "cache-control": "max-age=10" } }));
    expect(await newIsolate().ask(track, nowMs)).toBe(true);
  });

  it("may fail: each isolate asks for itself [RGT-24]", async () => {
    vi.spyOn(caches.default, "match").mockRejectedValue(new Error("down"));
    vi.spyOn(caches.default, "put").mockRejectedValue(new Error("down"));
    const track = freshId<RecordingId>();
    await object.announce([track]);
    const nowMs = Date.now();
    for (const { ask, reads } of [newIsolate(), newIsolate()]) {
      expect(await ask(track, nowMs)).toBe(true);
      expect(reads).toHaveBeenCalledTimes(1);
    }
  });
});

describe("where the object does not answer", () => {
  it("leaves the word to the rights records, and says so once in half a minute [RGT-26]", async () => {
    const logged = warnings();
    const track = freshId<RecordingId>();
    const { ask, begin, reads } = newIsolate(fails);
    const nowMs = Date.now();
    expect(await ask(track, nowMs)).toBe(false);
    // Nobody waits, and nobody asks again, until the pause is over.
    for (const ageMs of [1, PAUSE_MS - 1]) expect(begin(track, nowMs + ageMs).answer).toBe(false);
    expect(reads).toHaveBeenCalledTimes(1);
    expect(await ask(track, nowMs + PAUSE_MS)).toBe(false);
    expect(reads).toHaveBeenCalledTimes(2);
    expect(logged()).toMatchObject([{ event: "takedowns-unknown", copyAgeSeconds: "none" }]);
    await ask(track, nowMs + 30_000);
    expect(logged()).toHaveLength(2);
  });

  it("goes on refusing what it knew of [RGT-26]", async () => {
    const logged = warnings();
    const track = freshId<RecordingId>();
    let recent: Recent = async () => ({ recordingIds: [track], asOfMs: 0 });
    const { ask } = newIsolate(() => recent());
    const nowMs = Date.now();
    await ask(track, nowMs);
    recent = fails;
    expect(await ask(track, nowMs + 10 * STALE_MS)).toBe(true);
    expect(logged()).toMatchObject([{ copyAgeSeconds: 300 }]);
    recent = async () => ({ recordingIds: [], asOfMs: 0 });
    expect(await ask(track, nowMs + 10 * STALE_MS + PAUSE_MS)).toBe(false);
  });

  it("waits a second for the first list and no more, all who come together the same one [RGT-26]", async () => {
    warnings();
    const track = freshId<RecordingId>();
    const { begin, reads } = newIsolate(never);
    const nowMs = Date.now();
    const startedAt = performance.now();
    const asked = Array.from({ length: 5 }, () => begin(track, nowMs));
    for (const { answer } of asked) expect(await answer).toBe(false);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(FIRST_WAIT_MS - 10);
    expect(tookMs).toBeLessThan(FIRST_WAIT_MS + SLACK_MS);
    // The same read is still under way: who comes now waits no more for it.
    expect(begin(track, nowMs + FIRST_WAIT_MS).answer).toBe(false);
    expect(reads).toHaveBeenCalledTimes(1);
    // A read that its request's end has cut off holds its place no longer than it may take.
    const late = begin(track, nowMs + READ_TIMEOUT_MS + 1);
    expect(reads).toHaveBeenCalledTimes(1);
    await late.answer;
    expect(reads.mock.calls.length).toBeLessThanOrEqual(2);
    for (const { settled } of [...asked, late]) await settled();
  });

  it("is no worse off after a clock was set back [RGT-26]", async () => {
    const track = freshId<RecordingId>();
    const { ask } = newIsolate();
    const nowMs = Date.now();
    await ask(track, nowMs + 600_000);
    await object.announce([track]);
    expect(await ask(track, nowMs)).toBe(true);
  });
});
