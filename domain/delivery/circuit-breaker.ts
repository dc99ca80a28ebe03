/**
 * Keeps callers away from a callee that fails, and lets one of them look from time to time whether it has recovered.
 * Pure: a breaker is a value, the clock is passed in, and whoever holds the breaker keeps the one that comes back.
 */
import type { EpochMs } from "#domain/foundation/time.ts";

export interface BreakerLimits {
  /** So many failures in a window open it, where they are also at least half of the window's calls. */
  readonly failuresMin: number;
  readonly windowMs: number;
  /** How long it stays open, and how long a probe may keep others waiting for what it finds. */
  readonly openMs: number;
}

interface ClosedBreaker {
  readonly kind: "closed";
  readonly windowFrom: EpochMs;
  readonly failures: number;
  readonly successes: number;
}

export type Breaker =
  | ClosedBreaker
  | { readonly kind: "open"; readonly openedAt: EpochMs }
  | { readonly kind: "half-open"; readonly probeBegunAt: EpochMs };

/** A probe is the one call of a half-open breaker; what it finds out decides. */
export type Admission = "call" | "probe" | "refused";

export const CLOSED: ClosedBreaker = { kind: "closed", windowFrom: 0, failures: 0, successes: 0 };

/** Whether a call may be made now. */
export function admit(
  breaker: Breaker,
  nowMs: EpochMs,
  { openMs }: BreakerLimits,
): { readonly breaker: Breaker; readonly admission: Admission } {
  if (breaker.kind === "closed") return { breaker, admission: "call" };
  const since = breaker.kind === "open" ? breaker.openedAt : breaker.probeBegunAt;
  // A clock that was set back does not prolong it. A probe that says nothing for so long makes room for another.
  if (isWithin(since, nowMs, openMs)) return { breaker, admission: "refused" };
  return { breaker: { kind: "half-open", probeBegunAt: nowMs }, admission: "probe" };
}

/** What became of a call that was admitted. Calls that were begun before it opened say nothing new. */
export function report(
  breaker: Breaker,
  call: { readonly admission: "call" | "probe"; readonly succeeded: boolean },
  nowMs: EpochMs,
  limits: BreakerLimits,
): Breaker {
  if (breaker.kind === "open") return breaker;
  if (breaker.kind === "half-open") {
    if (call.admission !== "probe") return breaker;
    return call.succeeded ? { ...CLOSED, windowFrom: nowMs } : { kind: "open", openedAt: nowMs };
  }
  const window = isWithin(breaker.windowFrom, nowMs, limits.windowMs) ? breaker : { ...CLOSED, windowFrom: nowMs };
  if (call.succeeded) return { ...window, successes: window.successes + 1 };
  const failures = window.failures + 1;
  // Of ten thousand calls five may well fail: that alone is no outage.
  if (failures >= limits.failuresMin && failures >= window.successes) return { kind: "open", openedAt: nowMs };
  return { ...window, failures };
}

function isWithin(from: EpochMs, nowMs: EpochMs, durationMs: number): boolean {
  const elapsedMs = nowMs - from;
  return elapsedMs >= 0 && elapsedMs < durationMs;
}
