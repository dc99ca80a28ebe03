/** Makes one rung of the ladder from a master: the same master and build always give the same bytes. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { LadderProfile } from "#domain/ingest/ladder.ts";
import { sha256OfFile } from "#jobs/file-sha256.ts";
import type { RenditionReport } from "#workers/ingest/transcodes/transcodes-contract.ts";
import type { CheckedMaster } from "./check-master.ts";
import { completeFragments } from "./complete-fragments.ts";
import { inputArguments, lastLine, limitsFor, runFfmpeg } from "./ffmpeg.ts";
import { FlacFrameScanner } from "./scan/flac-frames.ts";
import { Mp3FrameScanner } from "./scan/mp3-frames.ts";
import { Mp4FragmentScanner } from "./scan/mp4-fragments.ts";
import { OggPageScanner } from "./scan/ogg-pages.ts";
import { scanFile } from "./scan/scanner.ts";
import type { SeekPoint } from "./scan/seek-table.ts";
import { stereoFilters } from "./source-streams.ts";

export interface Rendition {
  readonly path: string;
  readonly profile: LadderProfile;
  readonly report: RenditionReport;
}

interface RenditionLayout {
  readonly sampleRate: number;
  readonly channels: number;
  readonly totalFrames: number;
  readonly startSkipFrames: number;
  /** Null where players begin at the first byte. */
  readonly headerBytes: number | null;
  readonly seekPoints: SeekPoint[];
}

/** Nothing of the input's tags, and nothing random or dated of ffmpeg's own. */
const REPRODUCIBLE = ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"];

/** Pages of a fifth of a second: sound begins after a few KB, and page headers cost 1.5 % at 96 kbit/s. */
const OGG_PAGE_MICROSECONDS = 200_000;

const LOSSY_RATES: readonly number[] = [32_000, 44_100, 48_000];
const LOSSLESS_RATE_MAX = 192_000;
const LOSSLESS_RATE_MIN = 8_000;

/** One index before all fragments, and an edit list that takes the encoder's delay away. */
const FRAGMENT_FLAGS = "+dash+global_sidx+delay_moov+skip_trailer";
const FRAGMENT_MS = 4_000;

export const SEEK_SPACING_MS = 1_000;
/**
 * All tables of a recording travel in one request of 512 KiB, with 21 bytes a point at most: beyond this many points
 * they are set wider. Fragments are points that cannot be thinned: there are fewer of them to begin with.
 */
const SEEK_POINTS_TARGET = 3_000;
const FRAGMENTS_TARGET = 2_700;

/** A resampler rounds the last frame either way. */
const LENGTH_TOLERANCE_SECONDS = 0.01;

export function renditionArguments(profile: LadderProfile, master: CheckedMaster): string[] {
  const filters = [`atrim=end_sample=${master.totalFrames}`];
  // The lossless rung keeps mono as it is; the others are stereo all, which saves their encoders a second set of modes.
  const { channels } = master.stream;
  if (profile.codec !== "flac" || channels > 2) filters.push(...stereoFilters(channels));
  const rate = renditionRate(profile, master.stream.sampleRate);
  if (rate !== master.stream.sampleRate) filters.push(`aresample=${rate}`);
  return ["-map", "0:a:0", ...REPRODUCIBLE, "-af", filters.join(","), ...codecArguments(profile, master)];
}

function codecArguments(profile: LadderProfile, master: CheckedMaster): string[] {
  const bitrate = ["-b:a", `${profile.targetKbps}k`];
  switch (profile.codec) {
    case "vorbis":
      return ["-c:a", "libvorbis", ...bitrate, "-page_duration", String(OGG_PAGE_MICROSECONDS), "-f", "ogg"];
    case "mp3":
      return ["-c:a", "libmp3lame", ...bitrate, "-write_xing", "1", "-id3v2_version", "0", "-f", "mp3"];
    case "aac": {
      const fragmentMs = fragmentMsFor(master.totalFrames / master.stream.sampleRate);
      const fragments = ["-movflags", FRAGMENT_FLAGS, "-frag_duration", String(fragmentMs * 1_000)];
      return ["-c:a", "aac", ...bitrate, ...fragments, "-f", "mp4"];
    }
    case "flac": {
      const depth = master.stream.bitsPerSample === 16 ? ["s16"] : ["s32", "-bits_per_raw_sample", "24"];
      // Without this, 8 KiB of padding for tags stand before the first sound.
      const container = ["-metadata_header_padding", "0", "-f", "flac"];
      return ["-c:a", "flac", "-compression_level", "5", "-sample_fmt", ...depth, ...container];
    }
  }
}

/** The master's own rate wherever the codec has it, else the nearest of its family at or below 48 kHz. */
export function renditionRate(profile: LadderProfile, sourceRate: number): number {
  if (profile.codec === "flac") return Math.min(LOSSLESS_RATE_MAX, Math.max(LOSSLESS_RATE_MIN, sourceRate));
  if (LOSSY_RATES.includes(sourceRate)) return sourceRate;
  return sourceRate % 11_025 === 0 ? 44_100 : 48_000;
}

/** Encodes into `folder` and reports on what came out. Throws where ffmpeg fails or the length is not the master's. */
export async function encodeRendition(
  profile: LadderProfile,
  master: CheckedMaster,
  folder: string,
  signal: AbortSignal,
): Promise<Rendition> {
  const path = join(folder, `${profile.id}.${profile.extension}`);
  const durationSeconds = master.totalFrames / master.stream.sampleRate;
  const input = ["-v", "error", ...inputArguments(master.path, master.format)];
  const args = [...input, ...renditionArguments(profile, master), "-y", `file:${path}`];
  const run = await runFfmpeg(args, limitsFor(durationSeconds), signal);
  if (run.exitCode !== 0) throw new Error(`${profile.id} could not be encoded: ${lastLine(run.stderr)}`);
  if (profile.codec === "aac") await completeFragments(path, durationSeconds, signal);
  const { size: sizeBytes } = await stat(path);
  const layout = await readLayout(profile, { path, sizeBytes }, seekSpacingMs(durationSeconds));
  const seconds = layout.totalFrames / layout.sampleRate;
  if (Math.abs(seconds - durationSeconds) > LENGTH_TOLERANCE_SECONDS) {
    throw new Error(`${profile.id} is ${seconds} s long and its master ${durationSeconds} s`);
  }
  return { path, profile, report: reportOf(profile, layout, sizeBytes, await sha256OfFile(path)) };
}

function reportOf(profile: LadderProfile, layout: RenditionLayout, sizeBytes: number, sha256: string): RenditionReport {
  const seconds = layout.totalFrames / layout.sampleRate;
  return {
    profile: profile.id,
    sha256,
    size_bytes: sizeBytes,
    bitrate_kbps: Math.max(1, Math.round((sizeBytes * 8) / 1_000 / seconds)),
    sample_rate: layout.sampleRate,
    channels: layout.channels,
    total_frames: layout.totalFrames,
    start_skip_frames: layout.startSkipFrames,
    header_bytes: layout.headerBytes,
    seek_points: layout.seekPoints,
  };
}

export function seekSpacingMs(durationSeconds: number): number {
  return Math.max(SEEK_SPACING_MS, Math.ceil((durationSeconds * 1_000) / SEEK_POINTS_TARGET));
}

export function fragmentMsFor(durationSeconds: number): number {
  return Math.max(FRAGMENT_MS, Math.ceil((durationSeconds * 1_000) / FRAGMENTS_TARGET));
}

interface MadeFile {
  readonly path: string;
  readonly sizeBytes: number;
}

async function readLayout(
  profile: LadderProfile,
  { path, sizeBytes }: MadeFile,
  spacingMs: number,
): Promise<RenditionLayout> {
  switch (profile.codec) {
    case "vorbis": {
      const { vorbis, isCutShort } = await scanFile(path, new OggPageScanner(spacingMs));
      if (vorbis === null || isCutShort) throw new Error(`${profile.id} is not a whole Ogg Vorbis file`);
      return { ...vorbis, startSkipFrames: 0, headerBytes: null };
    }
    case "flac": {
      const flac = await scanFile(path, new FlacFrameScanner(spacingMs));
      const isWhole = flac !== null && flac.missingBlocks === 0 && flac.foundFrames === flac.totalFrames;
      if (!isWhole) throw new Error(`${profile.id} is not a whole FLAC file`);
      return { ...flac, startSkipFrames: 0, headerBytes: null };
    }
    case "mp3": {
      const mp3 = await scanFile(path, new Mp3FrameScanner(spacingMs));
      if (mp3 === null || mp3.gapless === null || mp3.isCutShort) throw new Error(`${profile.id} is not a whole MP3`);
      const { sampleRate, channels, seekPoints, gapless } = mp3;
      return { sampleRate, channels, seekPoints, headerBytes: null, ...gapless };
    }
    case "aac": {
      const mp4 = await scanFile(path, new Mp4FragmentScanner(sizeBytes));
      if (!mp4.ok) throw new Error(`${profile.id} is not a whole fragmented MP4: ${mp4.error}`);
      return mp4.value;
    }
  }
}
