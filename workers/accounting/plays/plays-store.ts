import type { EpochMs } from "#domain/foundation/time.ts";
import type { AssessedPlayback } from "#durable-objects/plays/play-shard-object.ts";

/** D1 takes 100 bound parameters a query and two megabytes in each: rows go in as one parameter, so many at a time. */
const ROWS_PER_INSERT_MAX = 1_000;
/** An artist's page asks for some hundreds at once. */
export const PLAY_COUNTS_MAX = 1_000;

/** Adds plays to the ledger, each playback once: a row that is there stays as it is. All of them, or it throws. */
export async function insertQualifiedPlays(
  ledger: D1Database,
  plays: readonly AssessedPlayback[],
  nowMs: EpochMs,
): Promise<void> {
  const insert = ledger.prepare(
    `INSERT INTO qualified_plays (playback_id, recording_id, subject_id, country, commercial_model, duration_ms,
                                  played_at, recorded_at)
     SELECT value ->> 'playbackId', value ->> 'recordingId', value ->> 'subjectId', value ->> 'country',
            value ->> 'commercialModel', value ->> 'durationMs', value ->> 'issuedAtMs', ?2
     FROM json_each(?1)
     WHERE true
     ON CONFLICT (playback_id) DO NOTHING`,
  );
  const statements: D1PreparedStatement[] = [];
  for (let start = 0; start < plays.length; start += ROWS_PER_INSERT_MAX) {
    const rows = plays.slice(start, start + ROWS_PER_INSERT_MAX).map(({ playback }) => playback);
    statements.push(insert.bind(JSON.stringify(rows), nowMs));
  }
  if (statements.length > 0) await ledger.batch(statements);
}

/** Qualified plays of each recording asked for, 0 where there are none. Counted from the rows each time. */
export async function countPlays(ledger: D1Database, recordingIds: readonly string[]): Promise<Record<string, number>> {
  if (recordingIds.length > PLAY_COUNTS_MAX) {
    throw new RangeError(`counts are for at most ${PLAY_COUNTS_MAX} recordings`);
  }
  const { results } = await ledger
    .prepare(
      `SELECT recording_id, count(*) AS plays FROM qualified_plays
       WHERE recording_id IN (SELECT value FROM json_each(?1)) GROUP BY recording_id`,
    )
    .bind(JSON.stringify(recordingIds))
    .all<{ recording_id: string; plays: number }>();
  const counts: Record<string, number> = Object.fromEntries(recordingIds.map((id) => [id, 0]));
  for (const row of results) counts[row.recording_id] = row.plays;
  return counts;
}

/** Beyond the most played few hundred, a track is seldom wanted twice in one place. */
export const MOST_PLAYED_MAX = 500;

/** The recordings with the most qualified plays since an instant, most first. Counted from the rows each time. */
export async function listMostPlayed(ledger: D1Database, sinceMs: EpochMs, limit: number): Promise<string[]> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_PLAYED_MAX) {
    throw new RangeError(`the most played are 1 to ${MOST_PLAYED_MAX} recordings`);
  }
  const { results } = await ledger
    .prepare(
      `SELECT recording_id FROM qualified_plays WHERE played_at >= ?1
       GROUP BY recording_id ORDER BY count(*) DESC, recording_id LIMIT ?2`,
    )
    .bind(sinceMs, limit)
    .all<{ recording_id: string }>();
  return results.map((row) => row.recording_id);
}
