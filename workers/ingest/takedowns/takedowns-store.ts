import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { TRACKS_PER_RELEASE_MAX } from "#domain/catalog/catalog-limits.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { recordings, releases, takedowns } from "#workers/shared/catalog/catalog-tables.ts";

/** Requests that came at the same moment may have passed the limit on tracks: none of those may be left out. */
const TARGET_RECORDINGS_MAX = 2 * TRACKS_PER_RELEASE_MAX;

export type TakedownRow = typeof takedowns.$inferSelect;

/** What is to be taken down, and whose it is. */
export interface TakedownTarget {
  readonly ownerAccountId: string;
  readonly recordingIds: readonly string[];
}

export async function findReleaseTarget(database: CatalogDatabase, releaseId: string): Promise<TakedownTarget | null> {
  const rows = await database
    .select({ ownerAccountId: releases.ownerAccountId, recordingId: recordings.id })
    .from(releases)
    .leftJoin(recordings, eq(recordings.releaseId, releases.id))
    .where(eq(releases.id, releaseId))
    .limit(TARGET_RECORDINGS_MAX + 1);
  if (rows.length > TARGET_RECORDINGS_MAX) throw new Error(`release ${releaseId} has more tracks than can be`);
  const [first] = rows;
  if (first === undefined) return null;
  const recordingIds = rows.map((row) => row.recordingId).filter((id) => id !== null);
  return { ownerAccountId: first.ownerAccountId, recordingIds };
}

export async function findTrackTarget(database: CatalogDatabase, recordingId: string): Promise<TakedownTarget | null> {
  const [row] = await database
    .select({ ownerAccountId: releases.ownerAccountId })
    .from(recordings)
    .innerJoin(releases, eq(releases.id, recordings.releaseId))
    .where(eq(recordings.id, recordingId));
  return row === undefined ? null : { ownerAccountId: row.ownerAccountId, recordingIds: [recordingId] };
}

export interface NewTakedowns {
  readonly rows: readonly Pick<TakedownRow, "id" | "recordingId">[];
  readonly requestedBy: string;
  readonly reason: string;
  readonly nowMs: number;
  /** An account whose takedowns of the same recordings these take the place of, or null. */
  readonly replacesOf: string | null;
}

/** All in one. Answers those that are new: a recording that is down already stays down by what took it down. */
export async function insertTakedowns(
  d1: D1Database,
  { rows, requestedBy, reason, nowMs, replacesOf }: NewTakedowns,
): Promise<readonly Pick<TakedownRow, "id" | "recordingId">[]> {
  const list = JSON.stringify(rows);
  const [, inserted] = await d1.batch<Pick<TakedownRow, "id" | "recordingId">>([
    d1
      .prepare(
        `UPDATE takedowns SET lifted_by = ?2, lifted_at = ?3 WHERE lifted_at IS NULL AND requested_by = ?4
           AND recording_id IN (SELECT value ->> 'recordingId' FROM json_each(?1))`,
      )
      .bind(list, requestedBy, nowMs, replacesOf),
    d1
      .prepare(
        `INSERT INTO takedowns (id, recording_id, requested_by, reason, requested_at)
           SELECT value ->> 'id', value ->> 'recordingId', ?2, ?3, ?4 FROM json_each(?1) WHERE TRUE
           ON CONFLICT (recording_id) WHERE lifted_at IS NULL DO NOTHING
           RETURNING id, recording_id AS recordingId`,
      )
      .bind(list, requestedBy, reason, nowMs),
  ]);
  return inserted?.results ?? [];
}

/** In the order of the tracks. */
export async function listInForce(
  database: CatalogDatabase,
  recordingIds: readonly string[],
): Promise<readonly TakedownRow[]> {
  const rows = await database
    .select({ takedown: takedowns })
    .from(takedowns)
    .innerJoin(recordings, eq(recordings.id, takedowns.recordingId))
    .where(
      and(
        isNull(takedowns.liftedAt),
        sql`${takedowns.recordingId} IN (SELECT value FROM json_each(${JSON.stringify(recordingIds)}))`,
      ),
    )
    .orderBy(asc(recordings.discNumber), asc(recordings.trackNumber), asc(recordings.id));
  return rows.map((row) => row.takedown);
}

export interface TakedownWithOwner {
  readonly takedown: TakedownRow;
  readonly ownerAccountId: string;
}

/** In force or lifted. */
export async function findTakedown(database: CatalogDatabase, id: string): Promise<TakedownWithOwner | null> {
  const [row] = await database
    .select({ takedown: takedowns, ownerAccountId: releases.ownerAccountId })
    .from(takedowns)
    .innerJoin(recordings, eq(recordings.id, takedowns.recordingId))
    .innerJoin(releases, eq(releases.id, recordings.releaseId))
    .where(eq(takedowns.id, id));
  return row ?? null;
}

/** False where it was lifted before. */
export async function liftTakedown(
  database: CatalogDatabase,
  id: string,
  liftedBy: string,
  nowMs: number,
): Promise<boolean> {
  const lifted = await database
    .update(takedowns)
    .set({ liftedBy, liftedAt: nowMs })
    .where(and(eq(takedowns.id, id), isNull(takedowns.liftedAt)))
    .returning({ id: takedowns.id });
  return lifted.length > 0;
}
