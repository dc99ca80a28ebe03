/** Bounded repetition of what may pass on another try, with exponential backoff and full jitter. */
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "./service-error.ts";

export interface RetryLimits {
  /** The first try counts. */
  readonly attemptsMax: number;
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

export const RETRY_LIMITS: RetryLimits = { attemptsMax: 6, delayMsMin: 250, delayMsMax: 8_000 };

/** A service that asks for a longer pause than this is not waited for: the caller hears of it instead. */
const RETRY_AFTER_MS_MAX = 60_000;

/** How the time between two tries passes; rejects where the signal is aborted. */
export type Pause = (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;

const sleepFor: Pause = (delayMs, signal) => sleep(delayMs, undefined, signal === undefined ? {} : { signal });

export async function withRetries<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal | undefined,
  limits: RetryLimits = RETRY_LIMITS,
  pause: Pause = sleepFor,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt();
    } catch (error) {
      if (number >= limits.attemptsMax || !(error instanceof ServiceError) || !error.isPassing) throw error;
      if ((error.retryAfterMs ?? 0) > RETRY_AFTER_MS_MAX) throw error;
      const delayMs = Math.max(error.retryAfterMs ?? 0, backoffMs(number, limits, Math.random()));
      await pause(delayMs, signal);
    }
  }
}

/** The pause after a failed try: full jitter keeps a crowd of clients from coming back in step. `random` in [0, 1). */
export function backoffMs(attempt: number, limits: RetryLimits, random: number): number {
  const ceilingMs = Math.min(limits.delayMsMax, limits.delayMsMin * 2 ** attempt);
  return limits.delayMsMin + (ceilingMs - limits.delayMsMin) * random;
}
