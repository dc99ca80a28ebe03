import { describe, expect, it } from "vitest";
import { decideRate, type RateLimit } from "./rate-limit.ts";

const limit: RateLimit = { name: "account", perSecond: 10, burst: 5 };
const NOW_MS = Date.UTC(2026, 10, 23);

/** How many of the requests at these instants get in. */
function admitted(instants: readonly number[], asked = limit): number {
  let emptyAt = 0;
  let count = 0;
  for (const instant of instants) {
    const decision = decideRate(asked, emptyAt, instant);
    emptyAt = decision.emptyAt;
    if (decision.allowed) count += 1;
  }
  return count;
}

describe("a rate limit", () => {
  it("lets a burst in at once and no more, and says what is left [LIM-1]", () => {
    let emptyAt = 0;
    const remaining: number[] = [];
    for (let i = 0; i < limit.burst; i++) {
      const decision = decideRate(limit, emptyAt, NOW_MS);
      expect(decision).toMatchObject({ allowed: true, retryAfterMs: 0 });
      remaining.push(decision.remaining);
      emptyAt = decision.emptyAt;
    }
    expect(remaining).toEqual([4, 3, 2, 1, 0]);
    expect(decideRate(limit, emptyAt, NOW_MS)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 100 });
  });

  it("lets in again exactly when it said [LIM-1]", () => {
    const burst = Array.from({ length: 5 }, () => NOW_MS);
    expect(admitted([...burst, NOW_MS + 99])).toBe(5);
    expect(admitted([...burst, NOW_MS + 100])).toBe(6);
    // What was refused costs nothing.
    expect(admitted([...burst, NOW_MS + 50, NOW_MS + 90, NOW_MS + 100])).toBe(6);
  });

  it("never admits more in any window than the window's share and a burst [LIM-1]", () => {
    for (let seed = 1; seed <= 200; seed++) {
      let state = seed;
      const random = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      const asked: RateLimit = {
        name: "x",
        perSecond: 1 + Math.floor(random() * 50),
        burst: 1 + Math.floor(random() * 20),
      };
      const instants: number[] = [];
      let at = NOW_MS;
      for (let i = 0; i < 400; i++) {
        at += Math.floor(random() ** 3 * 400);
        instants.push(at);
      }
      const elapsedSeconds = (at - (instants[0] ?? at)) / 1_000;
      expect(admitted(instants, asked)).toBeLessThanOrEqual(Math.ceil(elapsedSeconds * asked.perSecond + asked.burst));
      // A caller who keeps to the rate is never refused.
      const steady = Array.from({ length: 100 }, (_, i) => NOW_MS + Math.ceil((i * 1_000) / asked.perSecond));
      expect(admitted(steady, asked)).toBe(100);
    }
  });

  it("does not lock anybody out where the clock is set back [LIM-1]", () => {
    const ahead = decideRate(limit, 0, NOW_MS + 3_600_000);
    const back = decideRate(limit, ahead.emptyAt, NOW_MS);
    expect(back.allowed || back.retryAfterMs <= 500).toBe(true);
    expect(decideRate(limit, back.emptyAt, NOW_MS + 500).allowed).toBe(true);
  });
});
