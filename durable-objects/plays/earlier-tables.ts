/**
 * Shards that were begun before listening days have a row for each playback and one for each event. They are taken in
 * once, when such a shard is next used, and then dropped. What counted by then is marked as earlier: it may be in the
 * sums of the ledger already, and is looked up there one by one.
 */
import type { ReceivedPlayback } from "#domain/plays/listening-day.ts";
import type { PlaybackFacts, PlayEventKind } from "#domain/plays/play-event.ts";
import type { Span } from "#domain/plays/spans.ts";

type PlaybackRow = {
  playback_id: PlaybackFacts["playbackId"];
  subject_id: PlaybackFacts["subjectId"];
  recording_id: PlaybackFacts["recordingId"];
  duration_ms: number;
  issued_at: number;
  country: string;
  commercial_model: PlaybackFacts["commercialModel"];
  last_received_at: number;
};
type EventRow = { event_id: string; seq: number; kind: PlayEventKind; spans: string };

/** Calls `take` with all that was reported of a subject's day, day after day; all of it is one transaction. */
export function takeInEarlierTables(
  storage: DurableObjectStorage,
  take: (reports: readonly ReceivedPlayback[]) => void,
): void {
  const { sql } = storage;
  const isThere = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'playbacks'").toArray();
  if (isThere.length === 0) return;
  storage.transactionSync(() => {
    sql.exec("CREATE INDEX earlier_days ON playbacks (date(issued_at / 1000, 'unixepoch'), subject_id)");
    const days = sql
      .exec<{ day: string; subject_id: string }>(
        "SELECT DISTINCT date(issued_at / 1000, 'unixepoch') AS day, subject_id FROM playbacks",
      )
      .toArray();
    for (const { day, subject_id: subjectId } of days) take(readDay(sql, day, subjectId));
    sql.exec("DROP TABLE events");
    sql.exec("DROP TABLE playbacks");
  });
}

function readDay(sql: SqlStorage, day: string, subjectId: string): ReceivedPlayback[] {
  return sql
    .exec<PlaybackRow>(
      `SELECT playback_id, subject_id, recording_id, duration_ms, issued_at, country, commercial_model, last_received_at
       FROM playbacks WHERE date(issued_at / 1000, 'unixepoch') = ? AND subject_id = ?`,
      day,
      subjectId,
    )
    .toArray()
    .map((row) => ({
      playback: {
        playbackId: row.playback_id,
        subjectId: row.subject_id,
        recordingId: row.recording_id,
        durationMs: row.duration_ms,
        issuedAtMs: row.issued_at,
        country: row.country,
        commercialModel: row.commercial_model,
      },
      receivedAtMs: row.last_received_at,
      events: readEvents(sql, row.playback_id),
    }));
}

function readEvents(sql: SqlStorage, playbackId: string) {
  return sql
    .exec<EventRow>("SELECT event_id, seq, kind, spans FROM events WHERE playback_id = ?", playbackId)
    .toArray()
    .map(({ event_id: eventId, seq, kind, spans }) => ({ eventId, seq, kind, spans: JSON.parse(spans) as Span[] }));
}
