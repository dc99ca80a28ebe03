/**
 * The tables that listeners' objects had before their rows were put together. An object takes in what it finds of them
 * when it wakes, once: also where a deployment went back to the version that writes them, and forward again.
 */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { HistoryStorage } from "./history-storage.ts";
import type { StreamStorage } from "./stream-storage.ts";

type PlayRow = { playback_id: PlaybackId; recording_id: RecordingId; played_at: EpochMs };
type StreamPlaybackRow = { turn: number; playback_id: PlaybackId; session_id: string; recording_id: RecordingId };
type LeaseRow = {
  session_id: string;
  turn: number;
  device: string | null;
  seen_at: EpochMs;
  displaced_at: EpochMs | null;
  displaced_by: string | null;
};

export interface TakingOver {
  readonly history: HistoryStorage;
  readonly streams: StreamStorage;
}

export function takeOverFormerTables(storage: DurableObjectStorage, { history, streams }: TakingOver): void {
  const { sql } = storage;
  const found = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('plays', 'stream_playbacks')",
    )
    .toArray()
    .map(({ name }) => name);
  if (found.length === 0) return;
  storage.transactionSync(() => {
    if (found.includes("plays")) takeOverPlays(sql, history);
    if (found.includes("stream_playbacks")) takeOverStreams(sql, streams);
  });
}

function takeOverPlays(sql: SqlStorage, history: HistoryStorage): void {
  const plays = sql.exec<PlayRow>("SELECT playback_id, recording_id, played_at FROM plays").toArray();
  history.add(
    plays.map((row) => ({
      playbackId: row.playback_id,
      recordingId: row.recording_id,
      playedAtMs: row.played_at,
    })),
  );
  sql.exec("DROP TABLE plays");
}

/** Where they hold anything, they are what was written last. */
function takeOverStreams(sql: SqlStorage, streams: StreamStorage): void {
  const playbacks = sql
    .exec<StreamPlaybackRow>(
      "SELECT * FROM stream_playbacks WHERE session_id IN (SELECT session_id FROM stream_leases) ORDER BY turn",
    )
    .toArray();
  const leases = sql.exec<LeaseRow>("SELECT * FROM stream_leases").toArray();
  if (playbacks.length > 0) {
    streams.write({
      leases: leases.map((row) => ({
        sessionId: row.session_id,
        turn: row.turn,
        device: row.device,
        seenAtMs: row.seen_at,
        displacement: row.displaced_at === null ? null : { atMs: row.displaced_at, byDevice: row.displaced_by },
      })),
      playbacks: playbacks.map((row) => ({
        playbackId: row.playback_id,
        recordingId: row.recording_id,
        sessionId: row.session_id,
        turn: row.turn,
      })),
    });
  }
  sql.exec("DROP TABLE stream_playbacks; DROP TABLE stream_leases");
}
