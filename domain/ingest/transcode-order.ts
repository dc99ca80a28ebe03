import { DAY_MS, type EpochMs } from "../foundation/time.ts";

/** Before its instant and after it, a release is what listeners wait for; beyond that it is back catalog. */
const NEW_RELEASE_MS = 30 * DAY_MS;

export function isNewRelease(releaseAt: EpochMs, nowMs: EpochMs): boolean {
  return Math.abs(releaseAt - nowMs) <= NEW_RELEASE_MS;
}

/**
 * New releases go first, but for each such claim: in that one the back catalog does, so that it is made even while there
 * are always new releases.
 */
export const BACK_CATALOG_EACH = 4;
