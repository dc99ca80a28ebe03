/**
 * Brings one deck to where another is heard, so that it can go on from there without a gap: it waits, ready, at a
 * place a little ahead, until the other one comes by.
 */
import type { Deck } from "./deck.ts";

/** Tried one after the other: a slow line needs longer to have the media at the meeting place. */
const LEADS_MS = [1_500, 4_000, 8_000];
/** What lies between the call to play and the first sound. */
const START_UP_MS = 15;
const MISSED_BY_MAX_MS = 80;

/**
 * Resolves with true when `after` is ready to take over now. Where they cannot meet, because `before` jumps about or
 * the media comes too slowly, it stands where `before` is, and the listener hears a short gap.
 */
export async function meet(before: Deck, after: Deck): Promise<boolean> {
  for (const leadMs of LEADS_MS) {
    if (before.isPaused) break;
    const placeMs = before.positionMs + leadMs;
    after.seek(placeMs);
    if (!(await after.ready())) return false;
    const waitMs = placeMs - before.positionMs - START_UP_MS;
    if (waitMs < 0) continue;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (Math.abs(before.positionMs - placeMs) <= MISSED_BY_MAX_MS) return true;
  }
  after.seek(before.positionMs);
  return after.ready();
}
