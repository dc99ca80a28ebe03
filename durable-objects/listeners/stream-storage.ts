/** The leases of an account and the playbacks that were begun under them, in the listener's own database. */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { LeaseChange, StreamLease } from "#domain/streams/stream-leases.ts";

/** A lease or playback with as many newer ones is forgotten: a playback that comes back then is begun anew. */
export const STREAM_TURNS_KEPT = 200;

export const STREAM_SCHEMA = `
  CREATE TABLE IF NOT EXISTS stream_leases (
    session_id TEXT PRIMARY KEY,
    turn INTEGER NOT NULL,
    device TEXT,
    seen_at INTEGER NOT NULL,
    displaced_at INTEGER,
    displaced_by TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS stream_playbacks (
    turn INTEGER PRIMARY KEY,
    playback_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    recording_id TEXT NOT NULL
  ) STRICT;
`;

export interface StreamPlayback {
  /** Its place in the order of beginnings, as of a lease. */
  readonly turn: number;
  readonly sessionId: string;
  readonly recordingId: RecordingId;
}

type LeaseRow = {
  session_id: string;
  turn: number;
  device: string | null;
  seen_at: EpochMs;
  displaced_at: EpochMs | null;
  displaced_by: string | null;
};

export class StreamStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** At most STREAM_TURNS_KEPT. */
  readLeases(): StreamLease[] {
    return this.#sql
      .exec<LeaseRow>("SELECT * FROM stream_leases")
      .toArray()
      .map((row) => ({
        sessionId: row.session_id,
        turn: row.turn,
        device: row.device,
        seenAtMs: row.seen_at,
        displacement: row.displaced_at === null ? null : { atMs: row.displaced_at, byDevice: row.displaced_by },
      }));
  }

  writeLeases({ own, displaced }: LeaseChange): void {
    for (const { sessionId, turn, device, seenAtMs, displacement } of [own, ...displaced]) {
      this.#sql.exec(
        `INSERT OR REPLACE INTO stream_leases (session_id, turn, device, seen_at, displaced_at, displaced_by)
         VALUES (?, ?, ?, ?, ?, ?)`,
        sessionId,
        turn,
        device,
        seenAtMs,
        displacement?.atMs ?? null,
        displacement?.byDevice ?? null,
      );
    }
  }

  nextTurn(): number {
    return this.#sql.exec<{ turn: number }>("SELECT coalesce(max(turn), 0) + 1 AS turn FROM stream_playbacks").one()
      .turn;
  }

  findPlayback(playbackId: PlaybackId): StreamPlayback | null {
    const row = this.#sql
      .exec<{ turn: number; session_id: string; recording_id: RecordingId }>(
        "SELECT turn, session_id, recording_id FROM stream_playbacks WHERE playback_id = ?",
        playbackId,
      )
      .toArray()[0];
    if (row === undefined) return null;
    return { turn: row.turn, sessionId: row.session_id, recordingId: row.recording_id };
  }

  /** How many its session has begun since, at most `max`. Only the rows of later turns are read. */
  countNewer({ turn, sessionId }: StreamPlayback, max: number): number {
    return this.#sql
      .exec<{ newer: number }>(
        `SELECT count(*) AS newer
         FROM (SELECT 1 FROM stream_playbacks WHERE turn > ? AND session_id = ? LIMIT ?)`,
        turn,
        sessionId,
        max,
      )
      .one().newer;
  }

  /** Notes a playback under its turn, and forgets those whose turn is long over. */
  addPlayback(playbackId: PlaybackId, { turn, sessionId, recordingId }: StreamPlayback): void {
    this.#sql.exec(
      "INSERT INTO stream_playbacks (turn, playback_id, session_id, recording_id) VALUES (?, ?, ?, ?)",
      turn,
      playbackId,
      sessionId,
      recordingId,
    );
    this.#sql.exec("DELETE FROM stream_playbacks WHERE turn <= ?", turn - STREAM_TURNS_KEPT);
    this.#sql.exec("DELETE FROM stream_leases WHERE turn <= ?", turn - STREAM_TURNS_KEPT);
  }
}
