/** Where rights come from when a part of that is away. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, grant, type Published, problemOf, publish, signedPath, watchedStorage } from "../edge-fixtures.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const nowMs = Date.now();

function setClock(laterMs: number): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(nowMs + laterMs);
}

/** Another store each time: what is known of one that failed is not known of the next. */
function brokenRights(get: () => Promise<unknown> = () => Promise.reject(new Error("down"))) {
  vi.spyOn(console, "error").mockReturnValue(undefined);
  return { RIGHTS: { get: vi.fn(get) } as unknown as KVNamespace };
}

async function statusOf(rendition: Published, bindings: Partial<EdgeEnv>, country = "DE"): Promise<number> {
  return (await ask(await signedPath(rendition), { bindings, country })).status;
}

describe("a store of rights that is down", () => {
  it("leaves the token its own word, in the place it was signed for [RGT-15]", async () => {
    const rendition = await publish();
    expect(await statusOf(rendition, brokenRights())).toBe(200);
    const elsewhere = await ask(await signedPath(rendition), { country: "FR", bindings: brokenRights() });
    expect(elsewhere.status).toBe(403);
    expect((await problemOf(elsewhere)).type).toBe("urn:rimshot:problem:token-country");
    expect(await statusOf(rendition, brokenRights(), "T1")).toBe(451);
  });

  it("ends with the token: nothing is signed without it [RGT-15]", async () => {
    const rendition = await publish();
    setClock(0);
    const path = await signedPath(rendition);
    const bindings = brokenRights();
    expect((await ask(path, { bindings })).status).toBe(200);
    setClock(600_000);
    expect((await ask(path, { bindings })).status).toBe(403);
  });

  it("does not believe a token for longer than ten minutes, however long it lives [RGT-15]", async () => {
    setClock(0);
    const nbf = Math.floor(nowMs / 1_000);
    const path = await signedPath(await publish(), { nbf, exp: nbf + 6 * 3_600 });
    setClock(590_000);
    expect((await ask(path, { bindings: brokenRights() })).status).toBe(200);
    setClock(601_000);
    const late = await ask(path, { bindings: brokenRights() });
    expect([late.status, late.headers.get("retry-after")]).toEqual([503, "2"]);
    expect((await ask(path)).status).toBe(200);
  });

  it("does not bring back what was heard to be refused, for ten minutes [RGT-15]", async () => {
    setClock(0);
    const rendition = await publish([]);
    expect(await statusOf(rendition, {})).toBe(451);
    for (const laterMs of [60_000, 599_999]) {
      setClock(laterMs);
      expect(await statusOf(rendition, brokenRights()), `${laterMs}`).toBe(451);
    }
  });

  it("closes a window that was known at its instant all the same [RGT-15]", async () => {
    setClock(0);
    const rendition = await publish([
      {
        territories: ["DE"],
        excludedTerritories: [],
        commercialModels: ["SubscriptionModel"],
        useTypes: ["OnDemandStream"],
        startsAt: 0,
        endsAt: nowMs + 60_000,
      },
    ]);
    expect(await statusOf(rendition, {})).toBe(200);
    setClock(59_999);
    expect(await statusOf(rendition, brokenRights())).toBe(200);
    setClock(60_000);
    expect(await statusOf(rendition, brokenRights())).toBe(451);
  });

  it("is not waited for by each listener: after a failure it is left alone for a while [RGT-15]", async () => {
    setClock(0);
    const bindings = brokenRights();
    for (let tracks = 0; tracks < 5; tracks++) expect(await statusOf(await publish(), bindings)).toBe(200);
    expect(bindings.RIGHTS.get).toHaveBeenCalledTimes(1);
    setClock(5_000);
    expect(await statusOf(await publish(), bindings)).toBe(200);
    expect(bindings.RIGHTS.get).toHaveBeenCalledTimes(2);
  });

  it("that hangs is given up after a second [RGT-15]", async () => {
    const bindings = brokenRights(() => new Promise(() => undefined));
    const startedAt = performance.now();
    expect(await statusOf(await publish(), bindings)).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(900);
  });
});

describe("a token that was signed a moment ago", () => {
  const signedNow = (rendition: Published) => signedPath(rendition, { nbf: Math.floor(nowMs / 1_000) });

  it("is believed for 15 s, and nothing is asked for it; then the record is [RGT-31]", async () => {
    setClock(0);
    const rendition = await publish();
    const path = await signedNow(rendition);
    const { reads, bindings } = watchedStorage();
    const rightsRead = async () => {
      expect((await ask(path, { bindings })).status).toBe(200);
      return reads.filter((read) => read.startsWith("rights ")).length;
    };
    expect(await rightsRead()).toBe(0);
    setClock(13_999);
    expect(await rightsRead()).toBe(0);
    setClock(15_000);
    expect(await rightsRead()).toBe(1);
  });

  it("is refused from then on where the record refuses it [RGT-31]", async () => {
    setClock(0);
    const rendition = await publish([]);
    const path = await signedNow(rendition);
    expect((await ask(path)).status).toBe(200);
    setClock(15_000);
    expect((await ask(path)).status).toBe(451);
  });

  it("opens nothing where the isolate knows better [RGT-31]", async () => {
    setClock(0);
    const rendition = await publish([]);
    expect(await statusOf(rendition, {})).toBe(451);
    expect((await ask(await signedNow(rendition))).status).toBe(451);
  });

  it("opens nothing in another country than its own [RGT-31]", async () => {
    setClock(0);
    const rendition = await publish([]);
    const elsewhere = await ask(await signedNow(rendition), { country: "FR" });
    expect(elsewhere.status).toBe(451);
  });

  it("of a clock that runs ahead is believed no longer [RGT-31]", async () => {
    setClock(0);
    const rendition = await publish([]);
    const path = await signedPath(rendition, { nbf: Math.floor(nowMs / 1_000) + 40 });
    expect((await ask(path)).status).toBe(451);
  });
});

describe("a point of presence", () => {
  it("keeps what one of its isolates has read for the others [RGT-13]", async () => {
    setClock(0);
    const rendition = await publish();
    const { reads, bindings } = watchedStorage();
    await ask(await signedPath(rendition), { bindings });
    setClock(10_000);
    await ask(await signedPath(rendition), { bindings });
    expect(reads.filter((read) => read.startsWith("rights "))).toHaveLength(1);
    setClock(20_000);
    await ask(await signedPath(rendition), { bindings });
    expect(reads.filter((read) => read.startsWith("rights "))).toHaveLength(2);
  });

  it("opens an embargo at its instant, by a record from before it [RGT-3]", async () => {
    setClock(0);
    const rendition = await publish([]);
    const worldwide = { territories: ["Worldwide"], excludedTerritories: [], useTypes: ["OnDemandStream"] as const };
    await grant(rendition.track, [
      { ...worldwide, commercialModels: ["SubscriptionModel"], startsAt: nowMs + 5_000, endsAt: null },
    ]);
    expect(await statusOf(rendition, {})).toBe(451);
    setClock(4_999);
    expect(await statusOf(rendition, {})).toBe(451);
    setClock(5_000);
    expect(await statusOf(rendition, {})).toBe(200);
  });

  it("whose cache fails asks the store [RGT-13]", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    vi.spyOn(caches.default, "match").mockRejectedValue(new Error("down"));
    vi.spyOn(caches.default, "put").mockRejectedValue(new Error("down"));
    expect(await statusOf(await publish(), {})).toBe(200);
    expect(await statusOf(await publish([]), {})).toBe(451);
  });
});

describe("the place of a listener", () => {
  it("is asked for by the market of the token, where it is the one it was signed in [TER-9]", async () => {
    const rendition = await publish([
      {
        territories: ["PT"],
        excludedTerritories: [],
        commercialModels: ["SubscriptionModel"],
        useTypes: ["OnDemandStream"],
        startsAt: 0,
        endsAt: null,
      },
    ]);
    const travelling = await signedPath(rendition, { country: "DE", market: "PT" });
    expect((await ask(travelling)).status).toBe(200);
    expect((await ask(travelling, { country: "FR" })).status).toBe(451);
    expect((await ask(await signedPath(rendition, { country: "T1", market: "PT" }), { country: "T1" })).status).toBe(
      200,
    );
    expect((await ask(await signedPath(rendition, { country: "T1" }), { country: "T1" })).status).toBe(451);
    expect((await ask(await signedPath(rendition, { country: "DE", market: "??" }))).status).toBe(451);
  });

  it("may be bound to the network of the playback [TOK-11]", async () => {
    const rendition = await publish();
    const bound = await signedPath(rendition, { asn: 3_320 });
    expect((await ask(bound, { asn: 3_320 })).status).toBe(200);
    for (const asn of [3_209, null]) {
      const answer = await ask(bound, { asn });
      expect(answer.status).toBe(403);
      expect((await problemOf(answer)).type).toBe("urn:rimshot:problem:token-network");
    }
  });
});
