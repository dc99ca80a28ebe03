/** What ffmpeg is told for each rung: the whole ladder as its command lines. */
import { type LadderProfile, PREVIEW } from "#domain/ingest/ladder.ts";
import type { CheckedMaster } from "./check-master.ts";
import { inputArguments } from "./ffmpeg.ts";
import { stereoFilters } from "./source-streams.ts";

/** A part of a master, or all of it. */
export interface Stretch {
  readonly startFrame: number;
  readonly endFrame: number;
  /** What is cut out begins and ends softly. */
  readonly isFaded: boolean;
}

/** Nothing of the input's tags, and nothing random or dated of ffmpeg's own. */
const REPRODUCIBLE = ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"];

/**
 * Sound begins after a few KB, and page headers stay small beside what they carry: at 96 kbit/s a fifth of a second
 * costs 1.5 %, at 24 kbit/s half a second 3 %.
 */
const PAGE_MICROSECONDS = { vorbis: 200_000, opus: 500_000 } as const;

const LOSSY_RATES: readonly number[] = [32_000, 44_100, 48_000];
const LOSSLESS_RATE_MAX = 192_000;
const LOSSLESS_RATE_MIN = 8_000;
const OPUS_RATE = 48_000;

/** One index before all fragments, and an edit list that takes the encoder's delay away. */
const FRAGMENT_FLAGS = "+dash+global_sidx+delay_moov+skip_trailer";
const FRAGMENT_MICROSECONDS = 4_000_000;

const FADE_IN_SECONDS = 0.5;
const FADE_OUT_SECONDS = 2;

export function wholeOf(master: CheckedMaster): Stretch {
  return { startFrame: 0, endFrame: master.totalFrames, isFaded: false };
}

/** From `startFrame` on for so long, or as long as the recording is. */
export function excerptOf(master: CheckedMaster, startFrame: number, seconds: number): Stretch {
  const endFrame = Math.min(master.totalFrames, startFrame + Math.round(seconds * master.stream.sampleRate));
  return { startFrame, endFrame, isFaded: true };
}

export interface Encoding {
  readonly profile: LadderProfile;
  readonly master: CheckedMaster;
  readonly stretch: Stretch;
  /** From -1 to 10, for Vorbis alone. */
  readonly vorbisQuality: number;
}

/** The whole command, but for ffmpeg's own name and where the file is to be. */
export function encodingArguments(encoding: Encoding): string[] {
  const { profile, master, stretch } = encoding;
  const filters = [`atrim=start_sample=${stretch.startFrame}:end_sample=${stretch.endFrame}`];
  if (stretch.startFrame > 0) filters.push("asetpts=N/SR/TB");
  if (stretch.isFaded) filters.push(...fades(stretch, master.stream.sampleRate));
  // The lossless rung keeps mono as it is; the others are stereo all, which saves their encoders a second set of modes.
  const { channels } = master.stream;
  if (profile.codec !== "flac" || channels > 2) filters.push(...stereoFilters(channels));
  const rate = renditionRate(profile, master.stream.sampleRate);
  if (rate !== master.stream.sampleRate) filters.push(`aresample=${rate}`);
  const input = ["-v", "error", ...inputArguments(master.path, master.format), "-map", "0:a:0"];
  return [...input, ...REPRODUCIBLE, "-af", filters.join(","), ...codecArguments(encoding)];
}

function fades({ startFrame, endFrame }: Stretch, sampleRate: number): string[] {
  const seconds = (endFrame - startFrame) / sampleRate;
  const inSeconds = Math.min(FADE_IN_SECONDS, seconds / 4);
  const outSeconds = Math.min(FADE_OUT_SECONDS, seconds / 4);
  const outAt = (seconds - outSeconds).toFixed(3);
  return [`afade=t=in:d=${inSeconds.toFixed(3)}`, `afade=t=out:st=${outAt}:d=${outSeconds.toFixed(3)}`];
}

function codecArguments({ profile, master, vorbisQuality }: Encoding): string[] {
  const bitrate = ["-b:a", `${profile.targetKbps}k`];
  switch (profile.codec) {
    case "opus":
      return ["-c:a", "libopus", ...bitrate, "-vbr", "constrained", ...oggPages("opus")];
    case "vorbis":
      return ["-c:a", "libvorbis", "-q:a", vorbisQuality.toFixed(2), ...oggPages("vorbis")];
    case "mp3":
      return [
        "-c:a",
        "libmp3lame",
        ...bitrate,
        ...effort(profile),
        "-write_xing",
        "1",
        "-id3v2_version",
        "0",
        "-f",
        "mp3",
      ];
    case "aac":
      return ["-c:a", "aac", ...bitrate, "-movflags", FRAGMENT_FLAGS, ...FRAGMENTS, "-f", "mp4"];
    case "flac": {
      const depth = master.stream.bitsPerSample === 16 ? ["s16"] : ["s32", "-bits_per_raw_sample", "24"];
      // Without this, 8 KiB of padding for tags stand before the first sound.
      const container = ["-metadata_header_padding", "0", "-f", "flac"];
      return ["-c:a", "flac", "-compression_level", "5", "-sample_fmt", ...depth, ...container];
    }
  }
}

/** LAME's usual care costs as much for half a minute as the lossless rung does for ten: a preview takes less. */
function effort({ id }: LadderProfile): string[] {
  return id === PREVIEW.id ? ["-compression_level", "7"] : [];
}

const FRAGMENTS = ["-frag_duration", String(FRAGMENT_MICROSECONDS)];

function oggPages(codec: keyof typeof PAGE_MICROSECONDS): string[] {
  return ["-page_duration", String(PAGE_MICROSECONDS[codec]), "-f", "ogg"];
}

/** The master's own rate wherever the codec has it, else the nearest of its family at or below 48 kHz. */
export function renditionRate(profile: LadderProfile, sourceRate: number): number {
  if (profile.codec === "opus") return OPUS_RATE;
  if (profile.codec === "flac") return Math.min(LOSSLESS_RATE_MAX, Math.max(LOSSLESS_RATE_MIN, sourceRate));
  if (LOSSY_RATES.includes(sourceRate)) return sourceRate;
  return sourceRate % 11_025 === 0 ? 44_100 : 48_000;
}
