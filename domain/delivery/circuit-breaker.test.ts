import { describe, expect, it } from "vitest";
import { type Admission, admit, type Breaker, type BreakerLimits, CLOSED, report } from "./circuit-breaker.ts";

const LIMITS: BreakerLimits = { failuresMin: 5, windowMs: 10_000, openMs: 5_000 };
const T0 = 1_800_000_000_000;

/** A holder of a breaker, as a caller is one. */
class Held {
  breaker: Breaker = CLOSED;

  admit(nowMs: number): Admission {
    const { breaker, admission } = admit(this.breaker, nowMs, LIMITS);
    this.breaker = breaker;
    return admission;
  }

  report(admission: "call" | "probe", succeeded: boolean, nowMs: number): void {
    this.breaker = report(this.breaker, { admission, succeeded }, nowMs, LIMITS);
  }

  fail(times: number, nowMs: number): void {
    for (let i = 0; i < times; i++) this.report("call", false, nowMs);
  }
}

function opened(): Held {
  const held = new Held();
  held.fail(LIMITS.failuresMin, T0);
  return held;
}

describe("a circuit breaker", () => {
  it("opens at the fifth failure of a window, not at the fourth [DLV-30]", () => {
    const held = new Held();
    held.fail(4, T0);
    expect(held.admit(T0)).toBe("call");
    held.fail(1, T0 + 9_999);
    expect(held.admit(T0 + 9_999)).toBe("refused");
  });

  it("forgets failures with their window [DLV-30]", () => {
    const held = new Held();
    held.fail(4, T0);
    held.fail(4, T0 + LIMITS.windowMs);
    expect(held.admit(T0 + LIMITS.windowMs)).toBe("call");
  });

  it("stays closed where fewer than half of the calls fail [DLV-30]", () => {
    const held = new Held();
    for (let i = 0; i < 100; i++) held.report("call", true, T0);
    held.fail(99, T0);
    expect(held.admit(T0)).toBe("call");
    held.fail(1, T0);
    expect(held.admit(T0)).toBe("refused");
  });

  it("refuses while it is open, then lets one probe through and no other [DLV-31]", () => {
    const held = opened();
    expect(held.admit(T0 + LIMITS.openMs - 1)).toBe("refused");
    expect(held.admit(T0 + LIMITS.openMs)).toBe("probe");
    expect(held.admit(T0 + LIMITS.openMs)).toBe("refused");
    expect(held.admit(T0 + 2 * LIMITS.openMs - 1)).toBe("refused");
  });

  it("closes with a probe that succeeds, and opens again with one that fails [DLV-31]", () => {
    const recovered = opened();
    recovered.admit(T0 + LIMITS.openMs);
    recovered.report("probe", true, T0 + LIMITS.openMs + 1);
    expect(recovered.breaker).toMatchObject({ kind: "closed", failures: 0, successes: 0 });
    const failing = opened();
    failing.admit(T0 + LIMITS.openMs);
    failing.report("probe", false, T0 + LIMITS.openMs + 1);
    expect(failing.admit(T0 + 2 * LIMITS.openMs)).toBe("refused");
    expect(failing.admit(T0 + 2 * LIMITS.openMs + 1)).toBe("probe");
  });

  it("sends another probe where the first was never heard of [DLV-31]", () => {
    const held = opened();
    expect(held.admit(T0 + LIMITS.openMs)).toBe("probe");
    expect(held.admit(T0 + 2 * LIMITS.openMs)).toBe("probe");
  });

  it("learns nothing from calls that were begun before it opened [DLV-31]", () => {
    const held = opened();
    held.report("call", true, T0 + 1);
    expect(held.admit(T0 + 1)).toBe("refused");
    held.admit(T0 + LIMITS.openMs);
    held.report("call", true, T0 + LIMITS.openMs);
    expect(held.breaker.kind).toBe("half-open");
    held.report("call", false, T0 + LIMITS.openMs);
    expect(held.breaker.kind).toBe("half-open");
  });

  it("does not stay open for longer where the clock is set back [DLV-31]", () => {
    expect(opened().admit(T0 - 3_600_000)).toBe("probe");
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("holds to its rules over 5,000 random steps, seed %i [DLV-30] [DLV-31]", (seed) => {
    const random = seededRandom(seed);
    const held = new Held();
    const unreported: ("call" | "probe")[] = [];
    const failedAt: number[] = [];
    let nowMs = T0;
    let openedAt = -1;
    let probedAt = -1;
    for (let step = 0; step < 5_000; step++) {
      nowMs += Math.floor(random() * 700);
      const before = held.breaker.kind;
      if (random() < 0.5) {
        const admission = held.admit(nowMs);
        if (admission === "refused") expect(nowMs - Math.max(openedAt, probedAt)).toBeLessThan(LIMITS.openMs);
        else unreported.push(admission);
        if (admission === "call") expect(before).toBe("closed");
        if (admission !== "probe") continue;
        expect(nowMs - Math.max(openedAt, probedAt)).toBeGreaterThanOrEqual(LIMITS.openMs);
        probedAt = nowMs;
        continue;
      }
      const admission = unreported.splice(Math.floor(random() * unreported.length), 1)[0];
      if (admission === undefined) continue;
      const succeeded = random() < (seed % 4) / 4;
      if (!succeeded) failedAt.push(nowMs);
      held.report(admission, succeeded, nowMs);
      const after = held.breaker.kind;
      if (after === "open" && before !== "open") {
        openedAt = nowMs;
        const recent = failedAt.filter((at) => nowMs - at < LIMITS.windowMs);
        if (before === "closed") expect(recent.length).toBeGreaterThanOrEqual(LIMITS.failuresMin);
        else expect(admission).toBe("probe");
      }
      if (after === "closed" && before !== "closed") expect([admission, succeeded]).toEqual(["probe", true]);
    }
    expect(failedAt.length).toBeGreaterThan(100);
    expect(openedAt).toBeGreaterThan(T0);
  });
});

/** Mulberry32: the same numbers for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
