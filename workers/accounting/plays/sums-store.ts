/** The sums of plays in the ledger, as they are read. */

import type { EpochMs } from "#domain/foundation/time.ts";
import { dayOf } from "#domain/plays/play-sums.ts";

/** An artist's page asks for some hundreds at once. */
export const PLAY_COUNTS_MAX = 1_000;
/** Beyond the most played few hundred, a track is seldom wanted twice in one place. */
export const MOST_PLAYED_MAX = 500;

const COUNTRY_PATTERN = /^[A-Z]{2}$/;

/** Qualified plays of each recording asked for, 0 where there are none. A row of the ledger is read for each. */
export async function countPlays(ledger: D1Database, recordingIds: readonly string[]): Promise<Record<string, number>> {
  if (recordingIds.length > PLAY_COUNTS_MAX) {
    throw new RangeError(`counts are for at most ${PLAY_COUNTS_MAX} recordings`);
  }
  const { results } = await ledger
    .prepare(
      `SELECT asked.value AS recording_id, totals.plays ->> ('$."' || asked.value || '"') AS plays
       FROM json_each(?1) AS asked JOIN recording_totals AS totals ON totals.block = substr(asked.value, -3)`,
    )
    .bind(JSON.stringify(recordingIds))
    .all<{ recording_id: string; plays: number | null }>();
  const counts: Record<string, number> = Object.fromEntries(recordingIds.map((id) => [id, 0]));
  for (const row of results) counts[row.recording_id] = row.plays ?? 0;
  return counts;
}

export interface MostPlayedRequest {
  readonly limit: number;
  /** Two letters: plays of listeners there alone. */
  readonly country?: string | undefined;
}

/**
 * The recordings with the most qualified plays since the day of an instant, most first. Throws RangeError for a limit or
 * a country that is none.
 */
export async function listMostPlayed(
  ledger: D1Database,
  sinceMs: EpochMs,
  { limit, country }: MostPlayedRequest,
): Promise<string[]> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_PLAYED_MAX) {
    throw new RangeError(`the most played are 1 to ${MOST_PLAYED_MAX} recordings`);
  }
  if (country !== undefined && !COUNTRY_PATTERN.test(country)) throw new RangeError("a country has two letters");
  const { results } = await ledger
    .prepare(
      `SELECT substr(sums.key, 1, 22) AS recording_id FROM recording_days, json_each(recording_days.plays) AS sums
       WHERE recording_days.day >= ?1 AND (?3 IS NULL OR substr(sums.key, 24, 2) = ?3)
       GROUP BY 1 ORDER BY sum(sums.value) DESC, 1 LIMIT ?2`,
    )
    .bind(dayOf(sinceMs), limit, country ?? null)
    .all<{ recording_id: string }>();
  return results.map((row) => row.recording_id);
}
