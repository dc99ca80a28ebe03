import { and, asc, eq, isNotNull, isNull, lte, sql } from "drizzle-orm";
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
}

/** Answers those that are new: what this account has taken down already stays down by that. */
export async function insertTakedowns(
  d1: D1Database,
  { rows, requestedBy, reason, nowMs }: NewTakedowns,
): Promise<readonly Pick<TakedownRow, "id" | "recordingId">[]> {
  const inserted = await d1
    .prepare(
      `INSERT INTO takedowns (id, recording_id, requested_by, reason, requested_at, attempted_at)
         SELECT value ->> 'id', value ->> 'recordingId', ?2, ?3, ?4, ?4 FROM json_each(?1) WHERE TRUE
         ON CONFLICT (recording_id, requested_by) WHERE lifted_at IS NULL DO NOTHING
         RETURNING id, recording_id AS recordingId`,
    )
    .bind(JSON.stringify(rows), requestedBy, reason, nowMs)
    .all<Pick<TakedownRow, "id" | "recordingId">>();
  return inserted.results;
}

export interface Attempts {
  /** Of which a takedown is not known to have been carried out. */
  readonly unfinished: readonly string[];
  readonly finished: readonly string[];
}

/**
 * Takes the next attempt to carry out what is down of these recordings, where the last one began at `lastAttemptAtMs`
 * or earlier. Of many who ask at once, one has it.
 */
export async function beginAttempts(
  database: CatalogDatabase,
  recordingIds: readonly string[],
  { nowMs, lastAttemptAtMs }: { readonly nowMs: number; readonly lastAttemptAtMs: number },
): Promise<Attempts> {
  if (recordingIds.length === 0) return { unfinished: [], finished: [] };
  const begun = await database
    .update(takedowns)
    .set({ attemptedAt: nowMs })
    .where(and(inForceOf(recordingIds), lte(takedowns.attemptedAt, lastAttemptAtMs)))
    .returning({ recordingId: takedowns.recordingId, carriedOutAt: takedowns.carriedOutAt });
  const unfinished = new Set(begun.filter((row) => row.carriedOutAt === null).map((row) => row.recordingId));
  const finished = new Set(begun.map((row) => row.recordingId)).difference(unfinished);
  return { unfinished: [...unfinished], finished: [...finished] };
}

/** The edge goes by these takedowns from now on. One that was lifted meanwhile is left as it is. */
export async function markInForce(database: CatalogDatabase, ids: readonly string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return;
  await database
    .update(takedowns)
    .set({ carriedOutAt: nowMs })
    .where(
      and(sql`${takedowns.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`, isNull(takedowns.liftedAt)),
    );
}

/** The edge knows that this takedown is over. */
export async function markRestored(database: CatalogDatabase, id: string, nowMs: number): Promise<void> {
  await database
    .update(takedowns)
    .set({ carriedOutAt: nowMs })
    .where(and(eq(takedowns.id, id), isNotNull(takedowns.liftedAt)));
}

function inForceOf(recordingIds: readonly string[]) {
  return and(
    isNull(takedowns.liftedAt),
    sql`${takedowns.recordingId} IN (SELECT value FROM json_each(${JSON.stringify(recordingIds)}))`,
  );
}

/** In the order of the tracks; of one track in the order in which they were asked for. */
export async function listInForce(
  database: CatalogDatabase,
  recordingIds: readonly string[],
): Promise<readonly TakedownRow[]> {
  const rows = await database
    .select({ takedown: takedowns })
    .from(takedowns)
    .innerJoin(recordings, eq(recordings.id, takedowns.recordingId))
    .where(inForceOf(recordingIds))
    .orderBy(
      ...[asc(recordings.discNumber), asc(recordings.trackNumber), asc(recordings.id)],
      ...[asc(takedowns.requestedAt), asc(takedowns.id)],
    );
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

/** Lifts it; the edge does not know yet. False where it was lifted before. */
export async function liftTakedown(
  database: CatalogDatabase,
  id: string,
  liftedBy: string,
  nowMs: number,
): Promise<boolean> {
  const lifted = await database
    .update(takedowns)
    .set({ liftedBy, liftedAt: nowMs, carriedOutAt: null })
    .where(and(eq(takedowns.id, id), isNull(takedowns.liftedAt)))
    .returning({ id: takedowns.id });
  return lifted.length > 0;
}
