import { afterEach, describe, expect, it, vi } from "vitest";
import type { AccountId } from "#domain/foundation/ids.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ask, problemOf, publish, signedPath, watchedStorage } from "../edge-fixtures.ts";
import { ACCOUNT_LIMIT, ADDRESS_LIMIT, networkOf, takeAccountTurn } from "./rate-limits.ts";

const nowMs = Date.now();

afterEach(() => {
  vi.useRealTimers();
});

function stopClock(laterMs = 0): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(nowMs + laterMs);
}

describe("an account's limit", () => {
  it("is told when less than half of it is left, and turns away what is above it before anything is read [LIM-2]", async () => {
    stopClock();
    const rendition = await publish();
    const sub = freshId<AccountId>();
    const path = await signedPath(rendition, { sub });
    const { reads, bindings } = watchedStorage();
    const headers = { range: "bytes=0-0" };
    const first = await ask(path, { headers, bindings });
    expect(first.headers.get("ratelimit")).toBeNull();
    for (let i = 1; i < ACCOUNT_LIMIT.burst; i++) {
      const answer = await ask(path, { headers, bindings });
      expect(answer.status).toBe(206);
      const remaining = ACCOUNT_LIMIT.burst - 1 - i;
      const isNear = remaining < ACCOUNT_LIMIT.burst / 2;
      expect(answer.headers.get("ratelimit")).toBe(isNear ? `"account";r=${remaining};t=0` : null);
      expect(answer.headers.get("ratelimit-policy")).toBe(isNear ? '"account";q=300;w=3' : null);
    }
    const readBefore = reads.length;
    const refused = await ask(path, { headers, bindings });
    expect(refused.status).toBe(429);
    expect((await problemOf(refused)).type).toBe("urn:rimshot:problem:rate-limited");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.headers.get("ratelimit")).toBe('"account";r=0;t=1');
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(reads.length).toBe(readBefore);
    // Other tokens of the same account make no difference; another account is not touched by it.
    expect((await ask(await signedPath(rendition, { sub }))).status).toBe(429);
    expect((await ask(await signedPath(rendition))).status).toBe(200);
    stopClock(10);
    expect((await ask(path, { headers })).status).toBe(206);
    expect((await ask(path, { headers })).status).toBe(429);
  });

  it("counts none that a forged token names [LIM-2]", async () => {
    stopClock();
    const rendition = await publish();
    const path = await signedPath(rendition, { sub: freshId<AccountId>() });
    const forged = path.slice(0, -2) + (path.endsWith("AA") ? "BB" : "AA");
    for (let i = 0; i < ACCOUNT_LIMIT.burst + 10; i++) expect((await ask(forged)).status).toBe(403);
    expect((await ask(path)).status).toBe(200);
  });
});

describe("a URL in the wrong hands", () => {
  it("takes no turn of its account where it opens nothing, and none of its other calls where it does [LIM-2]", async () => {
    stopClock();
    const rendition = await publish();
    const sub = freshId<AccountId>();
    const path = await signedPath(rendition, { sub });
    const bound = await signedPath(rendition, { sub, asn: 1 });
    for (let i = 0; i < ACCOUNT_LIMIT.burst + 10; i++) {
      expect((await ask(path, { country: "FR" })).status).toBe(403);
      expect((await ask(bound)).status).toBe(403);
    }
    for (let i = 0; i < ACCOUNT_LIMIT.burst; i++) expect((await ask(path, { method: "HEAD" })).status).toBe(200);
    expect((await ask(path, { method: "HEAD" })).status).toBe(429);
    expect(takeAccountTurn(sub, nowMs).remaining).toBe(ACCOUNT_LIMIT.burst - 1);
  });
});

describe("an address's limit", () => {
  const from = (address: string) => ({ headers: { "cf-connecting-ip": address } });

  it("comes before everything, whatever is asked for [LIM-3]", async () => {
    stopClock();
    for (let i = 0; i < ADDRESS_LIMIT.burst; i++) {
      expect((await ask("/healthz", from("203.0.113.7"))).status).toBe(200);
    }
    for (const path of ["/healthz", "/", "/v1/search?q=x&type=track", "/audio/x", await signedPath(await publish())]) {
      const refused = await ask(path, from("203.0.113.7"));
      expect(refused.status, path).toBe(429);
      expect(refused.headers.get("ratelimit")).toBe('"address";r=0;t=1');
    }
    expect((await ask("/healthz", from("203.0.113.8"))).status).toBe(200);
  });

  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::6", "2001:db8:1:2"],
    ["2001:db8::6", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["2001:0DB8:01:2::6", "2001:db8:1:2"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
  ])("counts %s as %s: a home has a network, not an address [LIM-3]", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
