/** A song as the transcode job would publish it: of the usual length, in one rung of the ladder. */
import { execFile } from "node:child_process";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LadderProfile } from "#domain/ingest/ladder.ts";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { checkMaster } from "#jobs/transcode/check-master.ts";
import { encodeRendition } from "#jobs/transcode/encode-rendition.ts";

export const SONG_SECONDS = 205;

const run = promisify(execFile);

/** Chords under noise: something that an encoder cannot make small by finding it silent. */
export async function makeMaster(folder: string): Promise<string> {
  const path = join(folder, "master.wav");
  const tone = `aevalsrc=0.3*sin(440*2*PI*t)+0.2*sin(554*2*PI*t):s=44100:d=${SONG_SECONDS}`;
  const noise = `anoisesrc=d=${SONG_SECONDS}:c=pink:r=44100:a=0.2:seed=7`;
  const mixed = "[0][1]amix=inputs=2,aformat=channel_layouts=stereo";
  const inputs = ["-f", "lavfi", "-i", tone, "-f", "lavfi", "-i", noise];
  await run(ffmpegPath(), ["-nostdin", "-loglevel", "error", ...inputs, "-filter_complex", mixed, "-y", path]);
  return path;
}

/** The path of the rendition. */
export async function encodeSong(profile: LadderProfile, masterPath: string, folder: string): Promise<string> {
  const never = new AbortController().signal;
  const master = await checkMaster(masterPath, (await stat(masterPath)).size, never);
  if (!master.ok) throw new Error(`the song was not taken: ${master.error.code}`);
  const target = join(folder, profile.id);
  await mkdir(target);
  return (await encodeRendition({ profile, master: master.value, folder: target }, never)).path;
}
