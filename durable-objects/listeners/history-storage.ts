/**
 * The history of an account in the listener's own database. Plays lie in chunks, each from its own place to the next
 * chunk's, so that one row is written for whatever a call brings, as long as that is recent.
 */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import {
  compareAge,
  cutEvenly,
  cutInFull,
  type HistoryEntry,
  type HistoryPlace,
  mergePlays,
} from "#domain/plays/play-history.ts";

/** About a year of heavy listening; a play is some 65 bytes, so a history stays under a megabyte. */
export const HISTORY_PLAYS_MAX = 10_000;
/** Some 6.5 KB, written again with each play: a larger one would spare a row for a page of the history, no more. */
export const CHUNK_PLAYS_MAX = 100;

export const HISTORY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS history_chunks (
    from_played_at INTEGER NOT NULL,
    from_playback_id TEXT NOT NULL,
    play_count INTEGER NOT NULL,
    plays TEXT NOT NULL,
    PRIMARY KEY (from_played_at, from_playback_id)
  ) STRICT, WITHOUT ROWID;
`;

/** Where the first chunk begins: before any play, so that what comes late has a chunk too. */
const BEGINNING: HistoryPlace = { playedAtMs: 0, playbackId: "" as PlaybackId };

type PlayFields = [playbackId: PlaybackId, recordingId: RecordingId, playedAtMs: EpochMs];
type PlaceRow = { from_played_at: EpochMs; from_playback_id: PlaybackId };
type CountRow = PlaceRow & { play_count: number };
type ChunkRow = CountRow & { plays: string };

interface Chunk {
  readonly from: HistoryPlace;
  /** The oldest first. */
  readonly plays: readonly HistoryEntry[];
}

export class HistoryStorage {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** Adds plays, each playback once. Of more than HISTORY_PLAYS_MAX, the oldest are not seen again. */
  add(plays: readonly HistoryEntry[]): void {
    this.#storage.transactionSync(() => {
      let rest = mergePlays([], plays);
      for (let oldest = rest[0]; oldest !== undefined; oldest = rest[0]) {
        const above = this.#placeAbove(oldest);
        const own = above === null ? rest : rest.filter((play) => compareAge(play, above) < 0);
        this.#addToChunk(own, { oldest, isNewest: above === null });
        rest = rest.slice(own.length);
      }
    });
  }

  /** The newest first; with `before`, those older than that playback. Where that is not in it, there are none. */
  newest(limit: number, before: PlaybackId | null): HistoryEntry[] {
    const page: HistoryEntry[] = [];
    let isReached = before === null;
    let newer = 0;
    const rows = this.#sql.exec<ChunkRow>(
      "SELECT * FROM history_chunks ORDER BY from_played_at DESC, from_playback_id DESC",
    );
    for (const row of rows) {
      if (!isReached && before !== null && !row.plays.includes(before)) {
        newer += row.play_count;
        continue;
      }
      for (const play of decodePlays(row.plays).toReversed()) {
        // What is dropped goes by whole chunks: a part of the last one may be too old.
        if (page.length === limit || newer >= HISTORY_PLAYS_MAX) return page;
        newer += 1;
        if (isReached) page.push(play);
        else isReached = play.playbackId === before;
      }
    }
    return page;
  }

  /** All of them belong into one chunk. */
  #addToChunk(plays: readonly HistoryEntry[], { oldest, isNewest }: { oldest: HistoryEntry; isNewest: boolean }): void {
    // Only an empty history has no chunk at all. In any other one, what lies before all chunks was dropped before.
    const chunk = this.#chunkOf(oldest) ?? (isNewest ? { from: BEGINNING, plays: [] } : null);
    if (chunk === null) return;
    const merged = mergePlays(chunk.plays, plays);
    if (merged === chunk.plays) return;
    const pieces = isNewest ? cutInFull(merged, CHUNK_PLAYS_MAX) : cutEvenly(merged, CHUNK_PLAYS_MAX);
    for (const [index, piece] of pieces.entries()) {
      const from = index === 0 ? chunk.from : piece[0];
      if (from !== undefined && !isSame(piece, chunk.plays)) this.#write({ from, plays: piece });
    }
    if (pieces.length > 1) this.#dropOldest();
  }

  /** Chunks that have as many newer plays before them as the history may have. */
  #dropOldest(): void {
    const rows = this.#sql.exec<CountRow>(
      `SELECT from_played_at, from_playback_id, play_count FROM history_chunks
       ORDER BY from_played_at DESC, from_playback_id DESC`,
    );
    let kept = 0;
    const oldest = rows.toArray().find((row) => {
      kept += row.play_count;
      return kept >= HISTORY_PLAYS_MAX;
    });
    if (oldest === undefined) return;
    this.#sql.exec(
      "DELETE FROM history_chunks WHERE (from_played_at, from_playback_id) < (?, ?)",
      oldest.from_played_at,
      oldest.from_playback_id,
    );
  }

  #chunkOf({ playedAtMs, playbackId }: HistoryPlace): Chunk | null {
    const row = this.#sql
      .exec<ChunkRow>(
        `SELECT * FROM history_chunks WHERE (from_played_at, from_playback_id) <= (?, ?)
         ORDER BY from_played_at DESC, from_playback_id DESC LIMIT 1`,
        playedAtMs,
        playbackId,
      )
      .toArray()[0];
    return row === undefined ? null : { from: placeOf(row), plays: decodePlays(row.plays) };
  }

  /** Where the next chunk begins; null where there is none, and the newest plays belong. */
  #placeAbove({ playedAtMs, playbackId }: HistoryPlace): HistoryPlace | null {
    const row = this.#sql
      .exec<PlaceRow>(
        `SELECT from_played_at, from_playback_id FROM history_chunks
         WHERE (from_played_at, from_playback_id) > (?, ?) ORDER BY from_played_at, from_playback_id LIMIT 1`,
        playedAtMs,
        playbackId,
      )
      .toArray()[0];
    return row === undefined ? null : placeOf(row);
  }

  #write({ from, plays }: Chunk): void {
    this.#sql.exec(
      `INSERT INTO history_chunks (from_played_at, from_playback_id, play_count, plays) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET play_count = excluded.play_count, plays = excluded.plays`,
      from.playedAtMs,
      from.playbackId,
      plays.length,
      encodePlays(plays),
    );
  }
}

function placeOf(row: PlaceRow): HistoryPlace {
  return { playedAtMs: row.from_played_at, playbackId: row.from_playback_id };
}

function isSame(a: readonly HistoryEntry[], b: readonly HistoryEntry[]): boolean {
  return a.length === b.length && a.every((play, index) => play === b[index]);
}

function encodePlays(plays: readonly HistoryEntry[]): string {
  return JSON.stringify(
    plays.map(({ playbackId, recordingId, playedAtMs }): PlayFields => [playbackId, recordingId, playedAtMs]),
  );
}

function decodePlays(text: string): HistoryEntry[] {
  return (JSON.parse(text) as PlayFields[]).map(([playbackId, recordingId, playedAtMs]) => {
    return { playbackId, recordingId, playedAtMs };
  });
}
