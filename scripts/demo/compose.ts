/** The command line of the demo music: writes the whole catalog into a folder and measures what came out. */
import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { type ComposedTrack, composeDemo } from "./compose-demo.ts";

const HELP = `Composes Rimshot's demo music (CC0) as FLAC, WAV, MP3 and Ogg Vorbis files.

Usage: node scripts/demo/compose.ts --out DIR

  --out DIR   where the files go; made if need be, files of the same name are replaced
  --help      this text

ffmpeg is found on PATH, else the packaged one is used; RIMSHOT_FFMPEG names another.
`;

interface Measurement {
  readonly seconds: string;
  readonly peakDbfs: string;
  readonly loudnessLufs: string;
}

const MEASURE_TIMEOUT_MS = 60_000;
const run = promisify(execFile);

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "string") {
    process.stderr.write(`${options}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const composed = await composeAll(options.out);
  process.stdout.write(`\n${"seconds".padStart(8)} ${"peak".padStart(7)} ${"LUFS".padStart(7)}  title\n`);
  for (const { path, track } of composed) {
    const { seconds, peakDbfs, loudnessLufs } = await measure(path);
    const figures = `${seconds.padStart(8)} ${peakDbfs.padStart(7)} ${loudnessLufs.padStart(7)}`;
    process.stdout.write(`${figures}  ${track.title} (${track.style}, ${track.format})\n`);
  }
  return 0;
}

function readOptions(): { help: boolean; out: string } | string {
  try {
    const { values } = parseArgs({ options: { out: { type: "string" }, help: { type: "boolean", default: false } } });
    if (!values.help && !values.out) return "--out is missing";
    return { help: values.help, out: values.out ?? "" };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function composeAll(outDir: string): Promise<readonly ComposedTrack[]> {
  const composed: ComposedTrack[] = [];
  let started = performance.now();
  for await (const item of composeDemo({ outDir, nowMs: Date.now() })) {
    composed.push(item);
    const tookMs = Math.round(performance.now() - started);
    process.stdout.write(`${item.release.artist}: ${item.track.title} -> ${item.path} (${tookMs} ms)\n`);
    started = performance.now();
  }
  return composed;
}

/** Read from what ffmpeg says, so that the figures are of the file as others will hear it. */
async function measure(path: string): Promise<Measurement> {
  const filter = ["-filter:a", "ebur128=framelog=verbose:peak=sample", "-f", "null", "-"];
  const { stderr } = await run(ffmpegPath(), ["-v", "info", "-nostats", "-i", path, ...filter], {
    timeout: MEASURE_TIMEOUT_MS,
    maxBuffer: 2 ** 24,
  });
  const [hours = 0, minutes = 0, seconds = 0] = (/Duration: ([\d:.]+)/.exec(stderr)?.[1] ?? "").split(":").map(Number);
  return {
    seconds: (hours * 3_600 + minutes * 60 + seconds).toFixed(1),
    peakDbfs: /Sample peak:\s+Peak:\s+(\S+) dBFS/.exec(stderr)?.[1] ?? "?",
    loudnessLufs: /Integrated loudness:\s+I:\s+(\S+) LUFS/.exec(stderr)?.[1] ?? "?",
  };
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`compose: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
