/**
 * One per account, named by the account's id: what belongs to a listener alone. All methods are idempotent, so a
 * caller that got no answer calls again.
 */
import { DurableObject } from "cloudflare:workers";
import type { PlaybackId, PlaylistId, RecordingId } from "#domain/foundation/ids.ts";
import { ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { PLAYLISTS_PER_ACCOUNT_MAX } from "#domain/playlists/playlist.ts";
import type { HistoryEntry } from "#domain/plays/play-history.ts";
import { makeSubjectId, SUBJECT_RANDOM_BYTES, type SubjectId } from "#domain/plays/subject.ts";
import type { BeginningFault, PlaybackFault } from "#domain/streams/stream-leases.ts";
import { type StreamBeginning, StreamDesk, type StreamRenewal } from "./stream-desk.ts";
import { CLOSE_POLICY_VIOLATION } from "./stream-protocol.ts";

/** About a year of heavy listening; a row is some 60 bytes, so a history stays under a megabyte. */
export const HISTORY_PLAYS_MAX = 10_000;
/** An idempotency key that has 10,000 newer ones behind it is not coming back. */
const PLAYLIST_CLAIMS_MAX = 10_000;
const LISTENER_PAGE_MAX = 100;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS subject (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    subject_id TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS plays (
    playback_id TEXT PRIMARY KEY,
    recording_id TEXT NOT NULL,
    played_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Recently played, and the oldest to drop.
  CREATE INDEX IF NOT EXISTS plays_by_time ON plays (played_at, playback_id);
  CREATE TABLE IF NOT EXISTS playlists (
    playlist_id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- The listener's own playlists, newest first.
  CREATE INDEX IF NOT EXISTS playlists_by_time ON playlists (created_at, playlist_id);
  CREATE TABLE IF NOT EXISTS playlist_claims (
    position INTEGER PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    request_sha256 TEXT NOT NULL,
    playlist_id TEXT NOT NULL
  ) STRICT;
`;

/** `full`: the account has all the playlists that it may have. */
export type PlaylistClaim = { readonly id: PlaylistId } | { readonly conflict: true } | { readonly full: true };

type ClaimRow = { request_sha256: string; playlist_id: PlaylistId };
type PlayRow = { playback_id: PlaybackId; recording_id: RecordingId; played_at: EpochMs };

export class ListenerObject extends DurableObject<RealtimeEnv> {
  readonly #sql: SqlStorage;
  readonly #streams: StreamDesk;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA);
    this.#streams = new StreamDesk(ctx);
  }

  /** Who this listener is in the record of plays: random, made on first use, the same from then on. */
  subjectId(): SubjectId {
    const candidate = makeSubjectId(crypto.getRandomValues(new Uint8Array(SUBJECT_RANDOM_BYTES)));
    this.#sql.exec("INSERT INTO subject (singleton, subject_id) VALUES (1, ?) ON CONFLICT DO NOTHING", candidate);
    return this.#sql.exec<{ subject_id: SubjectId }>("SELECT subject_id FROM subject").one().subject_id;
  }

  /** Takes a lease for a playback, and says who listens: what it takes to begin one. */
  beginStream(request: StreamBeginning): Result<SubjectId, BeginningFault> {
    const begun = this.#streams.begin(request, Date.now());
    return begun.ok ? ok(this.subjectId()) : begun;
  }

  /** A playback's sign of life: at its renewal, where its manifest is opened, or for its own sake. */
  keepStream(request: StreamRenewal): Result<null, PlaybackFault> {
    return this.#streams.keepPlayback(request, Date.now());
  }

  /** WebSocket upgrades only, from the door that has verified whose object this is. */
  override fetch(request: Request): Response {
    return this.#streams.connect(request, Date.now());
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.close(CLOSE_POLICY_VIOLATION, "only ping is answered here");
  }

  override webSocketClose(socket: WebSocket): void {
    this.#streams.onClose(socket);
  }

  /** Adds qualified plays, each playback once. Keeps the newest HISTORY_PLAYS_MAX. */
  recordPlays(plays: readonly HistoryEntry[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const { playbackId, recordingId, playedAtMs } of plays) {
        this.#sql.exec(
          "INSERT INTO plays (playback_id, recording_id, played_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
          playbackId,
          recordingId,
          playedAtMs,
        );
      }
      // With fewer rows than the limit the subquery has no row, and comparing with NULL deletes nothing.
      this.#sql.exec(
        `DELETE FROM plays WHERE (played_at, playback_id) <= (
           SELECT played_at, playback_id FROM plays ORDER BY played_at DESC, playback_id DESC LIMIT 1 OFFSET ?
         )`,
        HISTORY_PLAYS_MAX,
      );
    });
  }

  /** Qualified plays, newest first; with `before`, those older than that playback. Unknown there, there are none. */
  recentlyPlayed(limit: number, before: PlaybackId | null = null): HistoryEntry[] {
    const rows = this.#sql.exec<PlayRow>(
      `SELECT playback_id, recording_id, played_at FROM plays
       WHERE ?1 IS NULL OR (played_at, playback_id) < (SELECT played_at, playback_id FROM plays WHERE playback_id = ?1)
       ORDER BY played_at DESC, playback_id DESC LIMIT ?2`,
      before,
      pageSize(limit),
    );
    return rows.toArray().map((row) => ({
      playbackId: row.playback_id,
      recordingId: row.recording_id,
      playedAtMs: row.played_at,
    }));
  }

  rememberPlaylist(playlistId: PlaylistId, createdAtMs: EpochMs): void {
    this.#sql.exec(
      "INSERT INTO playlists (playlist_id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
      playlistId,
      createdAtMs,
    );
  }

  forgetPlaylist(playlistId: PlaylistId): void {
    this.#sql.exec("DELETE FROM playlists WHERE playlist_id = ?", playlistId);
  }

  /** Newest first. */
  listPlaylists(limit: number, offset: number): { ids: PlaylistId[]; total: number } {
    const rows = this.#sql.exec<{ playlist_id: PlaylistId }>(
      "SELECT playlist_id FROM playlists ORDER BY created_at DESC, playlist_id DESC LIMIT ? OFFSET ?",
      pageSize(limit),
      offset,
    );
    const ids = rows.toArray().map((row) => row.playlist_id);
    return { ids, total: this.#countPlaylists() };
  }

  /**
   * The id of the playlist that an idempotency key stands for: the candidate the first time, and that same id for
   * the same request ever after. The same key with another request is a conflict. A key that is new to a full account
   * is not taken.
   */
  claimPlaylistId(idempotencyKey: string, requestSha256: string, candidateId: PlaylistId): PlaylistClaim {
    return this.ctx.storage.transactionSync(() => {
      const known = this.#findClaim(idempotencyKey);
      if (known === undefined && this.#countPlaylists() >= PLAYLISTS_PER_ACCOUNT_MAX) return { full: true };
      this.#sql.exec(
        `INSERT INTO playlist_claims (idempotency_key, request_sha256, playlist_id) VALUES (?, ?, ?)
         ON CONFLICT DO NOTHING`,
        idempotencyKey,
        requestSha256,
        candidateId,
      );
      this.#sql.exec(
        "DELETE FROM playlist_claims WHERE position <= (SELECT max(position) FROM playlist_claims) - ?",
        PLAYLIST_CLAIMS_MAX,
      );
      if (known === undefined) return { id: candidateId };
      return known.request_sha256 === requestSha256 ? { id: known.playlist_id } : { conflict: true };
    });
  }

  #findClaim(idempotencyKey: string): ClaimRow | undefined {
    return this.#sql
      .exec<ClaimRow>(
        "SELECT request_sha256, playlist_id FROM playlist_claims WHERE idempotency_key = ?",
        idempotencyKey,
      )
      .toArray()[0];
  }

  #countPlaylists(): number {
    return this.#sql.exec<{ total: number }>("SELECT count(*) AS total FROM playlists").one().total;
  }
}

function pageSize(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > LISTENER_PAGE_MAX) {
    throw new RangeError(`a page is 1 to ${LISTENER_PAGE_MAX} long`);
  }
  return limit;
}
