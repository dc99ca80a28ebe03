/**
 * Whether a master can become music: identified by its bytes, whole by its own account, and decoded once from end to
 * end. What is wrong with it is the artist's to mend, so each verdict is a code with a detail that helps.
 */
import { open } from "node:fs/promises";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { RejectCode } from "#domain/ingest/upload-states.ts";
import { FfmpegEndedError, type FfmpegLimits, type FfmpegRun, inputArguments, lastLine, runFfmpeg } from "./ffmpeg.ts";
import { AdtsFrameScanner } from "./scan/adts-frames.ts";
import { ChunkScanner } from "./scan/chunks.ts";
import { FlacFrameScanner, type FlacStructure, isWholeFlacFrame } from "./scan/flac-frames.ts";
import { Mp3FrameScanner } from "./scan/mp3-frames.ts";
import { OggPageScanner } from "./scan/ogg-pages.ts";
import { scanFile } from "./scan/scanner.ts";
import { type FormatRefusal, identifyFile, type SourceFormat } from "./source-format.ts";
import { type AudioStream, parseSourceStreams } from "./source-streams.ts";

export interface CheckedMaster {
  readonly path: string;
  readonly format: SourceFormat;
  readonly stream: AudioStream;
  /** Frames of audio at the master's own rate. */
  readonly totalFrames: number;
}

export interface Rejection {
  readonly code: RejectCode;
  readonly detail: string;
}

export const DURATION_SECONDS_MIN = 1;
export const DURATION_SECONDS_MAX = 6 * 3_600;
const SAMPLE_RATE_MIN = 8_000;
const SAMPLE_RATE_MAX = 192_000;
const CHANNELS_MAX = 8;
/** Six hours are decoded in one minute of processor time, or in four on slow machines. What takes longer is made to. */
const DECODING_LIMITS: FfmpegLimits = { cpuSeconds: 600, wallSeconds: 2_400 };
/** The loudest sample below this, at 16 bits, is dither and nothing else. */
const SILENCE_PEAK_DBFS = -80;
/** A FLAC frame has at most 65,535 samples of at most 32 bits in 8 channels. */
const FLAC_FRAME_BYTES_MAX = 4 * 1024 ** 2;
/** Masters are not sought in: the tables of their scans stay almost empty. */
const NO_SEEKING_MS = 3_600_000;

const STOP_AT_FAULTS = ["-xerror", "-err_detect", "explode"];

/**
 * How ffmpeg is to judge each format. Samples as they are cannot be wrong, but the last packet of a WAV of unknown
 * length counts as a fault. Frames of FLAC have checksums; those of MP3 are too often wrong in files that play well.
 */
const STRICTNESS: Readonly<Record<SourceFormat, readonly string[]>> = {
  wav: [],
  aiff: [],
  flac: ["-xerror", "-err_detect", "crccheck+explode"],
  ogg: STOP_AT_FAULTS,
  mp3: STOP_AT_FAULTS,
  aac: STOP_AT_FAULTS,
  mp4: STOP_AT_FAULTS,
};

/** What a file says of its own length, without decoding. */
interface Structure {
  readonly isCutShort: boolean;
  readonly isEncrypted: boolean;
  /** Null where the file does not say. */
  readonly declaredFrames: number | null;
  readonly flac: FlacStructure | null;
}

export async function checkMaster(
  path: string,
  sizeBytes: number,
  signal: AbortSignal,
  decodingLimits = DECODING_LIMITS,
): Promise<Result<CheckedMaster, Rejection>> {
  if (sizeBytes === 0) return reject("empty", "The file has no bytes.");
  const identified = await identifyFile(path);
  if (!identified.ok) return reject(identified.error, FIRST_BYTES[identified.error]);
  const format = identified.value;
  const structure = await readStructure(path, sizeBytes, format);
  if (structure.isEncrypted) return reject("encrypted", "Its sound is stored under a key that only a player has.");
  if (structure.isCutShort) return reject("truncated", `The ${format} structure goes on beyond the end of the file.`);
  const decoded = await decode(path, format, decodingLimits, signal);
  if (!decoded.ok) return decoded;
  const run = decoded.value;
  const { audio, hasVideo } = parseSourceStreams(run.stderr);
  if (hasVideo) return reject("video", "The file carries moving pictures.");
  if (audio === null) {
    const opened = /^Input #0/m.test(run.stderr);
    return reject(opened ? "not-audio" : "corrupt", `No audio stream was found: ${lastLine(run.stderr)}`);
  }
  const fault = layoutFault(audio) ?? (await decodingFault(path, run, structure)) ?? contentFault(run, audio);
  if (fault !== null) return err(fault);
  return ok({ path, format, stream: audio, totalFrames: framesOf(run, structure) });
}

const FIRST_BYTES: Readonly<Record<FormatRefusal, string>> = {
  archive: "The first bytes are those of an archive.",
  video: "The first bytes are those of a video.",
  "not-audio": "The first bytes are those of no audio format that we take.",
};

function layoutFault({ sampleRate, channels }: AudioStream): Rejection | null {
  const isTaken = sampleRate >= SAMPLE_RATE_MIN && sampleRate <= SAMPLE_RATE_MAX && channels <= CHANNELS_MAX;
  return isTaken ? null : { code: "unusual-layout", detail: `It has ${channels} channels at ${sampleRate} Hz.` };
}

function reject(code: RejectCode, detail: string) {
  return err<Rejection>({ code, detail });
}

async function readStructure(path: string, sizeBytes: number, format: SourceFormat): Promise<Structure> {
  const none = { isCutShort: false, isEncrypted: false, declaredFrames: null, flac: null };
  if (format === "flac") {
    const flac = await scanFile(path, new FlacFrameScanner(NO_SEEKING_MS));
    return { ...none, declaredFrames: flac?.totalFrames || null, flac };
  }
  if (format === "ogg") {
    const { isCutShort, audio } = await scanFile(path, new OggPageScanner(NO_SEEKING_MS));
    return { ...none, isCutShort, declaredFrames: audio?.codec === "vorbis" ? audio.totalFrames : null };
  }
  if (format === "mp3") {
    const mp3 = await scanFile(path, new Mp3FrameScanner(NO_SEEKING_MS));
    // Some encoders count the frame that holds the count.
    const isShort = mp3?.declaredMpegFrames != null && mp3.mpegFrames + 1 < mp3.declaredMpegFrames;
    return { ...none, isCutShort: mp3?.isCutShort === true || isShort };
  }
  if (format === "aac") return { ...none, isCutShort: (await scanFile(path, new AdtsFrameScanner())).isCutShort };
  const { isCutShort, isEncrypted } = await scanFile(path, new ChunkScanner(format, sizeBytes));
  return { ...none, isCutShort, isEncrypted };
}

/** Decodes the whole file, strictly. ffmpeg's exit code, what it said of the input, and a count of the samples. */
async function decode(
  path: string,
  format: SourceFormat,
  limits: FfmpegLimits,
  signal: AbortSignal,
): Promise<Result<FfmpegRun, Rejection>> {
  const decoded = ["-map", "0:a:0", "-af", "aformat=channel_layouts=stereo,volumedetect"];
  // A little more than we take: enough to know that it is too long.
  const output = ["-t", String(DURATION_SECONDS_MAX + 1), "-f", "null", "-"];
  const args = ["-v", "info", ...STRICTNESS[format], ...inputArguments(path, format), ...decoded, ...output];
  try {
    return ok(await runFfmpeg(args, limits, signal));
  } catch (error) {
    // It would end in the same way at each try, on each machine.
    if (error instanceof FfmpegEndedError && error.isOfTheInput) return reject("corrupt", "The decoder breaks on it.");
    throw error;
  }
}

async function decodingFault(path: string, run: FfmpegRun, structure: Structure): Promise<Rejection | null> {
  const decoded = decodedFrames(run);
  const { declaredFrames, flac } = structure;
  const isShort = declaredFrames !== null && decoded < declaredFrames && decoded < longestFrames(run);
  if (run.exitCode === 0 && !isShort) return null;
  const detail = `${decoded} frames${declaredFrames === null ? "" : ` of ${declaredFrames}`} could be decoded`;
  if (flac !== null && (await isFlacCut(path, flac))) return { code: "truncated", detail: `${detail}.` };
  return { code: "corrupt", detail: run.exitCode === 0 ? `${detail}.` : `${detail}: ${lastLine(run.stderr)}` };
}

/** True where the frames of a FLAC file end before its declared length, or within the last of them. */
async function isFlacCut(path: string, flac: FlacStructure): Promise<boolean> {
  if (flac.foundFrames < flac.totalFrames) return flac.missingBlocks === 0;
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(FLAC_FRAME_BYTES_MAX);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, flac.lastBlockOffset);
    return !isWholeFlacFrame(bytes.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function contentFault(run: FfmpegRun, audio: AudioStream): Rejection | null {
  const frames = decodedFrames(run);
  if (frames === 0) return { code: "empty", detail: "The file has a header and no music." };
  const seconds = frames / audio.sampleRate;
  const detail = `It is ${seconds.toFixed(2)} s long.`;
  if (seconds < DURATION_SECONDS_MIN) return { code: "too-short", detail };
  if (seconds > DURATION_SECONDS_MAX) return { code: "too-long", detail };
  const peak = /max_volume: (\S+) dB/.exec(run.stderr)?.[1];
  if (peak === undefined) throw new Error("ffmpeg decoded the master and did not measure it");
  const isSilent = Number(peak) < SILENCE_PEAK_DBFS;
  return isSilent ? { code: "silent", detail: `Its loudest sample is at ${peak} dBFS.` } : null;
}

/** Counted behind a filter that makes two channels of any number. */
function decodedFrames(run: FfmpegRun): number {
  return Number(/n_samples: (\d+)/.exec(run.stderr)?.[1] ?? 0) / 2;
}

/** As far as decoding was asked to go. */
function longestFrames(run: FfmpegRun): number {
  return (parseSourceStreams(run.stderr).audio?.sampleRate ?? 0) * (DURATION_SECONDS_MAX + 1);
}

/** Some builds decode an Ogg file's last block to its end, beyond what its last page counts. */
function framesOf(run: FfmpegRun, structure: Structure): number {
  return Math.min(decodedFrames(run), structure.declaredFrames ?? Number.POSITIVE_INFINITY);
}
