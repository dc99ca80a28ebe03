import { and, eq, inArray } from "drizzle-orm";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { recordings, renditions } from "#workers/shared/catalog/catalog-tables.ts";

export type SegmentedRendition = Pick<
  typeof renditions.$inferSelect,
  | "profile"
  | "sha256"
  | "sizeBytes"
  | "sampleRate"
  | "channels"
  | "totalFrames"
  | "headerBytes"
  /** As in the table: `readSeekTable` reads it. */
  | "seekPoints"
>;

/** What there is of a recording in these profiles, in no order. */
export function findRenditions(
  database: CatalogDatabase,
  recordingId: string,
  profiles: readonly string[],
): Promise<SegmentedRendition[]> {
  return database
    .select({
      profile: renditions.profile,
      sha256: renditions.sha256,
      sizeBytes: renditions.sizeBytes,
      sampleRate: renditions.sampleRate,
      channels: renditions.channels,
      totalFrames: renditions.totalFrames,
      headerBytes: renditions.headerBytes,
      seekPoints: renditions.seekPoints,
    })
    .from(renditions)
    .innerJoin(recordings, eq(recordings.masterSha256, renditions.masterSha256))
    .where(and(eq(recordings.id, recordingId), inArray(renditions.profile, [...profiles])));
}
