import { and, eq, sql } from "drizzle-orm";
import { valuesWhere } from "#workers/ingest/uploads/uploads-store.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { masters, renditions } from "#workers/shared/catalog/catalog-tables.ts";
import type { RenditionReport, TechnicalReport } from "./transcodes-contract.ts";

/**
 * What the job found out about a master and made of it, as one. False where nothing was saved, because the master is not
 * there any more, or one of the objects is being deleted at this moment.
 */
export async function saveTranscode(
  database: CatalogDatabase,
  masterSha256: string,
  technical: TechnicalReport,
  reports: readonly RenditionReport[],
): Promise<boolean> {
  const createdAt = Date.now();
  const isThere = sql`EXISTS (SELECT 1 FROM masters WHERE sha256 = ${masterSha256}) AND NOT EXISTS (
    SELECT 1 FROM object_deletions WHERE state = 'deleting'
      AND substr(object_key, 3, 64) IN (SELECT value FROM json_each(${JSON.stringify(reports.map((report) => report.sha256))})))`;
  const [saved] = await database.batch([
    database
      .update(masters)
      .set({
        durationMs: technical.duration_ms,
        sourceCodec: technical.source_codec,
        sourceSampleRate: technical.source_sample_rate,
        sourceChannels: technical.source_channels,
        loudnessLufs: technical.loudness_lufs,
        truePeakDbtp: technical.true_peak_dbtp,
        encoder: technical.encoder,
        // Left out by jobs of the version before: what another job measured stays.
        ...(technical.waveform === undefined ? {} : { waveform: technical.waveform }),
      })
      .where(and(eq(masters.sha256, masterSha256), isThere))
      .returning({ sha256: masters.sha256 }),
    ...reports.map((report) =>
      database
        .insert(renditions)
        .select(valuesWhere(renditions, toRow(masterSha256, report, createdAt), isThere))
        .onConflictDoUpdate({ target: [renditions.masterSha256, renditions.profile], set: REPLACED }),
    ),
  ]);
  return saved.length > 0;
}

const REPLACED = {
  sha256: sql`excluded.sha256`,
  sizeBytes: sql`excluded.size_bytes`,
  bitrateKbps: sql`excluded.bitrate_kbps`,
  sampleRate: sql`excluded.sample_rate`,
  channels: sql`excluded.channels`,
  totalFrames: sql`excluded.total_frames`,
  startSkipFrames: sql`excluded.start_skip_frames`,
  headerBytes: sql`excluded.header_bytes`,
  seekPoints: sql`excluded.seek_points`,
  createdAt: sql`excluded.created_at`,
};

function toRow(masterSha256: string, report: RenditionReport, createdAt: number): typeof renditions.$inferSelect {
  return {
    masterSha256,
    profile: report.profile,
    sha256: report.sha256,
    sizeBytes: report.size_bytes,
    bitrateKbps: report.bitrate_kbps,
    sampleRate: report.sample_rate,
    channels: report.channels,
    totalFrames: report.total_frames,
    startSkipFrames: report.start_skip_frames,
    headerBytes: report.header_bytes,
    seekPoints: report.seek_table ?? JSON.stringify(report.seek_points ?? []),
    createdAt,
  };
}
