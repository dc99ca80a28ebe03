/**
 * Changes of rows that are at a version: each a batch that does all of it or, where the row has another version by now,
 * nothing. The version moves with the last statement, so that every one before it asks for the same.
 */
import type { Credit } from "#domain/catalog/credits.ts";
import { idsQuery, indexStatements } from "#workers/ingest/publishing/search-index.ts";
import type { ArtistRow, DealRow, RecordingRow, ReleaseRow } from "./catalog-store.ts";

type OwnName = Pick<ArtistRow, "id" | "ownerAccountId" | "nameKey">;

const HAS_TWIN = "EXISTS (SELECT 1 FROM artists WHERE owner_account_id = ?1 AND name_key = ?2 AND id <> ?3)";

/** Whether the account has another artist of the name. */
export async function hasTwin(d1: D1Database, { id, ownerAccountId, nameKey }: OwnName): Promise<boolean> {
  const statement = d1.prepare(`SELECT ${HAS_TWIN} AS twin`).bind(ownerAccountId, nameKey, id);
  return (await statement.first<number>("twin")) === 1;
}

export async function renameArtist(d1: D1Database, artist: ArtistRow): Promise<boolean> {
  const { id, ownerAccountId, name, nameKey, version } = artist;
  const [renamed] = await d1.batch([
    d1
      .prepare(
        `UPDATE artists SET name = ?4, name_key = ?2, version = version + 1
           WHERE id = ?3 AND version = ?5 AND NOT ${HAS_TWIN} RETURNING id`,
      )
      .bind(ownerAccountId, nameKey, id, name, version),
    ...indexStatements(d1, "artist", idsQuery([id])),
    ...indexStatements(d1, "album", { sql: "SELECT id FROM releases WHERE artist_id = ?1", parameters: [id] }),
    ...indexStatements(d1, "track", {
      sql: "SELECT recording_id FROM recording_artists WHERE artist_id = ?1",
      parameters: [id],
    }),
  ]);
  return isDone(renamed);
}

export interface TrackUpdate {
  /** As it shall be, with the version that it has. */
  readonly recording: RecordingRow;
  readonly artistIds: readonly string[];
  readonly credits: readonly Credit[];
}

const IS_PLACE_TAKEN = `EXISTS (
    SELECT 1 FROM recordings AS other WHERE other.release_id = ?1 AND other.disc_number = ?2
      AND other.track_number = ?3 AND other.id <> ?4)`;

/** Whether another track of the release is where this one shall be. */
export async function isPlaceTaken(d1: D1Database, recording: RecordingRow): Promise<boolean> {
  const { releaseId, discNumber, trackNumber, id } = recording;
  const statement = d1.prepare(`SELECT ${IS_PLACE_TAKEN} AS taken`).bind(releaseId, discNumber, trackNumber, id);
  return (await statement.first<number>("taken")) === 1;
}

/** False also where its place was taken meanwhile. */
export async function updateTrack(
  d1: D1Database,
  update: TrackUpdate & { readonly formerArtistIds: readonly string[] },
): Promise<boolean> {
  const { recording, artistIds, credits, formerArtistIds } = update;
  const { id, releaseId, discNumber, trackNumber, version } = recording;
  const place = [releaseId, discNumber, trackNumber, id] as const;
  const stays = "SELECT 1 FROM recordings WHERE id = ?4 AND disc_number = ?2 AND track_number = ?3";
  const isDue = `EXISTS (SELECT 1 FROM recordings WHERE id = ?4 AND version = ?5)
    AND (EXISTS (${stays}) OR NOT ${IS_PLACE_TAKEN})`;
  const results = await d1.batch([
    ...["recording_artists", "recording_credits"].map((table) =>
      d1.prepare(`DELETE FROM ${table} WHERE recording_id = ?4 AND ${isDue}`).bind(...place, version),
    ),
    d1
      .prepare(
        `INSERT INTO recording_artists (recording_id, position, artist_id)
           SELECT ?4, key, value FROM json_each(?6) WHERE ${isDue}`,
      )
      .bind(...place, version, JSON.stringify(artistIds)),
    d1
      .prepare(
        `INSERT INTO recording_credits (recording_id, position, name, role)
           SELECT ?4, key, value ->> 'name', value ->> 'role' FROM json_each(?6) WHERE ${isDue}`,
      )
      .bind(...place, version, JSON.stringify(credits)),
    d1
      .prepare(
        `UPDATE recordings SET title = ?6, disc_number = ?2, track_number = ?3, isrc = ?7, explicit = ?8,
           version = version + 1 WHERE id = ?4 AND ${isDue} RETURNING id`,
      )
      .bind(...place, version, recording.title, recording.isrc, recording.explicit ? 1 : 0),
    ...indexStatements(d1, "track", idsQuery([id])),
    ...indexStatements(d1, "artist", idsQuery([...artistIds, ...formerArtistIds])),
  ]);
  return isDone(results[4]);
}

/** The release as it shall be, with the version that it has, and all its deals. */
export async function updateRelease(d1: D1Database, release: ReleaseRow, deals: readonly DealRow[]): Promise<boolean> {
  const { id, version, artistId, title, titleKey, type, label, upc, releaseAt } = release;
  const isDue = "EXISTS (SELECT 1 FROM releases WHERE id = ?1 AND version = ?2)";
  const results = await d1.batch([
    d1.prepare(`DELETE FROM deals WHERE release_id = ?1 AND ${isDue}`).bind(id, version),
    d1
      .prepare(
        `INSERT INTO deals (id, release_id, territories, excluded_territories, commercial_models, use_types, starts_at,
             ends_at, created_at)
           SELECT value ->> 'id', ?1, value ->> 'territories', value ->> 'excludedTerritories',
             value ->> 'commercialModels', value ->> 'useTypes', value ->> 'startsAt', value ->> 'endsAt',
             value ->> 'createdAt'
           FROM json_each(?3) WHERE ${isDue}`,
      )
      .bind(id, version, JSON.stringify(deals)),
    d1
      .prepare(
        `UPDATE releases SET artist_id = ?3, title = ?4, title_key = ?5, type = ?6, label = ?7, upc = ?8, release_at = ?9,
           version = version + 1 WHERE id = ?1 AND version = ?2 RETURNING id`,
      )
      .bind(id, version, artistId, title, titleKey, type, label, upc, releaseAt),
    ...indexStatements(d1, "album", idsQuery([id])),
    ...indexStatements(d1, "track", { sql: "SELECT id FROM recordings WHERE release_id = ?1", parameters: [id] }),
  ]);
  return isDone(results[2]);
}

export interface TrackPlacement {
  readonly id: string;
  readonly disc: number;
  readonly number: number;
}

/** Where the release has exactly these tracks, gives each its place. */
export async function placeTracks(
  d1: D1Database,
  { id, version }: ReleaseRow,
  places: readonly TrackPlacement[],
): Promise<boolean> {
  const isDue = `EXISTS (SELECT 1 FROM releases WHERE id = ?1 AND version = ?2)
    AND (SELECT COUNT(*) FROM recordings WHERE release_id = ?1) = json_array_length(?3)
    AND NOT EXISTS (
      SELECT 1 FROM json_each(?3) AS wanted WHERE NOT EXISTS (
        SELECT 1 FROM recordings AS own WHERE own.id = wanted.value ->> 'id' AND own.release_id = ?1))`;
  const parameters = [id, version, JSON.stringify(places)] as const;
  const [, placed] = await d1.batch([
    d1
      .prepare(
        `UPDATE recordings SET disc_number = place.value ->> 'disc', track_number = place.value ->> 'number',
           version = recordings.version + 1
         FROM json_each(?3) AS place
         WHERE recordings.id = place.value ->> 'id' AND ${isDue}
           AND (disc_number <> place.value ->> 'disc' OR track_number <> place.value ->> 'number')`,
      )
      .bind(...parameters),
    d1.prepare(`UPDATE releases SET version = version + 1 WHERE id = ?1 AND ${isDue} RETURNING id`).bind(...parameters),
  ]);
  return isDone(placed);
}

function isDone(result: D1Result | undefined): boolean {
  return (result?.results.length ?? 0) > 0;
}
