/** Loudness by EBU R 128 over the whole recording, as listeners hear it: in stereo. */
import type { CheckedMaster } from "./check-master.ts";
import { inputArguments, lastLine, limitsFor, runFfmpeg } from "./ffmpeg.ts";
import { stereoFilters } from "./source-streams.ts";

export interface Loudness {
  /** Integrated, in LUFS; null where nothing is loud enough to be measured. */
  readonly loudnessLufs: number | null;
  readonly truePeakDbtp: number | null;
}

/** ffmpeg says -70 where the gate let nothing through (BS.1770: absolute gate). */
const GATE_LUFS = -70;

export async function measureLoudness(master: CheckedMaster, signal: AbortSignal): Promise<Loudness> {
  // Mono sounds from both speakers: measured as one channel it would be taken for 3 LU quieter than it is.
  const filter = [...stereoFilters(master.stream.channels), "ebur128=peak=true:framelog=verbose"].join(",");
  const args = ["-v", "info", ...inputArguments(master.path, master.format), "-map", "0:a:0", "-af", filter];
  const limits = limitsFor(master.totalFrames / master.stream.sampleRate);
  const run = await runFfmpeg([...args, "-f", "null", "-"], limits, signal);
  if (run.exitCode !== 0) throw new Error(`loudness could not be measured: ${lastLine(run.stderr)}`);
  return parseLoudness(run.stderr);
}

export function parseLoudness(stderr: string): Loudness {
  const summary = stderr.slice(stderr.lastIndexOf("Summary:"));
  const integrated = /\bI:\s+(-?[\d.]+|-?inf|nan) LUFS/.exec(summary)?.[1];
  const peak = /\bPeak:\s+(-?[\d.]+|-?inf|nan) dBFS/.exec(summary)?.[1];
  if (integrated === undefined || peak === undefined) throw new Error("ffmpeg gave no summary of loudness");
  const loudnessLufs = finiteOrNull(integrated);
  return {
    loudnessLufs: loudnessLufs !== null && loudnessLufs > GATE_LUFS ? loudnessLufs : null,
    truePeakDbtp: finiteOrNull(peak),
  };
}

function finiteOrNull(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
