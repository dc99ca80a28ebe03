/**
 * One per account, named by the account's id: what belongs to a listener alone. All methods are idempotent, so a
 * caller that got no answer calls again.
 */
import { DurableObject } from "cloudflare:workers";
import type { PlaybackId, PlaylistId } from "#domain/foundation/ids.ts";
import { ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { PLAYLISTS_PER_ACCOUNT_MAX } from "#domain/playlists/playlist.ts";
import type { HistoryEntry } from "#domain/plays/play-history.ts";
import { makeSubjectId, SUBJECT_RANDOM_BYTES, type SubjectId } from "#domain/plays/subject.ts";
import type { StreamBeginning, StreamRenewal } from "#domain/streams/account-streams.ts";
import type { BeginningFault, PlaybackFault } from "#domain/streams/stream-leases.ts";
import { takeOverFormerTables } from "./former-tables.ts";
import { HISTORY_SCHEMA, HistoryStorage } from "./history-storage.ts";
import { StreamDesk } from "./stream-desk.ts";
import { CLOSE_POLICY_VIOLATION } from "./stream-protocol.ts";
import { STREAM_SCHEMA, StreamStorage } from "./stream-storage.ts";

/** An idempotency key that has 10,000 newer ones behind it is not coming back. */
const PLAYLIST_CLAIMS_MAX = 10_000;
const LISTENER_PAGE_MAX = 100;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS subject (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    subject_id TEXT NOT NULL
  ) STRICT;
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

export class ListenerObject extends DurableObject<RealtimeEnv> {
  readonly #sql: SqlStorage;
  readonly #history: HistoryStorage;
  readonly #streams: StreamDesk;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA + HISTORY_SCHEMA + STREAM_SCHEMA);
    this.#history = new HistoryStorage(ctx.storage);
    const streams = new StreamStorage(this.#sql);
    takeOverFormerTables(ctx.storage, { history: this.#history, streams });
    this.#streams = new StreamDesk(ctx, streams);
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
    this.#history.add(plays);
  }

  /** Qualified plays, newest first; with `before`, those older than that playback. Unknown there, there are none. */
  recentlyPlayed(limit: number, before: PlaybackId | null = null): HistoryEntry[] {
    return this.#history.newest(pageSize(limit), before);
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
