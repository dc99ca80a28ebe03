import { and, asc, desc, eq } from "drizzle-orm";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { SplitShare } from "#domain/splits/split-sheet.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { splitShares, splitSheets } from "#workers/shared/catalog/credit-tables.ts";

export interface SplitSheet {
  /** 0 for none. */
  readonly version: number;
  readonly effectiveAt: EpochMs | null;
  readonly shares: readonly SplitShare[];
}

/** This version of a recording's sheet, or the newest. */
export async function findSheet(database: CatalogDatabase, recordingId: string, version?: number): Promise<SplitSheet> {
  const ofVersion = version === undefined ? undefined : eq(splitSheets.version, version);
  const [sheet] = await database
    .select()
    .from(splitSheets)
    .where(and(eq(splitSheets.recordingId, recordingId), ofVersion))
    .orderBy(desc(splitSheets.version))
    .limit(1);
  if (sheet === undefined) return { version: 0, effectiveAt: null, shares: [] };
  const shares = await database
    .select({ party: splitShares.party, role: splitShares.role, basisPoints: splitShares.basisPoints })
    .from(splitShares)
    .where(and(eq(splitShares.recordingId, recordingId), eq(splitShares.version, sheet.version)))
    .orderBy(asc(splitShares.position));
  return { version: sheet.version, effectiveAt: sheet.effectiveAt, shares };
}

/** False where another sheet has this version by now, or the recording is gone. */
export async function insertSheet(
  d1: D1Database,
  recordingId: string,
  createdBy: string,
  { version, effectiveAt, shares }: SplitSheet,
): Promise<boolean> {
  const isFree = `EXISTS (SELECT 1 FROM recordings WHERE id = ?1)
    AND NOT EXISTS (SELECT 1 FROM split_sheets WHERE recording_id = ?1 AND version >= ?2)`;
  const [, inserted] = await d1.batch([
    d1
      .prepare(
        `INSERT INTO split_shares (recording_id, version, position, party, role, basis_points)
           SELECT ?1, ?2, key, value ->> 'party', value ->> 'role', value ->> 'basisPoints'
           FROM json_each(?3) WHERE ${isFree}`,
      )
      .bind(recordingId, version, JSON.stringify(shares)),
    d1
      .prepare(
        `INSERT INTO split_sheets (recording_id, version, effective_at, created_by)
           SELECT ?1, ?2, ?3, ?4 WHERE ${isFree} RETURNING version`,
      )
      .bind(recordingId, version, effectiveAt, createdBy),
  ]);
  return (inserted?.results.length ?? 0) > 0;
}
