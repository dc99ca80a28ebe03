import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, begin, edgeEnv, type Published, publish, RENDITION_BYTES, signedPath } from "../edge-fixtures.ts";
import { ANSWER_TIMEOUT_MS, BUCKET_BREAKER, HEDGE_AFTER_MS, LOST_BY_MS_MAX } from "./rendition-buckets.ts";

type Buckets = Pick<EdgeEnv, "RENDITIONS" | "RENDITIONS_REPLICA">;
type Behaviour = "has it" | "has none" | "has another length" | "throws" | "hangs";

const BEHAVIOURS: readonly Behaviour[] = ["has it", "has none", "has another length", "throws", "hangs"];
const RANGE = { range: "bytes=100-199" };

let logged: { event: string; bucket?: string; reason?: string }[];

beforeEach(() => {
  logged = [];
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: Date.now() });
  for (const method of ["log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((line) => void logged.push(JSON.parse(String(line))));
  }
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A bucket in front of the real one, which behaves as it is told at each call. */
class TestBucket {
  behaviour: Behaviour;
  calls = 0;

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
  }

  get(key: string, options?: R2GetOptions): Promise<unknown> {
    const wrong = { size: RENDITION_BYTES + 1, body: new Response("another").body };
    return this.#answer(() => edgeEnv.RENDITIONS.get(key, options), wrong);
  }

  head(key: string): Promise<unknown> {
    return this.#answer(() => edgeEnv.RENDITIONS.head(key), { size: RENDITION_BYTES + 1 });
  }

  #answer(found: () => Promise<unknown>, wrong: unknown): Promise<unknown> {
    this.calls += 1;
    if (this.behaviour === "throws") return Promise.reject(new Error("internal detail"));
    if (this.behaviour === "hangs") return new Promise(() => undefined);
    if (this.behaviour === "has none") return Promise.resolve(null);
    return this.behaviour === "has another length" ? Promise.resolve(wrong) : found();
  }
}

function pair(primary: Behaviour, replica: Behaviour) {
  const buckets = { primary: new TestBucket(primary), replica: new TestBucket(replica) };
  const bindings = { RENDITIONS: buckets.primary, RENDITIONS_REPLICA: buckets.replica } as unknown as Buckets;
  return { ...buckets, bindings };
}

/** The answer, with time passing until it is there. */
async function answered<T>(pending: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = () => {
    isSettled = true;
  };
  pending.then(settled, settled);
  // Real turns in between: the buckets that answer do so in their own time.
  for (let turn = 0; turn < 2_000 && !isSettled; turn++) {
    await vi.advanceTimersByTimeAsync(250);
    await scheduler.wait(1);
  }
  return pending;
}

async function askFor(rendition: Published, bindings: Buckets, method = "GET"): Promise<Response> {
  return answered(ask(await signedPath(rendition), { method, headers: RANGE, bindings }));
}

function expectedStatus(primary: Behaviour, replica: Behaviour): number {
  if (primary === "has it" || replica === "has it") return 206;
  return primary === "has none" && replica === "has none" ? 404 : 503;
}

const MATRIX = BEHAVIOURS.flatMap((primary) => BEHAVIOURS.map((replica) => ({ primary, replica })));

describe("a range, where nothing is cached", () => {
  it.each(MATRIX)("primary $primary, replica $replica [DLV-27] [DLV-28]", async ({ primary, replica }) => {
    const rendition = await publish();
    const buckets = pair(primary, replica);
    const answer = await askFor(rendition, buckets.bindings);
    expect(answer.status).toBe(expectedStatus(primary, replica));
    expect(vi.getTimerCount()).toBe(0);
    if (answer.status !== 206) {
      expect(await answer.text()).not.toContain("internal detail");
      return;
    }
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(rendition.bytes.slice(100, 200));
    expect(answer.headers.get("server-timing")).toContain(
      `origin;desc=${primary === "has it" ? "primary" : "replica"}`,
    );
    if (primary === "has it") expect(buckets.replica.calls).toBe(0);
    // Filled the same way: what comes next is from the cache, whoever fails then.
    const next = await askFor(rendition, pair("throws", "throws").bindings);
    expect(next.headers.get("server-timing")).toContain("cache;desc=hit");
  });

  it.each(MATRIX)("HEAD, primary $primary, replica $replica [DLV-28]", async ({ primary, replica }) => {
    const { bindings } = pair(primary, replica);
    const expected = expectedStatus(primary, replica);
    expect((await askFor(await publish(), bindings, "HEAD")).status).toBe(expected === 206 ? 200 : expected);
  });

  it.each(MATRIX)("with a cache that fails too, primary $primary, replica $replica [DLV-28]", async (both) => {
    vi.spyOn(caches.default, "match").mockRejectedValue(new Error("the cache is down"));
    vi.spyOn(caches.default, "put").mockRejectedValue(new Error("the cache is down"));
    const answer = await askFor(await publish(), pair(both.primary, both.replica).bindings);
    expect(answer.status).toBe(expectedStatus(both.primary, both.replica));
  });

  it("says in the log why the replica answered, and never of which file [DLV-28]", async () => {
    for (const [behaviour, reason] of [
      ["has none", "missing"],
      ["throws", "internal detail"],
      ["hangs", "slow"],
    ] as const) {
      logged = [];
      const rendition = await publish();
      await askFor(rendition, pair(behaviour, "has it").bindings);
      expect(logged.find(({ event }) => event === "bucket-failed-over")?.reason).toBe(reason);
      expect(JSON.stringify(logged)).not.toContain(rendition.sha256);
    }
  });
});

describe("a primary that is slow", () => {
  it("is asked alone for 300 ms, then the replica with it [DLV-27]", async () => {
    const { bindings, replica } = pair("hangs", "has it");
    const pending = ask(await signedPath(await publish()), { headers: RANGE, bindings });
    // Not vi.waitFor, which lets time pass.
    for (let turn = 0; turn < 1_000 && vi.getTimerCount() === 0; turn++) await scheduler.wait(1);
    await vi.advanceTimersByTimeAsync(HEDGE_AFTER_MS - 1);
    expect(replica.calls).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(replica.calls).toBe(1);
    expect((await answered(pending)).status).toBe(206);
  });

  it("answers where it is faster after all, and the other body is not left unread [DLV-27]", async () => {
    const rendition = await publish();
    for (const winner of ["primary", "replica"] as const) {
      const cancelled: string[] = [];
      const release: Record<string, () => void> = {};
      const slow = (name: string) => ({
        get: async () => {
          await new Promise<void>((resolve) => {
            release[name] = resolve;
          });
          const body = new ReadableStream({ cancel: () => void cancelled.push(name) });
          return { size: RENDITION_BYTES, body };
        },
      });
      const bindings = { RENDITIONS: slow("primary"), RENDITIONS_REPLICA: slow("replica") } as unknown as Buckets;
      const { answer, settled } = await answered(
        (async () => {
          vi.spyOn(caches.default, "put").mockResolvedValue(undefined);
          const begun = begin(await signedPath(rendition), { headers: RANGE, bindings });
          await vi.waitFor(() => expect(Object.keys(release)).toHaveLength(2), { interval: 1 });
          release[winner]?.();
          return begun;
        })(),
      );
      expect(answer.headers.get("server-timing")).toContain(`origin;desc=${winner}`);
      expect(cancelled).toEqual([]);
      const loser = winner === "primary" ? "replica" : "primary";
      release[loser]?.();
      await vi.waitFor(() => expect(cancelled).toEqual([loser]), { interval: 1 });
      await answer.body?.cancel();
      release["primary"]?.();
      await answered(settled());
    }
  });

  it("makes nobody wait for longer than 10 s, where the replica hangs too [DLV-27]", async () => {
    const startedAt = Date.now();
    const answer = await askFor(await publish(), pair("hangs", "hangs").bindings);
    expect(answer.status).toBe(503);
    expect(Date.now() - startedAt).toBeLessThan(HEDGE_AFTER_MS + ANSWER_TIMEOUT_MS + LOST_BY_MS_MAX + 1_000);
  });
});

describe("the breaker of a bucket", () => {
  async function fail(buckets: ReturnType<typeof pair>, times: number): Promise<void> {
    for (let i = 0; i < times; i++) expect((await askFor(await publish(), buckets.bindings)).status).toBe(206);
  }

  it.each(["throws", "hangs"] as const)(
    "opens where the primary %s: then it is not asked at all [DLV-30]",
    async (behaviour) => {
      const buckets = pair(behaviour, "has it");
      // Ranges and their fills count alike.
      await fail(buckets, 5);
      expect(logged.filter(({ event }) => event === "bucket-breaker-open")).toHaveLength(1);
      const { calls } = buckets.primary;
      const failovers = logged.filter(({ event }) => event === "bucket-failed-over").length;
      await fail(buckets, 3);
      expect(buckets.primary.calls).toBe(calls);
      expect(logged.filter(({ event }) => event === "bucket-failed-over")).toHaveLength(failovers);
    },
  );

  it("sends one probe beside the replica after 5 s, which closes it [DLV-31]", async () => {
    const buckets = pair("throws", "has it");
    await fail(buckets, 5);
    const { calls } = buckets.primary;
    buckets.primary.behaviour = "has it";
    await vi.advanceTimersByTimeAsync(BUCKET_BREAKER.openMs);
    const replicaCalls = buckets.replica.calls;
    await fail(buckets, 1);
    expect(buckets.primary.calls).toBeGreaterThan(calls);
    expect(buckets.replica.calls).toBeGreaterThan(replicaCalls);
    expect(logged.some(({ event, bucket }) => event === "bucket-breaker-closed" && bucket === "primary")).toBe(true);
    const { calls: before } = buckets.replica;
    await fail(buckets, 2);
    expect(buckets.replica.calls).toBe(before);
  });

  it("sends a probe that no listener waits for: it hangs, they are answered at once [DLV-31]", async () => {
    const buckets = pair("throws", "has it");
    await fail(buckets, 5);
    buckets.primary.behaviour = "hangs";
    await vi.advanceTimersByTimeAsync(BUCKET_BREAKER.openMs);
    const { calls } = buckets.primary;
    const begun = await begin(await signedPath(await publish()), { headers: RANGE, bindings: buckets.bindings });
    expect(begun.answer.status).toBe(206);
    await begun.answer.body?.cancel();
    // The one probe is under way; whoever comes meanwhile does not ask the primary.
    await fail(buckets, 1);
    expect(buckets.primary.calls).toBe(calls + 1);
    await answered(begun.settled());
  });

  it("that is open makes a replica without the object a 503, not a 404 [DLV-28]", async () => {
    const buckets = pair("throws", "has it");
    await fail(buckets, 5);
    buckets.replica.behaviour = "has none";
    expect((await askFor(await publish(), buckets.bindings)).status).toBe(503);
  });

  it("is not opened by objects that are missing or have another length [DLV-30]", async () => {
    for (const behaviour of ["has none", "has another length"] as const) {
      const buckets = pair(behaviour, "has it");
      await fail(buckets, 8);
      expect(logged.some(({ event }) => event.startsWith("bucket-breaker"))).toBe(false);
      expect(buckets.primary.calls).toBeGreaterThanOrEqual(8);
    }
  });

  it("spares a replica that fails as well: a slow primary is waited for alone [DLV-30]", async () => {
    const buckets = pair("has none", "throws");
    for (let i = 0; i < 5; i++) expect((await askFor(await publish(), buckets.bindings)).status).toBe(503);
    const { calls } = buckets.replica;
    expect((await askFor(await publish(), buckets.bindings)).status).toBe(503);
    expect(buckets.replica.calls).toBe(calls);
  });
});
