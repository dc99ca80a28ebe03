import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { REQUIRED_PROFILES } from "#domain/ingest/ladder.ts";
import type { DealRow, ReleaseRow, UploadRow } from "#workers/ingest/catalog/catalog-store.ts";
import { rejectUpload } from "#workers/ingest/uploads/uploads-store.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import {
  deals,
  recordingArtists,
  recordings,
  releases,
  takedowns,
  uploads,
} from "#workers/shared/catalog/catalog-tables.ts";
import { idsQuery, indexStatements } from "./search-index.ts";

export interface UploadToPublish {
  readonly upload: UploadRow;
  readonly release: ReleaseRow;
  /** Who performs on the recording. */
  readonly artistIds: readonly string[];
}

/** An upload with what publishing it takes, whatever its state. */
export async function findToPublish(database: CatalogDatabase, uploadId: string): Promise<UploadToPublish | null> {
  const [row] = await database
    .select({ upload: uploads, release: releases })
    .from(uploads)
    .innerJoin(recordings, eq(recordings.id, uploads.recordingId))
    .innerJoin(releases, eq(releases.id, recordings.releaseId))
    .where(eq(uploads.id, uploadId));
  if (row === undefined) return null;
  const credits = await database
    .select({ artistId: recordingArtists.artistId })
    .from(recordingArtists)
    .where(eq(recordingArtists.recordingId, row.upload.recordingId));
  return { ...row, artistIds: credits.map((credit) => credit.artistId) };
}

/** All that decides where a recording may be played. */
export interface Standing {
  readonly recordingId: string;
  readonly releaseAt: number;
  readonly deals: readonly DealRow[];
  /**
   * Whether a record of it may be in the store, for one is written when an upload of it is READY. Before that there is
   * nothing that anybody could hear.
   */
  readonly hasRecord: boolean;
  /** Of all takedowns in force, in a fixed order. */
  readonly takedownIds: readonly string[];
}

/** As of one instant, for those of the recordings that exist. */
export async function findStandings(
  database: CatalogDatabase,
  recordingIds: readonly string[],
): Promise<readonly Standing[]> {
  const list = JSON.stringify(recordingIds);
  // A batch answers with rows by column name, so no column's name may come twice in one of them.
  const [rows, dealRows, downRows] = await database.batch([
    database
      .select({
        recordingId: recordings.id,
        releaseId: recordings.releaseId,
        releaseAt: releases.releaseAt,
        hasRecord: sql`${recordings.publishedAt} IS NOT NULL OR EXISTS (
          SELECT 1 FROM uploads WHERE recording_id = ${recordings.id} AND state IN ('READY', 'PUBLISHED')
        )`
          .mapWith(Boolean)
          .as("has_record"),
      })
      .from(recordings)
      .innerJoin(releases, eq(releases.id, recordings.releaseId))
      .where(sql`${recordings.id} IN (SELECT value FROM json_each(${list}))`)
      .orderBy(asc(recordings.id)),
    database
      .select()
      .from(deals)
      .where(
        sql`${deals.releaseId} IN (SELECT release_id FROM recordings WHERE id IN (SELECT value FROM json_each(${list})))`,
      )
      .orderBy(asc(deals.id)),
    selectTakedownIds(database, recordingIds),
  ]);
  const takedownIds = idsByRecording(downRows);
  const dealsOf = Map.groupBy(dealRows, (deal) => deal.releaseId);
  return rows.map(({ recordingId, releaseId, releaseAt, hasRecord }) => ({
    recordingId,
    releaseAt,
    deals: dealsOf.get(releaseId) ?? [],
    hasRecord,
    takedownIds: takedownIds.get(recordingId) ?? [],
  }));
}

function idsByRecording(
  rows: readonly { readonly id: string; readonly recordingId: string }[],
): ReadonlyMap<string, readonly string[]> {
  const byRecording = Map.groupBy(rows, (row) => row.recordingId);
  return new Map([...byRecording].map(([recordingId, own]) => [recordingId, own.map(({ id }) => id).sort()]));
}

function selectTakedownIds(database: CatalogDatabase, recordingIds: readonly string[]) {
  return database
    .select({ id: takedowns.id, recordingId: takedowns.recordingId })
    .from(takedowns)
    .where(
      and(
        isNull(takedowns.liftedAt),
        sql`${takedowns.recordingId} IN (SELECT value FROM json_each(${JSON.stringify(recordingIds)}))`,
      ),
    );
}

export async function listReadyUploads(database: CatalogDatabase, releaseId: string, limit: number): Promise<string[]> {
  const rows = await database
    .select({ id: uploads.id })
    .from(recordings)
    .innerJoin(uploads, eq(uploads.recordingId, recordings.id))
    .where(and(eq(recordings.releaseId, releaseId), eq(uploads.state, "READY")))
    .orderBy(asc(uploads.id))
    .limit(limit);
  return rows.map((row) => row.id);
}

/**
 * Whether a row of `uploads` has the bytes of another recording that was taken down by somebody else than its owner, as
 * a condition on that row. A hash that was only announced takes nothing down: the bytes must have come. The recording's
 * own takedowns are left out, for they keep it down by its record.
 */
const IS_WITHDRAWN = `EXISTS (
    SELECT 1 FROM uploads AS same
      JOIN takedowns AS t ON t.recording_id = same.recording_id AND t.lifted_at IS NULL
      JOIN recordings AS r ON r.id = same.recording_id
      JOIN releases AS l ON l.id = r.release_id
    WHERE same.sha256 = uploads.sha256 AND same.recording_id <> uploads.recording_id
      AND (same.state NOT IN ('PENDING', 'REJECTED') OR same.reject_code = 'withdrawn')
      AND t.requested_by <> l.owner_account_id
  )`;

/** READY to REJECTED where the service has taken the same bytes down: false where it has not. */
export function rejectWithdrawn(database: CatalogDatabase, uploadId: string): Promise<boolean> {
  const rejection = { code: "withdrawn", detail: "" } as const;
  return rejectUpload(database, uploadId, ["READY"], rejection, sql.raw(IS_WITHDRAWN));
}

/** Whether a row of `uploads` comes after a newer file of its recording that is ready or out, as a condition on that row. */
const IS_SUPERSEDED = `EXISTS (
    SELECT 1 FROM uploads AS newer
    WHERE newer.recording_id = uploads.recording_id AND newer.id > uploads.id AND newer.state IN ('READY', 'PUBLISHED')
  )`;

/** READY to REJECTED for every file of a recording that a newer one has taken the place of: their ids. */
export async function rejectSuperseded(d1: D1Database, recordingId: string, nowMs: number): Promise<string[]> {
  const { results } = await d1
    .prepare(
      `UPDATE uploads SET state = 'REJECTED', reject_code = 'replaced', reject_detail = '', updated_at = ?2
         WHERE recording_id = ?1 AND state = 'READY' AND ${IS_SUPERSEDED} RETURNING id`,
    )
    .bind(recordingId, nowMs)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/**
 * READY to PUBLISHED, with all that makes the recording be found, as one: a listener sees all of it or none. The state
 * is moved first and the rest follows only where it has moved, so that doing it twice does it once. False where it did
 * not move: it was elsewhere, or its bytes are taken down.
 */
export async function publishUpload(d1: D1Database, toPublish: UploadToPublish, nowMs: number): Promise<boolean> {
  const { upload, release, artistIds } = toPublish;
  const published = `EXISTS (SELECT 1 FROM uploads WHERE id = ?1 AND state = 'PUBLISHED')`;
  const { recordingId } = upload;
  const [moved] = await d1.batch([
    d1
      .prepare(
        `UPDATE uploads SET state = 'PUBLISHED', updated_at = ?2
           WHERE id = ?1 AND state = 'READY' AND NOT ${IS_WITHDRAWN} AND NOT ${IS_SUPERSEDED} RETURNING id`,
      )
      .bind(upload.id, nowMs),
    d1
      .prepare(
        `UPDATE recordings SET master_sha256 = ?3, published_at = COALESCE(published_at, ?4) WHERE id = ?2 AND ${published}`,
      )
      .bind(upload.id, recordingId, upload.sha256, nowMs),
    d1
      .prepare(`UPDATE releases SET published_at = COALESCE(published_at, ?3) WHERE id = ?2 AND ${published}`)
      .bind(upload.id, release.id, nowMs),
    ...indexStatements(d1, "track", idsQuery([recordingId])),
    ...indexStatements(d1, "album", idsQuery([release.id])),
    ...indexStatements(d1, "artist", idsQuery(artistIds)),
  ]);
  return moved !== undefined && moved.results.length > 0;
}

/** Whether all is made of a master that a recording may not go out without. */
export async function hasRenditions(database: CatalogDatabase, masterSha256: string): Promise<boolean> {
  const profiles = REQUIRED_PROFILES.map((profile) => profile.id);
  const [row] = await database.all<{ made: number }>(
    sql`SELECT COUNT(*) AS made FROM renditions WHERE master_sha256 = ${masterSha256}
      AND profile IN (SELECT value FROM json_each(${JSON.stringify(profiles)}))`,
  );
  return (row?.made ?? 0) === profiles.length;
}
