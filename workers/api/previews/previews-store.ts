import { and, eq } from "drizzle-orm";
import { PREVIEW } from "#domain/ingest/ladder.ts";
import { type CatalogView, isTrackOut } from "#workers/api/catalog/catalog-store.ts";
import { masters, recordings, releases, renditions } from "#workers/shared/catalog/catalog-tables.ts";

export type PreviewFile = Pick<typeof renditions.$inferSelect, "profile" | "sha256" | "sizeBytes">;

/** Null where listeners know no such track, or none was made of it. */
export async function findPreview({ database, nowMs }: CatalogView, recordingId: string): Promise<PreviewFile | null> {
  const [row] = await database
    .select({ profile: renditions.profile, sha256: renditions.sha256, sizeBytes: renditions.sizeBytes })
    .from(recordings)
    .innerJoin(releases, eq(releases.id, recordings.releaseId))
    .innerJoin(masters, eq(masters.sha256, recordings.masterSha256))
    .innerJoin(renditions, and(eq(renditions.masterSha256, masters.sha256), eq(renditions.profile, PREVIEW.id)))
    .where(and(eq(recordings.id, recordingId), isTrackOut(nowMs)));
  return row ?? null;
}
