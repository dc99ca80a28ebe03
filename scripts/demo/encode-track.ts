/** Writes 16-bit samples as an audio file with its tags: WAV by itself, the rest by ffmpeg. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import type { DemoFormat } from "./demo-catalog.ts";
import { SAMPLE_RATE_HZ } from "./sound/audio-format.ts";
import type { TrackTags } from "./track-tags.ts";
import { wavFile } from "./wav-file.ts";

const CONTENT_TYPES = {
  flac: "audio/flac",
  wav: "audio/wav",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
} as const satisfies Readonly<Record<DemoFormat, string>>;

export type DemoContentType = (typeof CONTENT_TYPES)[DemoFormat];

interface Encoding {
  readonly parameters: readonly string[];
  /** ID3 has a frame for the ISRC; Vorbis comments take the name as it is. */
  readonly isrcKey: "ISRC" | "TSRC";
}

const ENCODINGS: Readonly<Record<Exclude<DemoFormat, "wav">, Encoding>> = {
  flac: { parameters: ["-c:a", "flac", "-compression_level", "5"], isrcKey: "ISRC" },
  mp3: { parameters: ["-c:a", "libmp3lame", "-b:a", "192k", "-compression_level", "7"], isrcKey: "TSRC" },
  ogg: { parameters: ["-c:a", "libvorbis", "-q:a", "6"], isrcKey: "ISRC" },
};

const ENCODE_TIMEOUT_MS = 60_000;
const ERROR_CHARACTERS_MAX = 2_000;

export function contentTypeOf(format: DemoFormat): DemoContentType {
  return CONTENT_TYPES[format];
}

/** `samples` are left and right in turn. Rejects where the file cannot be written, with ffmpeg's own words. */
export async function encodeTrack(
  path: string,
  format: DemoFormat,
  samples: Int16Array,
  tags: TrackTags,
): Promise<void> {
  if (format === "wav") return await writeFile(path, wavFile(samples, tags));
  const { parameters, isrcKey } = ENCODINGS[format];
  const { isrc, ...named } = tags;
  const metadata = Object.entries({ ...named, [isrcKey]: isrc }).flatMap(([key, value]) => [
    "-metadata",
    `${key}=${value}`,
  ]);
  // Without bitexact an Ogg gets a random serial number, and every file the version of ffmpeg.
  const exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact"];
  const input = ["-f", "s16le", "-ar", String(SAMPLE_RATE_HZ), "-ac", "2", "-i", "pipe:0"];
  await runFfmpeg(["-v", "error", ...input, ...parameters, ...exact, ...metadata, "-y", path], samples);
}

function runFfmpeg(parameters: readonly string[], samples: Int16Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(ffmpegPath(), parameters, { stdio: ["pipe", "ignore", "pipe"], timeout: ENCODE_TIMEOUT_MS });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-ERROR_CHARACTERS_MAX);
    });
    // When ffmpeg gives up early the pipe breaks; its exit code tells the story.
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`ffmpeg ended with ${signal ?? code}: ${said.trim()}`));
    });
    child.stdin.end(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  });
}
