/**
 * What listeners may see of the catalog: releases that are published and whose instant has come, and of those the
 * recordings that are published. Specified in docs/specs/catalog.md.
 */
import { and, asc, count, desc, eq, gte, inArray, isNotNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { EpochMs } from "#domain/foundation/time.ts";
import { PREVIEW } from "#domain/ingest/ladder.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { artists, masters, recordingArtists, recordings, releases } from "#workers/shared/catalog/catalog-tables.ts";

/** The catalog as it stands at one instant. */
export interface CatalogView {
  readonly database: CatalogDatabase;
  readonly nowMs: EpochMs;
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export interface Paged<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

export type ArtistRow = Pick<typeof artists.$inferSelect, "id" | "name">;

export type ReleaseRow = Pick<
  typeof releases.$inferSelect,
  "id" | "title" | "type" | "label" | "upc" | "releaseAt" | "coverSha256" | "coverExtension"
> & { readonly artist: ArtistRow; readonly trackCount: number };

export type TrackRow = Pick<
  typeof recordings.$inferSelect,
  "id" | "title" | "discNumber" | "trackNumber" | "isrc" | "explicit" | "releaseId"
> & { readonly durationMs: number; readonly hasPreview: boolean; readonly artists: readonly ArtistRow[] };

const releaseColumns = {
  id: releases.id,
  title: releases.title,
  type: releases.type,
  label: releases.label,
  upc: releases.upc,
  releaseAt: releases.releaseAt,
  coverSha256: releases.coverSha256,
  coverExtension: releases.coverExtension,
  artist: { id: artists.id, name: artists.name },
  trackCount: sql<number>`(SELECT COUNT(*) FROM recordings AS r
    WHERE r.release_id = ${releases.id} AND r.published_at IS NOT NULL)`,
};

const trackColumns = {
  id: recordings.id,
  title: recordings.title,
  discNumber: recordings.discNumber,
  trackNumber: recordings.trackNumber,
  isrc: recordings.isrc,
  explicit: recordings.explicit,
  releaseId: recordings.releaseId,
  durationMs: sql<number>`${masters.durationMs}`,
  hasPreview: sql`EXISTS (SELECT 1 FROM renditions AS p
    WHERE p.master_sha256 = ${masters.sha256} AND p.profile = ${PREVIEW.id})`.mapWith(Boolean),
  // The credits of each track in its own row: one query however many tracks, and a page cuts both alike.
  artists: sql`(SELECT json_group_array(json_object('id', a.id, 'name', a.name) ORDER BY ra.position)
    FROM recording_artists AS ra JOIN artists AS a ON a.id = ra.artist_id
    WHERE ra.recording_id = ${recordings.id})`.mapWith((json: string) => JSON.parse(json) as ArtistRow[]),
};

/** Publishing waits for the release's instant by the clock of ingest; by this one too nothing is shown before it. */
export function isReleaseOut(nowMs: EpochMs): SQL | undefined {
  return and(isNotNull(releases.publishedAt), lte(releases.releaseAt, nowMs));
}

/** Out, and with a measured length: without one there is nothing to play. Wants `masters` and `releases` joined. */
export function isTrackOut(nowMs: EpochMs): SQL | undefined {
  return and(isNotNull(recordings.publishedAt), gte(masters.durationMs, 1), isReleaseOut(nowMs));
}

/** D1 takes 100 parameters a query; a list of ids goes in as one. */
function idIn(column: Parameters<typeof inArray>[0], ids: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
}

function selectReleases(database: CatalogDatabase) {
  return database
    .select(releaseColumns)
    .from(releases)
    .innerJoin(artists, eq(artists.id, releases.artistId))
    .$dynamic();
}

export async function findReleases(
  { database, nowMs }: CatalogView,
  ids: readonly string[],
): Promise<Map<string, ReleaseRow>> {
  const rows = await selectReleases(database).where(and(idIn(releases.id, ids), isReleaseOut(nowMs)));
  return new Map(rows.map((row) => [row.id, row]));
}

/** Newest first. */
export async function listNewReleases(view: CatalogView, page: Page): Promise<Paged<ReleaseRow>> {
  return listReleases(view, isReleaseOut(view.nowMs), page);
}

/** Newest first; of releases that are the artist's own, not of those they are a guest on. */
export async function listArtistReleases(view: CatalogView, artistId: string, page: Page): Promise<Paged<ReleaseRow>> {
  return listReleases(view, and(eq(releases.artistId, artistId), isReleaseOut(view.nowMs)), page);
}

async function listReleases(
  { database }: CatalogView,
  condition: SQL | undefined,
  page: Page,
): Promise<Paged<ReleaseRow>> {
  const newestFirst = [desc(releases.releaseAt), desc(releases.id)] as const;
  // The page is cut first: what else is shown of a release is looked up for its rows alone, not for those before it.
  const ids = database
    .select({ id: releases.id })
    .from(releases)
    .where(condition)
    .orderBy(...newestFirst)
    .limit(page.limit)
    .offset(page.offset);
  // Not a batch: D1 answers one with rows by column name, where the columns of a join with one name are one.
  const [rows, totals] = await Promise.all([
    selectReleases(database)
      .where(inArray(releases.id, ids))
      .orderBy(...newestFirst),
    database.select({ total: count() }).from(releases).where(condition),
  ]);
  return { rows, total: totals[0]?.total ?? 0 };
}

/** Artists with a release out or a credit on a track that is; the others do not exist for listeners. */
export async function findArtists(
  { database, nowMs }: CatalogView,
  ids: readonly string[],
): Promise<Map<string, ArtistRow>> {
  const isOut = sql`l.published_at IS NOT NULL AND l.release_at <= ${nowMs}`;
  const hasRelease = sql`EXISTS (SELECT 1 FROM releases AS l WHERE l.artist_id = ${artists.id} AND ${isOut})`;
  const hasCredit = sql`EXISTS (SELECT 1 FROM recording_artists AS ra
    JOIN recordings AS r ON r.id = ra.recording_id JOIN releases AS l ON l.id = r.release_id
    WHERE ra.artist_id = ${artists.id} AND r.published_at IS NOT NULL AND ${isOut})`;
  const rows = await database
    .select({ id: artists.id, name: artists.name })
    .from(artists)
    .where(and(idIn(artists.id, ids), or(hasRelease, hasCredit)));
  return new Map(rows.map((row) => [row.id, row]));
}

/** The newest release of each artist, whose cover stands for a portrait. */
export async function findNewestReleases(
  { database, nowMs }: CatalogView,
  artistIds: readonly string[],
): Promise<Map<string, ReleaseRow>> {
  const newest = sql`${releases.id} IN (SELECT (SELECT l.id FROM releases AS l
      WHERE l.artist_id = wanted.value AND l.published_at IS NOT NULL AND l.release_at <= ${nowMs}
      ORDER BY l.release_at DESC, l.id DESC LIMIT 1)
    FROM json_each(${JSON.stringify(artistIds)}) AS wanted)`;
  const rows = await selectReleases(database).where(newest);
  return new Map(rows.map((row) => [row.artist.id, row]));
}

function selectTracks({ database, nowMs }: CatalogView, condition: SQL) {
  return database
    .select(trackColumns)
    .from(recordings)
    .innerJoin(masters, eq(masters.sha256, recordings.masterSha256))
    .innerJoin(releases, eq(releases.id, recordings.releaseId))
    .where(and(condition, isTrackOut(nowMs)))
    .$dynamic();
}

export async function findTracks(view: CatalogView, ids: readonly string[]): Promise<Map<string, TrackRow>> {
  const rows = await selectTracks(view, idIn(recordings.id, ids));
  return new Map(rows.map((row) => [row.id, row]));
}

/** In the order of the release. */
export async function listReleaseTracks(
  view: CatalogView,
  releaseId: string,
  page: Page,
): Promise<readonly TrackRow[]> {
  return selectTracks(view, eq(recordings.releaseId, releaseId))
    .orderBy(asc(recordings.discNumber), asc(recordings.trackNumber), asc(recordings.id))
    .limit(page.limit)
    .offset(page.offset);
}

/** Tracks with a credit for the artist, newest first. */
export async function listArtistTrackIds(
  { database, nowMs }: CatalogView,
  artistId: string,
  limit: number,
): Promise<string[]> {
  const rows = await database
    .select({ id: recordingArtists.recordingId })
    .from(recordingArtists)
    .innerJoin(recordings, eq(recordings.id, recordingArtists.recordingId))
    .innerJoin(masters, eq(masters.sha256, recordings.masterSha256))
    .innerJoin(releases, eq(releases.id, recordings.releaseId))
    .where(and(eq(recordingArtists.artistId, artistId), isTrackOut(nowMs)))
    .orderBy(desc(recordingArtists.recordingId))
    .limit(limit);
  return rows.map((row) => row.id);
}

export type SearchKind = "track" | "artist" | "album";

/** A hit in the name weighs more than one in the artists' names, and that more than one in the release's. */
const SEARCH_WEIGHTS = "10.0, 5.0, 2.0";

/** Ids of what matches an FTS5 query, best first. The index holds what is published, and nothing before that. */
export async function searchEntities(
  d1: D1Database,
  query: string,
  kind: SearchKind,
  page: Page,
): Promise<Paged<string>> {
  const matching = `FROM search_text JOIN search_entries ON search_entries.rowid = search_text.rowid
    WHERE search_text MATCH ?1 AND kind = ?2`;
  const [hits, totals] = await d1.batch<{ id: string; total: number }>([
    d1
      .prepare(
        `SELECT entity_id AS id ${matching} ORDER BY bm25(search_text, ${SEARCH_WEIGHTS}), entity_id LIMIT ?3 OFFSET ?4`,
      )
      .bind(query, kind, page.limit, page.offset),
    d1.prepare(`SELECT COUNT(*) AS total ${matching}`).bind(query, kind),
  ]);
  return { rows: (hits?.results ?? []).map((hit) => hit.id), total: totals?.results[0]?.total ?? 0 };
}
