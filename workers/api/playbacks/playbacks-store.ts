import { and, eq, sql } from "drizzle-orm";
import { type CatalogView, isTrackOut } from "#workers/api/catalog/catalog-store.ts";
import { masters, recordings, releases, renditions } from "#workers/shared/catalog/catalog-tables.ts";

export interface PlayableRecording {
  readonly durationMs: number;
  readonly loudnessLufs: number | null;
  readonly waveform: string | null;
  readonly renditions: readonly PlayableRendition[];
}

export type PlayableRendition = Pick<
  typeof renditions.$inferSelect,
  "profile" | "sha256" | "sizeBytes" | "bitrateKbps" | "sampleRate" | "totalFrames" | "startSkipFrames"
>;

/** Without the seek points, which are by far the most of a row. */
const renditionColumns = {
  profile: renditions.profile,
  sha256: renditions.sha256,
  sizeBytes: renditions.sizeBytes,
  bitrateKbps: renditions.bitrateKbps,
  sampleRate: renditions.sampleRate,
  totalFrames: renditions.totalFrames,
  startSkipFrames: renditions.startSkipFrames,
};

/** The longest column of a master, in one row alone: there is a row for each rendition, and each master has this one. */
const waveformOnce = sql<string | null>`iif(${renditions.profile} = 'flac', ${masters.waveform}, NULL)`;

/** What there is to play of a recording, or null where listeners know no such track. */
export async function findPlayable(
  { database, nowMs }: CatalogView,
  recordingId: string,
): Promise<PlayableRecording | null> {
  const rows = await database
    .select({
      durationMs: masters.durationMs,
      loudnessLufs: masters.loudnessLufs,
      waveform: waveformOnce,
      rendition: renditionColumns,
    })
    .from(recordings)
    .innerJoin(releases, eq(releases.id, recordings.releaseId))
    .innerJoin(masters, eq(masters.sha256, recordings.masterSha256))
    .innerJoin(renditions, eq(renditions.masterSha256, masters.sha256))
    .where(and(eq(recordings.id, recordingId), isTrackOut(nowMs)));
  const first = rows[0];
  if (first === undefined || first.durationMs === null) return null;
  return {
    durationMs: first.durationMs,
    loudnessLufs: first.loudnessLufs,
    waveform: rows.find((row) => row.waveform !== null)?.waveform ?? null,
    renditions: rows.map((row) => row.rendition),
  };
}
