/** Short recordings for tests, made by ffmpeg when they are needed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";

export interface FixtureFolder {
  readonly path: string;
  file(name: string): string;
  /** Runs ffmpeg with these arguments and writes `name`; answers its path. */
  make(name: string, ...args: string[]): string;
  remove(): void;
}

export function fixtureFolder(): FixtureFolder {
  const path = mkdtempSync(join(tmpdir(), "rimshot-fixtures-"));
  const file = (name: string) => join(path, name);
  return {
    path,
    file,
    make(name, ...args) {
      ffmpeg(...args, "-y", file(name));
      return file(name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export function ffmpeg(...args: string[]): Buffer {
  return execFileSync(ffmpegPath(), ["-v", "error", "-nostdin", ...args], { maxBuffer: 64 * 1024 ** 2 });
}

/** Input arguments for two tones and noise, the same at every run: music to any codec. */
export function music(seconds: number, sampleRate = 44_100, channels: "mono" | "stereo" | "5.1" = "stereo"): string[] {
  const tones = "0.3*sin(2*PI*220*t)+0.2*sin(2*PI*(440+40*sin(t))*t)+0.05*(random(0)-0.5)";
  const count = { mono: 1, stereo: 2, "5.1": 6 }[channels];
  const expressions = Array.from({ length: count }, (_, i) => `${tones}*${1 - i / 10}`).join("|");
  return ["-f", "lavfi", "-i", `aevalsrc=${expressions}:s=${sampleRate}:d=${seconds}:c=${channels}`];
}

export function silence(seconds: number): string[] {
  return ["-f", "lavfi", "-t", String(seconds), "-i", "anullsrc=r=8000:cl=mono"];
}

/** The samples of a file, decoded as 32-bit floats in two channels. */
export function decodedFrames(path: string, ...inputArgs: string[]): number {
  return ffmpeg(...inputArgs, "-i", path, "-map", "0:a:0", "-ac", "2", "-f", "f32le", "-").length / 8;
}
