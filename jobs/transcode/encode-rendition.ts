/** Makes one rung of the ladder from a master: the same master and build always give the same bytes. */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { encodeSeekTable } from "#domain/delivery/seek-table.ts";
import type { LadderProfile } from "#domain/ingest/ladder.ts";
import { sha256OfFile } from "#jobs/file-sha256.ts";
import type { RenditionReport } from "#workers/ingest/transcodes/transcodes-contract.ts";
import type { CheckedMaster } from "./check-master.ts";
import { completeFragments } from "./complete-fragments.ts";
import { lastLine, limitsFor, runFfmpeg } from "./ffmpeg.ts";
import { type Encoding, encodingArguments, type Stretch, wholeOf } from "./rendition-arguments.ts";
import { FlacFrameScanner } from "./scan/flac-frames.ts";
import { Mp3FrameScanner } from "./scan/mp3-frames.ts";
import { Mp4FragmentScanner } from "./scan/mp4-fragments.ts";
import { OggPageScanner } from "./scan/ogg-pages.ts";
import { scanFile } from "./scan/scanner.ts";
import type { SeekPoint } from "./scan/seek-table.ts";
import { nearestTry, nextQuality } from "./vorbis-quality.ts";

export interface Rendition {
  readonly path: string;
  readonly profile: LadderProfile;
  readonly report: RenditionReport;
  /** What ffmpeg was told, but for where the file is to be. */
  readonly command: readonly string[];
}

/** A millisecond less than a second, because times are rounded up: no two whole milliseconds are further apart. */
export const SEEK_SPACING_MS = 999;

/** A resampler rounds the last frame either way. */
const LENGTH_TOLERANCE_SECONDS = 0.01;

interface RenditionLayout {
  readonly sampleRate: number;
  readonly channels: number;
  readonly totalFrames: number;
  readonly startSkipFrames: number;
  /** What a decoder needs before any sound. In fragmented MP4 the index follows it, else the first sound. */
  readonly headerBytes: number;
  readonly seekPoints: readonly SeekPoint[];
}

interface MadeFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly layout: RenditionLayout;
  readonly command: readonly string[];
}

/** What there is to encode, and where to. */
export interface EncodingTask {
  readonly profile: LadderProfile;
  readonly master: CheckedMaster;
  readonly folder: string;
  /** All of the master where there is none. */
  readonly stretch?: Stretch;
}

/** Encodes into the folder and reports on what came out. Throws where ffmpeg fails or the length is not the master's. */
export async function encodeRendition(task: EncodingTask, signal: AbortSignal): Promise<Rendition> {
  const { profile } = task;
  const made = profile.codec === "vorbis" ? await meetTier(task, signal) : await encodeOnce(task, 0, 0, signal);
  const { path, command } = made;
  return { path, profile, command, report: reportOf(profile, made, await sha256OfFile(path)) };
}

/** Encodes until the rate of what comes out is that of the tier; of all tries the nearest is kept. */
async function meetTier(task: EncodingTask, signal: AbortSignal): Promise<MadeFile> {
  const { targetKbps } = task.profile;
  const tries: { readonly quality: number; readonly kbps: number; readonly made: MadeFile }[] = [];
  for (let quality = nextQuality([], targetKbps); quality !== null; quality = nextQuality(tries, targetKbps)) {
    const made = await encodeOnce(task, quality, tries.length, signal);
    tries.push({ quality, kbps: soundKbps(made), made });
  }
  const nearest = tries[nearestTry(tries, targetKbps)];
  if (nearest === undefined) throw new Error(`${task.profile.id} was never tried`);
  for (const { made } of tries) if (made !== nearest.made) await rm(made.path);
  return nearest.made;
}

async function encodeOnce(
  { profile, master, folder, stretch = wholeOf(master) }: EncodingTask,
  vorbisQuality: number,
  attempt: number,
  signal: AbortSignal,
): Promise<MadeFile> {
  const path = join(folder, `${profile.id}.${attempt}.${profile.extension}`);
  const encoding: Encoding = { profile, master, stretch, vorbisQuality };
  const command = encodingArguments(encoding);
  const limits = limitsFor(master.totalFrames / master.stream.sampleRate);
  const run = await runFfmpeg([...command, "-y", `file:${path}`], limits, signal);
  if (run.exitCode !== 0) throw new Error(`${profile.id} could not be encoded: ${lastLine(run.stderr)}`);
  const wantedSeconds = (stretch.endFrame - stretch.startFrame) / master.stream.sampleRate;
  if (profile.codec === "aac") await completeFragments(path, wantedSeconds, signal);
  const { size: sizeBytes } = await stat(path);
  const layout = await readLayout(profile, path, sizeBytes);
  const seconds = secondsOf(layout);
  if (Math.abs(seconds - wantedSeconds) > LENGTH_TOLERANCE_SECONDS) {
    throw new Error(`${profile.id} is ${seconds} s long and its master ${wantedSeconds} s`);
  }
  return { path, sizeBytes, layout, command };
}

function reportOf(profile: LadderProfile, { layout, sizeBytes }: MadeFile, sha256: string): RenditionReport {
  return {
    profile: profile.id,
    sha256,
    size_bytes: sizeBytes,
    bitrate_kbps: Math.max(1, Math.round((sizeBytes * 8) / 1_000 / secondsOf(layout))),
    sample_rate: layout.sampleRate,
    channels: layout.channels,
    total_frames: layout.totalFrames,
    start_skip_frames: layout.startSkipFrames,
    header_bytes: layout.headerBytes,
    seek_table: encodeSeekTable(layout.seekPoints),
  };
}

function secondsOf({ totalFrames, sampleRate }: RenditionLayout): number {
  return totalFrames / sampleRate;
}

/** Without the headers, which would be most of a very short recording. */
function soundKbps({ sizeBytes, layout }: MadeFile): number {
  return ((sizeBytes - layout.headerBytes) * 8) / 1_000 / secondsOf(layout);
}

async function readLayout(profile: LadderProfile, path: string, sizeBytes: number): Promise<RenditionLayout> {
  switch (profile.codec) {
    case "opus":
    case "vorbis": {
      const { audio, isCutShort } = await scanFile(path, new OggPageScanner(SEEK_SPACING_MS));
      if (audio?.codec !== profile.codec || isCutShort) throw new Error(`${profile.id} is not a whole Ogg file`);
      return { ...audio, headerBytes: firstSoundAt(audio.seekPoints) };
    }
    case "flac": {
      const flac = await scanFile(path, new FlacFrameScanner(SEEK_SPACING_MS));
      const isWhole = flac !== null && flac.missingBlocks === 0 && flac.foundFrames === flac.totalFrames;
      if (!isWhole) throw new Error(`${profile.id} is not a whole FLAC file`);
      return { ...flac, startSkipFrames: 0, headerBytes: firstSoundAt(flac.seekPoints) };
    }
    case "mp3": {
      const mp3 = await scanFile(path, new Mp3FrameScanner(SEEK_SPACING_MS));
      if (mp3 === null || mp3.gapless === null || mp3.isCutShort) throw new Error(`${profile.id} is not a whole MP3`);
      const { sampleRate, channels, seekPoints, gapless } = mp3;
      return { sampleRate, channels, seekPoints, headerBytes: firstSoundAt(seekPoints), ...gapless };
    }
    case "aac": {
      const mp4 = await scanFile(path, new Mp4FragmentScanner(sizeBytes));
      if (!mp4.ok) throw new Error(`${profile.id} is not a whole fragmented MP4: ${mp4.error}`);
      return mp4.value;
    }
  }
}

function firstSoundAt([first]: readonly SeekPoint[]): number {
  if (first === undefined) throw new Error("a file without a place to begin");
  return first[1];
}
