/**
 * Deletes from the catalog, each as one batch: it is all gone, or nothing is. The first statement leaves a mark of what is
 * deleted, where it may be; the others follow only where the mark is there.
 */
import { and, eq, sql } from "drizzle-orm";
import { MADE_PROFILES } from "#domain/ingest/ladder.ts";
import type { UploadState } from "#domain/ingest/upload-states.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { recordings } from "#workers/shared/catalog/catalog-tables.ts";
import { deletions } from "#workers/shared/catalog/deletion-tables.ts";

export type DeletionRow = typeof deletions.$inferSelect;

export interface DeletionRequest {
  readonly id: string;
  readonly owner: string;
  readonly nowMs: number;
}

export interface DeletedUpload {
  readonly id: string;
  readonly state: UploadState;
}

/** In each statement ?1 is the thing to be deleted. */
const IS_MARKED = "EXISTS (SELECT 1 FROM deletions WHERE entity_id = ?1)";

/** The recordings to be deleted. */
const DOOMED = {
  track: "SELECT id FROM recordings WHERE id = ?1",
  release: "SELECT id FROM recordings WHERE release_id = ?1",
} as const;

/** By somebody else than the owner: the file must stay known, or it could be sent again as another track. */
const isTakenDown = (doomed: string) => `EXISTS (
    SELECT 1 FROM takedowns AS t JOIN recordings AS r ON r.id = t.recording_id JOIN releases AS l ON l.id = r.release_id
    WHERE t.recording_id IN (${doomed}) AND t.lifted_at IS NULL AND t.requested_by <> l.owner_account_id
  )`;

/** A master counts while a recording is heard from it, or a file of its bytes is on the way or out. */
const IS_MASTER_UNUSED = `NOT EXISTS (SELECT 1 FROM recordings WHERE master_sha256 = masters.sha256)
    AND NOT EXISTS (
      SELECT 1 FROM uploads WHERE sha256 = masters.sha256 AND state NOT IN ('PENDING', 'REJECTED')
    )`;

/** Deletes a track of this owner. Answers the uploads that were its, or null where nothing was deleted. */
export async function deleteTrack(
  d1: D1Database,
  { id, owner, nowMs }: DeletionRequest,
): Promise<DeletedUpload[] | null> {
  const releaseId = "(SELECT release_id FROM deletions WHERE entity_id = ?1)";
  const hasNothingOut = `NOT EXISTS (
      SELECT 1 FROM recordings WHERE release_id = ${releaseId} AND published_at IS NOT NULL)`;
  return deleteInBatch(d1, [
    d1
      .prepare(
        `INSERT INTO deletions (entity_id, kind, owner_account_id, release_id, name, isrc, deleted_at)
           SELECT r.id, 'track', l.owner_account_id, l.id, r.title, r.isrc, ?3
           FROM recordings AS r JOIN releases AS l ON l.id = r.release_id
           WHERE r.id = ?1 AND l.owner_account_id = ?2 AND NOT ${isTakenDown(DOOMED.track)}
           RETURNING entity_id`,
      )
      .bind(id, owner, nowMs),
    ...recordingStatements(d1, id, DOOMED.track, nowMs),
    // Without its last track that is out, a release is no longer out.
    d1
      .prepare(
        `DELETE FROM search_text WHERE rowid IN (
           SELECT rowid FROM search_entries WHERE kind = 'album' AND entity_id = ${releaseId} AND ${hasNothingOut})`,
      )
      .bind(id),
    d1.prepare(`UPDATE releases SET published_at = NULL WHERE id = ${releaseId} AND ${hasNothingOut}`).bind(id),
  ]);
}

/** Deletes a release of this owner with all its tracks. Answers as `deleteTrack`. */
export async function deleteRelease(
  d1: D1Database,
  { id, owner, nowMs }: DeletionRequest,
): Promise<DeletedUpload[] | null> {
  return deleteInBatch(d1, [
    d1
      .prepare(
        `INSERT INTO deletions (entity_id, kind, owner_account_id, name, deleted_at)
           SELECT id, 'release', owner_account_id, title, ?3 FROM releases
           WHERE id = ?1 AND owner_account_id = ?2 AND NOT ${isTakenDown(DOOMED.release)}
           RETURNING entity_id`,
      )
      .bind(id, owner, nowMs),
    d1
      .prepare(
        `INSERT INTO deletions (entity_id, kind, owner_account_id, release_id, name, isrc, deleted_at)
           SELECT id, 'track', ?2, release_id, title, isrc, ?3 FROM recordings WHERE release_id = ?1 AND ${IS_MARKED}`,
      )
      .bind(id, owner, nowMs),
    ...recordingStatements(d1, id, DOOMED.release, nowMs),
    d1
      .prepare(
        `INSERT INTO object_deletions (object_key, state, due_at)
           SELECT 'c/' || cover_sha256 || '.' || cover_extension, 'unreferenced', ?2 FROM releases
           WHERE id = ?1 AND cover_sha256 IS NOT NULL AND ${IS_MARKED} ON CONFLICT DO NOTHING`,
      )
      .bind(id, nowMs),
    ...unindex(d1, "album", id, "SELECT ?1"),
    d1.prepare(`DELETE FROM deals WHERE release_id = ?1 AND ${IS_MARKED}`).bind(id),
    d1.prepare(`DELETE FROM releases WHERE id = ?1 AND ${IS_MARKED}`).bind(id),
  ]);
}

/** Deletes an artist of this owner that nothing names: false where something does, or there is none. */
export async function deleteArtist(d1: D1Database, { id, owner, nowMs }: DeletionRequest): Promise<boolean> {
  const [marked] = await d1.batch([
    d1
      .prepare(
        `INSERT INTO deletions (entity_id, kind, owner_account_id, name, deleted_at)
           SELECT id, 'artist', owner_account_id, name, ?3 FROM artists
           WHERE id = ?1 AND owner_account_id = ?2
             AND NOT EXISTS (SELECT 1 FROM releases WHERE artist_id = ?1)
             AND NOT EXISTS (SELECT 1 FROM recording_artists WHERE artist_id = ?1)
           RETURNING entity_id`,
      )
      .bind(id, owner, nowMs),
    ...unindex(d1, "artist", id, "SELECT ?1"),
    d1.prepare(`DELETE FROM artists WHERE id = ?1 AND ${IS_MARKED}`).bind(id),
  ]);
  return (marked?.results.length ?? 0) > 0;
}

async function deleteInBatch(
  d1: D1Database,
  statements: readonly D1PreparedStatement[],
): Promise<DeletedUpload[] | null> {
  const results = await d1.batch<{ entity_id?: string; id?: string; state?: UploadState }>([...statements]);
  if ((results[0]?.results.length ?? 0) === 0) return null;
  return results
    .flatMap((result) => result.results)
    .flatMap(({ id, state }) => (id === undefined || state === undefined ? [] : [{ id, state }]));
}

/** All that hangs on the recordings; then the recordings; then the masters and renditions that nobody else has. */
function recordingStatements(d1: D1Database, id: string, doomed: string, nowMs: number): D1PreparedStatement[] {
  const ofDoomed = `recording_id IN (${doomed}) AND ${IS_MARKED}`;
  return [
    ...unindexArtists(d1, id, doomed),
    ...unindex(d1, "track", id, doomed),
    ...noteObjects(d1, id, doomed, nowMs),
    d1.prepare(`DELETE FROM uploads WHERE ${ofDoomed} RETURNING id, state`).bind(id),
    ...["recording_artists", "recording_credits", "takedowns"].map((table) =>
      d1.prepare(`DELETE FROM ${table} WHERE ${ofDoomed}`).bind(id),
    ),
    d1.prepare(`DELETE FROM recordings WHERE id IN (${doomed}) AND ${IS_MARKED}`).bind(id),
    ...[
      "DELETE FROM renditions WHERE master_sha256 IN (SELECT sha256",
      "DELETE FROM masters WHERE sha256 IN (SELECT sha256",
    ].map((deletion) =>
      d1.prepare(
        `${deletion} FROM masters WHERE ${IS_MASTER_UNUSED}
             AND object_key IN (SELECT object_key FROM object_deletions WHERE state = 'unreferenced'))`,
      ),
    ),
  ];
}

function unindex(d1: D1Database, kind: "track" | "album" | "artist", id: string, entities: string) {
  const entries = `kind = '${kind}' AND entity_id IN (${entities}) AND ${IS_MARKED}`;
  return [
    d1.prepare(`DELETE FROM search_text WHERE rowid IN (SELECT rowid FROM search_entries WHERE ${entries})`).bind(id),
    d1.prepare(`DELETE FROM search_entries WHERE ${entries}`).bind(id),
  ];
}

/** Those who perform on nothing else that is out are found no more. */
function unindexArtists(d1: D1Database, id: string, doomed: string): D1PreparedStatement[] {
  const performing = `SELECT artist_id FROM recording_artists AS own WHERE recording_id IN (${doomed}) AND NOT EXISTS (
      SELECT 1 FROM recording_artists AS other JOIN recordings AS r ON r.id = other.recording_id
      WHERE other.artist_id = own.artist_id AND r.published_at IS NOT NULL AND r.id NOT IN (${doomed}))`;
  return unindex(d1, "artist", id, performing);
}

/** Masters and renditions that may lose whoever refers to them. The sweep leaves those that somebody still does. */
function noteObjects(d1: D1Database, id: string, doomed: string, nowMs: number): D1PreparedStatement[] {
  const sha256s = `SELECT sha256 FROM uploads WHERE recording_id IN (${doomed})
    UNION SELECT master_sha256 FROM recordings WHERE id IN (${doomed})`;
  const extensions = JSON.stringify(MADE_PROFILES.map(({ id: profile, extension }) => ({ profile, extension })));
  return [
    d1
      .prepare(
        `INSERT INTO object_deletions (object_key, state, due_at) SELECT key.value, 'unreferenced', ?2
           FROM masters AS m, json_each(json_array(m.object_key, 'f/' || m.sha256)) AS key
           WHERE m.sha256 IN (${sha256s}) AND ${IS_MARKED} ON CONFLICT DO NOTHING`,
      )
      .bind(id, nowMs),
    d1
      .prepare(
        `INSERT INTO object_deletions (object_key, state, due_at)
           SELECT DISTINCT 'a/' || n.sha256 || '.' || (p.value ->> 'extension'), 'unreferenced', ?2
           FROM renditions AS n JOIN json_each(?3) AS p ON p.value ->> 'profile' = n.profile
           WHERE n.master_sha256 IN (${sha256s}) AND ${IS_MARKED} ON CONFLICT DO NOTHING`,
      )
      .bind(id, nowMs, extensions),
  ];
}

/** What this owner has deleted under this id. */
export async function findDeletion(database: CatalogDatabase, owner: string, id: string): Promise<DeletionRow | null> {
  const [row] = await database
    .select()
    .from(deletions)
    .where(and(eq(deletions.entityId, id), eq(deletions.ownerAccountId, owner)));
  return row ?? null;
}

/** The tracks that were deleted with a release, or before it. */
export async function listDeletedTracks(database: CatalogDatabase, releaseId: string): Promise<string[]> {
  const rows = await database
    .select({ id: deletions.entityId })
    .from(deletions)
    .where(eq(deletions.releaseId, releaseId));
  return rows.map(({ id }) => id);
}

/** Those of the recordings that are not there. */
export async function findGone(database: CatalogDatabase, recordingIds: readonly string[]): Promise<string[]> {
  const rows = await database
    .select({ id: recordings.id })
    .from(recordings)
    .where(sql`${recordings.id} IN (SELECT value FROM json_each(${JSON.stringify(recordingIds)}))`);
  const there = new Set(rows.map(({ id }) => id));
  return recordingIds.filter((id) => !there.has(id));
}
