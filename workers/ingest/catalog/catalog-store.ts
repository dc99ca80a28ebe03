/** The artist's side of the catalog: rows by owner, published or not. */
import { and, asc, count, desc, eq, lt, sql } from "drizzle-orm";
import { ARTISTS_PER_ACCOUNT_MAX, RELEASES_PER_ACCOUNT_MAX } from "#domain/catalog/catalog-limits.ts";
import type { Credit } from "#domain/catalog/credits.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { artists, deals, masters, recordings, releases, uploads } from "#workers/shared/catalog/catalog-tables.ts";

export type ArtistRow = typeof artists.$inferSelect;
export type ReleaseRow = typeof releases.$inferSelect;
export type DealRow = typeof deals.$inferSelect;
export type UploadRow = typeof uploads.$inferSelect;
export type RecordingRow = typeof recordings.$inferSelect;

/** A release with all that the studio shows of it. */
export interface StudioRelease {
  readonly release: ReleaseRow;
  readonly artist: ArtistRow;
  readonly deals: readonly DealRow[];
  readonly tracks: readonly StudioTrack[];
}

export interface StudioTrack {
  readonly recording: RecordingRow;
  readonly durationMs: number | null;
  readonly sourceChannels: number | null;
  readonly artists: readonly Pick<ArtistRow, "id" | "name">[];
  readonly credits: readonly Credit[];
  readonly upload: UploadRow | null;
}

/** The row of this owner and name: the one that was there, or the new one. Null for a new one of too many. */
export async function putArtist(database: CatalogDatabase, row: ArtistRow): Promise<ArtistRow | null> {
  const known = await findArtistByName(database, row);
  if (known !== undefined) return known;
  const [owned] = await database
    .select({ artists: count() })
    .from(artists)
    .where(eq(artists.ownerAccountId, row.ownerAccountId));
  if ((owned?.artists ?? 0) >= ARTISTS_PER_ACCOUNT_MAX) return null;
  await database.insert(artists).values(row).onConflictDoNothing();
  const stored = await findArtistByName(database, row);
  if (stored === undefined) throw new Error("an artist that was just put is not there");
  return stored;
}

async function findArtistByName(database: CatalogDatabase, row: ArtistRow): Promise<ArtistRow | undefined> {
  const [known] = await database
    .select()
    .from(artists)
    .where(and(eq(artists.ownerAccountId, row.ownerAccountId), eq(artists.nameKey, row.nameKey)));
  return known;
}

export async function listArtists(database: CatalogDatabase, owner: string): Promise<ArtistRow[]> {
  return database
    .select()
    .from(artists)
    .where(eq(artists.ownerAccountId, owner))
    .orderBy(asc(artists.nameKey))
    .limit(ARTISTS_PER_ACCOUNT_MAX);
}

export async function findOwnArtists(
  database: CatalogDatabase,
  owner: string,
  ids: readonly string[],
): Promise<ArtistRow[]> {
  return database
    .select()
    .from(artists)
    .where(
      and(
        eq(artists.ownerAccountId, owner),
        sql`${artists.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    );
}

/**
 * Stores a release and its deals as one, unless this key has stored one before; answers what is stored. Null for a new
 * one of too many.
 */
export async function putRelease(
  database: CatalogDatabase,
  row: ReleaseRow,
  dealRows: readonly DealRow[],
): Promise<ReleaseRow | null> {
  const known = await findReleaseByKey(database, row);
  if (known !== undefined) return known;
  const [owned] = await database
    .select({ releases: count() })
    .from(releases)
    .where(eq(releases.ownerAccountId, row.ownerAccountId));
  if ((owned?.releases ?? 0) >= RELEASES_PER_ACCOUNT_MAX) return null;
  try {
    await database.batch([
      database.insert(releases).values(row),
      ...dealRows.map((deal) => database.insert(deals).values(deal)),
    ]);
    return row;
  } catch (error) {
    // Two requests with one key at the same moment: the second finds what the first stored.
    const winner = await findReleaseByKey(database, row);
    if (winner === undefined) throw error;
    return winner;
  }
}

async function findReleaseByKey(database: CatalogDatabase, row: ReleaseRow): Promise<ReleaseRow | undefined> {
  const [known] = await database
    .select()
    .from(releases)
    .where(and(eq(releases.ownerAccountId, row.ownerAccountId), eq(releases.idempotencyKey, row.idempotencyKey)));
  return known;
}

export async function findOwnRelease(database: CatalogDatabase, owner: string, id: string): Promise<ReleaseRow | null> {
  const [row] = await database
    .select()
    .from(releases)
    .where(and(eq(releases.id, id), eq(releases.ownerAccountId, owner)));
  return row ?? null;
}

export interface ReleaseListing {
  readonly artistId?: string | undefined;
  /** Ids below this one: newest first, ids sort by time. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export async function listOwnReleases(
  database: CatalogDatabase,
  owner: string,
  listing: ReleaseListing,
): Promise<string[]> {
  const rows = await database
    .select({ id: releases.id })
    .from(releases)
    .where(
      and(
        eq(releases.ownerAccountId, owner),
        listing.artistId === undefined ? undefined : eq(releases.artistId, listing.artistId),
        listing.cursor === undefined ? undefined : lt(releases.id, listing.cursor),
      ),
    )
    .orderBy(desc(releases.id))
    .limit(listing.limit);
  return rows.map((row) => row.id);
}

/** With the newest upload of each; the length is that of what listeners hear, or will. */
function selectStudioTracks(database: CatalogDatabase) {
  return database
    .select({
      recording: recordings,
      upload: uploads,
      durationMs: masters.durationMs,
      sourceChannels: masters.sourceChannels,
      artists: sql`(SELECT json_group_array(json_object('id', a.id, 'name', a.name) ORDER BY ra.position)
        FROM recording_artists AS ra JOIN artists AS a ON a.id = ra.artist_id
        WHERE ra.recording_id = ${recordings.id})`.mapWith(
        (json: string) => JSON.parse(json) as StudioTrack["artists"],
      ),
      credits: sql`(SELECT json_group_array(json_object('name', c.name, 'role', c.role) ORDER BY c.position)
        FROM recording_credits AS c WHERE c.recording_id = ${recordings.id})`.mapWith(
        (json: string) => JSON.parse(json) as Credit[],
      ),
    })
    .from(recordings)
    .leftJoin(
      uploads,
      sql`${uploads.id} = (SELECT MAX(newest.id) FROM uploads AS newest WHERE newest.recording_id = ${recordings.id})`,
    )
    .leftJoin(masters, sql`${masters.sha256} = COALESCE(${recordings.masterSha256}, ${uploads.sha256})`)
    .$dynamic();
}

/** A track of this owner. */
export async function findOwnTrack(database: CatalogDatabase, owner: string, id: string): Promise<StudioTrack | null> {
  const isOwn = sql`EXISTS (
    SELECT 1 FROM releases AS l WHERE l.id = ${recordings.releaseId} AND l.owner_account_id = ${owner})`;
  const [row] = await selectStudioTracks(database).where(and(eq(recordings.id, id), isOwn));
  return row ?? null;
}

/** In the order of the ids, in three queries however many there are. */
export async function loadStudioReleases(database: CatalogDatabase, ids: readonly string[]): Promise<StudioRelease[]> {
  const list = JSON.stringify(ids);
  // Not a batch: D1 answers one with rows by column name, where the columns of a join with one name are one.
  const [heads, dealRows, trackRows] = await Promise.all([
    database
      .select({ release: releases, artist: artists })
      .from(releases)
      .innerJoin(artists, eq(artists.id, releases.artistId))
      .where(sql`${releases.id} IN (SELECT value FROM json_each(${list}))`),
    database
      .select()
      .from(deals)
      .where(sql`${deals.releaseId} IN (SELECT value FROM json_each(${list}))`)
      .orderBy(asc(deals.id)),
    selectStudioTracks(database)
      .where(sql`${recordings.releaseId} IN (SELECT value FROM json_each(${list}))`)
      .orderBy(asc(recordings.discNumber), asc(recordings.trackNumber), asc(recordings.id)),
  ]);
  const headOf = new Map(heads.map((head) => [head.release.id, head]));
  return ids
    .map((id) => headOf.get(id))
    .filter((head) => head !== undefined)
    .map(({ release, artist }) => ({
      release,
      artist,
      deals: dealRows.filter((deal) => deal.releaseId === release.id),
      tracks: trackRows.filter((track) => track.recording.releaseId === release.id),
    }));
}

/**
 * False where the picture is being deleted at this moment, because nothing showed it. The one before is noted: where no
 * other release shows it, it goes at `goesAt`.
 */
export async function setCover(
  d1: D1Database,
  id: string,
  { sha256, extension, goesAt }: { readonly sha256: string; readonly extension: string; readonly goesAt: number },
): Promise<boolean> {
  const isSettable = `NOT EXISTS (SELECT 1 FROM object_deletions WHERE object_key = 'c/' || ?2 || '.' || ?3 AND state = 'deleting')`;
  const [, updated] = await d1.batch([
    d1
      .prepare(
        `INSERT INTO object_deletions (object_key, state, due_at)
           SELECT 'c/' || cover_sha256 || '.' || cover_extension, 'unreferenced', ?4 FROM releases
           WHERE id = ?1 AND cover_sha256 <> ?2 AND ${isSettable} ON CONFLICT DO NOTHING`,
      )
      .bind(id, sha256, extension, goesAt),
    d1
      .prepare(
        `UPDATE releases SET cover_sha256 = ?2, cover_extension = ?3 WHERE id = ?1 AND ${isSettable} RETURNING id`,
      )
      .bind(id, sha256, extension),
  ]);
  return (updated?.results.length ?? 0) > 0;
}
