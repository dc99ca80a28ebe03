/**
 * The takedowns of the last hour, in one place that every point of presence asks. The store of rights brings a write to
 * the far side of the world when it can; a single object answers the same to all from the moment it has heard. An hour
 * is far longer than the store takes, so what is older is said by the records alone.
 */
import { DurableObject } from "cloudflare:workers";
import type { RecordingId } from "#domain/foundation/ids.ts";
import { HOUR_MS } from "#domain/foundation/time.ts";
import { RECENT_TAKEDOWNS_MAX, type RecentTakedowns } from "./takedowns-protocol.ts";

const KEPT_MS = HOUR_MS;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS takedowns (
    recording_id TEXT PRIMARY KEY,
    announced_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export class TakedownsObject extends DurableObject<RealtimeEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  /** Idempotent: announced again, a track is refused for another hour. */
  announce(recordingIds: readonly RecordingId[]): void {
    const nowMs = Date.now();
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM takedowns WHERE announced_at <= ?", nowMs - KEPT_MS);
      for (const recordingId of recordingIds) {
        this.#sql.exec(
          `INSERT INTO takedowns (recording_id, announced_at) VALUES (?1, ?2)
           ON CONFLICT DO UPDATE SET announced_at = excluded.announced_at`,
          recordingId,
          nowMs,
        );
      }
      this.#sql.exec(
        `DELETE FROM takedowns WHERE recording_id IN (
           SELECT recording_id FROM takedowns ORDER BY announced_at DESC, recording_id LIMIT -1 OFFSET ?
         )`,
        RECENT_TAKEDOWNS_MAX,
      );
    });
  }

  /** The records say from now on what may be played. */
  withdraw(recordingIds: readonly RecordingId[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const recordingId of recordingIds) {
        this.#sql.exec("DELETE FROM takedowns WHERE recording_id = ?", recordingId);
      }
    });
  }

  recent(): RecentTakedowns {
    const asOfMs = Date.now();
    const rows = this.#sql.exec<{ recording_id: RecordingId }>(
      "SELECT recording_id FROM takedowns WHERE announced_at > ?",
      asOfMs - KEPT_MS,
    );
    return { recordingIds: rows.toArray().map((row) => row.recording_id), asOfMs };
  }
}
