/**
 * A rate limit as a leaky bucket that is one number (GCRA): the instant at which the bucket will be empty again. A
 * request is let in while that instant is not too far ahead. Specified in docs/specs/delivery.md.
 */
import type { EpochMs } from "#domain/foundation/time.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";

export interface RateLimit {
  /** As the RateLimit header calls it. */
  readonly name: string;
  readonly perSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** When it may be tried again; 0 where it was allowed. */
  readonly retryAfterMs: number;
  /** To be kept until the next request; what is in the past is as if nothing had been kept. */
  readonly emptyAt: EpochMs;
}

/** `emptyAt` is what the last decision for the same key gave, 0 before the first. A refused request costs nothing. */
export function decideRate({ perSecond, burst }: RateLimit, emptyAt: EpochMs, nowMs: EpochMs): RateDecision {
  const intervalMs = SECOND_MS / perSecond;
  const capacityMs = intervalMs * burst;
  // A clock that is set back must not keep anybody out for longer than a full bucket takes to empty.
  const filledMs = Math.min(capacityMs, Math.max(0, emptyAt - nowMs));
  if (filledMs + intervalMs > capacityMs) {
    const retryAfterMs = filledMs + intervalMs - capacityMs;
    return { allowed: false, remaining: 0, retryAfterMs, emptyAt: nowMs + filledMs };
  }
  const takenMs = filledMs + intervalMs;
  const remaining = Math.floor((capacityMs - takenMs) / intervalMs);
  return { allowed: true, remaining, retryAfterMs: 0, emptyAt: nowMs + takenMs };
}
