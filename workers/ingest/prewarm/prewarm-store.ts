/** What there is to warm. An upload that is READY has all its renditions, though its release is still to come. */
import { type SQL, sql } from "drizzle-orm";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";

export type PrewarmSelection =
  | { readonly kind: "release"; readonly releaseId: string }
  /** Releases whose instant is after `fromMs` and not after `toMs`. */
  | { readonly kind: "scheduled"; readonly fromMs: EpochMs; readonly toMs: EpochMs }
  | { readonly kind: "recordings"; readonly recordingIds: readonly string[] };

export interface PrewarmRendition {
  readonly recordingId: string;
  readonly profile: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Recordings that can be heard, or will be, in the order of their ids and after the cursor. Not what is taken down. */
export async function listRecordings(
  database: CatalogDatabase,
  selection: PrewarmSelection,
  page: { readonly cursor: string; readonly limit: number },
): Promise<string[]> {
  const rows = await database.all<{ id: string }>(
    sql`SELECT r.id AS id FROM recordings AS r
      WHERE r.id > ${page.cursor} AND ${conditionOf(selection)}
        AND EXISTS (SELECT 1 FROM uploads AS u WHERE u.recording_id = r.id AND u.state IN ('READY', 'PUBLISHED'))
        AND NOT EXISTS (SELECT 1 FROM takedowns AS t WHERE t.recording_id = r.id AND t.lifted_at IS NULL)
      ORDER BY r.id LIMIT ${page.limit}`,
  );
  return rows.map(({ id }) => id);
}

function conditionOf(selection: PrewarmSelection): SQL {
  switch (selection.kind) {
    case "release":
      return sql`r.release_id = ${selection.releaseId}`;
    case "scheduled":
      return sql`r.release_id IN (
        SELECT id FROM releases WHERE release_at > ${selection.fromMs} AND release_at <= ${selection.toMs}
      )`;
    case "recordings":
      return sql`r.id IN (SELECT value FROM json_each(${JSON.stringify(selection.recordingIds)}))`;
  }
}

/** In the order of the recordings' ids, then of the profiles' names. */
export async function listRenditions(
  database: CatalogDatabase,
  recordingIds: readonly string[],
  profiles: readonly string[],
): Promise<PrewarmRendition[]> {
  return database.all<PrewarmRendition>(
    sql`SELECT DISTINCT u.recording_id AS recordingId, n.profile AS profile, n.sha256 AS sha256,
        n.size_bytes AS sizeBytes
      FROM uploads AS u JOIN renditions AS n ON n.master_sha256 = u.sha256
        JOIN recordings AS r ON r.id = u.recording_id
      WHERE u.recording_id IN (SELECT value FROM json_each(${JSON.stringify(recordingIds)}))
        AND (u.state = 'READY' OR (u.state = 'PUBLISHED' AND u.sha256 = r.master_sha256))
        AND n.profile IN (SELECT value FROM json_each(${JSON.stringify(profiles)}))
      ORDER BY recordingId, profile`,
  );
}
