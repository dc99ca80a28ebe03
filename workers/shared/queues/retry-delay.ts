const FIRST_SECONDS = 2;

/** Before the next delivery of a message: 2 s, and twice as long after each attempt. Attempts count from 1. */
export function retryDelaySeconds(attempts: number, secondsMax: number): number {
  return Math.min(secondsMax, FIRST_SECONDS * 2 ** (attempts - 1));
}
