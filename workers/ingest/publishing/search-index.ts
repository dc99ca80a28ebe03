/**
 * What is searched for, in the same batches that change what it is about. Each statement looks at the catalog as the ones
 * before it left it: what is published is in the index with its present text, and what is not is not.
 */

type EntityKind = "track" | "album" | "artist";

/** For each kind, the published entities of `found.id` with what is searched: (name, artists, release). */
const TEXTS: Readonly<Record<EntityKind, string>> = {
  track: `SELECT e.rowid, r.title, (
      SELECT GROUP_CONCAT(a.name, ' ') FROM recording_artists AS ra JOIN artists AS a ON a.id = ra.artist_id
      WHERE ra.recording_id = r.id
    ), l.title
    FROM search_entries AS e JOIN recordings AS r ON r.id = e.entity_id JOIN releases AS l ON l.id = r.release_id
    WHERE e.kind = 'track' AND r.published_at IS NOT NULL`,
  album: `SELECT e.rowid, l.title, a.name, ''
    FROM search_entries AS e JOIN releases AS l ON l.id = e.entity_id JOIN artists AS a ON a.id = l.artist_id
    WHERE e.kind = 'album' AND l.published_at IS NOT NULL`,
  artist: `SELECT e.rowid, a.name, '', '' FROM search_entries AS e JOIN artists AS a ON a.id = e.entity_id
    WHERE e.kind = 'artist' AND EXISTS (
      SELECT 1 FROM recording_artists AS ra JOIN recordings AS r ON r.id = ra.recording_id
      WHERE ra.artist_id = a.id AND r.published_at IS NOT NULL
    )`,
};

/** Which entities: a query for their ids, with its parameters from ?1 on. */
export interface EntityQuery {
  readonly sql: string;
  readonly parameters: readonly string[];
}

export function idsQuery(ids: readonly string[]): EntityQuery {
  return { sql: "SELECT value FROM json_each(?1)", parameters: [JSON.stringify(ids)] };
}

/** Brings the index to what the catalog says of these entities. */
export function indexStatements(d1: D1Database, kind: EntityKind, { sql, parameters }: EntityQuery) {
  return [
    `INSERT INTO search_entries (kind, entity_id) SELECT '${kind}', id FROM (SELECT NULL AS id WHERE FALSE UNION ALL ${sql})
       WHERE TRUE ON CONFLICT DO NOTHING`,
    `DELETE FROM search_text WHERE rowid IN (
       SELECT rowid FROM search_entries WHERE kind = '${kind}' AND entity_id IN (${sql}))`,
    `INSERT INTO search_text (rowid, name, artists, release) ${TEXTS[kind]} AND e.entity_id IN (${sql})`,
  ].map((statement) => d1.prepare(statement).bind(...parameters));
}
