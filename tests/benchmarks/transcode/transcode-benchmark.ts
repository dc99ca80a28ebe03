/**
 * What a master costs: the whole ladder as the transcode job makes it, beside the ffmpeg commands that give the same
 * files, run by hand one after the other. The music is that of the demo, composed when it is needed.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readSeekTable } from "#domain/delivery/seek-table.ts";
import { MADE_PROFILES } from "#domain/ingest/ladder.ts";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { createSlots } from "#jobs/slots.ts";
import { type CheckedMaster, checkMaster } from "#jobs/transcode/check-master.ts";
import type { Rendition } from "#jobs/transcode/encode-rendition.ts";
import { makeLadder } from "#jobs/transcode/make-ladder.ts";
import { measureLoudness } from "#jobs/transcode/measure-loudness.ts";
import { profileSound } from "#jobs/transcode/sound-profile.ts";
import { composeDemo } from "#scripts/demo/compose-demo.ts";
import { type Benchmark, type Figures, interleavedRounds, median, medianRatio } from "../benchmark.ts";
import { endedChildrenCpuMicros } from "../process-cpu.ts";

const TRACKS = 2;
const ROUNDS = 3;
/** Any day: it stands in tags, which no rendition keeps. */
const COMPOSED_AT_MS = Date.UTC(2026, 0, 1);

const run = promisify(execFile);
const never = new AbortController().signal;

export const transcodeBenchmark: Benchmark = {
  name: "transcode",
  summary: "the whole ladder as the job makes it, beside the same ffmpeg commands one after the other",
  async run(progress) {
    const folder = await mkdtemp(join(tmpdir(), "rimshot-transcode-benchmark-"));
    try {
      progress("Composing the music.");
      const masters = await composeMasters(folder);
      const first = await Promise.all(masters.map((master) => transcode(master, folder)));
      const renditions = first.flatMap((made) => made.renditions);
      progress(`${ROUNDS} rounds of ${masters.length} masters, by the job and by hand.`);
      const rounds = await interleavedRounds(ROUNDS, {
        job: () => measureRound(() => transcodeAll(masters, folder)),
        byHand: () => measureRound(() => runByHand(renditions, folder)),
      });
      const audioSeconds = masters.reduce((sum, master) => sum + secondsOf(master), 0);
      return { ...speedFigures(rounds.job, rounds.byHand, audioSeconds), ...fileFigures(renditions, audioSeconds) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function composeMasters(folder: string): Promise<CheckedMaster[]> {
  const masters: CheckedMaster[] = [];
  for await (const { path, track } of composeDemo({ outDir: join(folder, "music"), nowMs: COMPOSED_AT_MS })) {
    const master = await checkMaster(path, (await stat(path)).size, never);
    if (!master.ok) throw new Error(`${track.title} was not taken: ${master.error.code}`);
    masters.push(master.value);
    if (masters.length === TRACKS) break;
  }
  return masters;
}

interface Transcoded {
  readonly renditions: readonly Rendition[];
  readonly ladderSeconds: number;
}

/** All that the job does with a master that it has on its disk, in the same order. */
async function transcode(master: CheckedMaster, folder: string): Promise<Transcoded> {
  const encoders = createSlots(availableParallelism());
  await encoders.run(async () => checkMaster(master.path, (await stat(master.path)).size, never));
  const [, { previewStartFrame }] = await Promise.all([measureLoudness(master, never), profileSound(master, never)]);
  const target = await mkdtemp(join(folder, "ladder-"));
  const startedAtMs = performance.now();
  const task = { master, folder: target, encoders, previewStartFrame, onBegin: () => {}, onMade: () => {} };
  const renditions = await makeLadder(task, never);
  return { renditions, ladderSeconds: (performance.now() - startedAtMs) / 1_000 };
}

interface Round {
  /** Of the wall clock, for the ladder alone. */
  readonly ladderSeconds: number;
  /** For everything, by this process and all that it started. */
  readonly cpuSeconds: number;
}

/** `work` answers how long the ladder took. */
async function measureRound(work: () => Promise<number>): Promise<Round> {
  const cpuBefore = await endedChildrenCpuMicros();
  const ownBefore = process.cpuUsage();
  const ladderSeconds = await work();
  const own = process.cpuUsage(ownBefore);
  const cpuMicros = (await endedChildrenCpuMicros()) - cpuBefore + own.user + own.system;
  return { ladderSeconds, cpuSeconds: cpuMicros / 1_000_000 };
}

async function transcodeAll(masters: readonly CheckedMaster[], folder: string): Promise<number> {
  let ladderSeconds = 0;
  for (const master of masters) ladderSeconds += (await transcode(master, folder)).ladderSeconds;
  return ladderSeconds;
}

/** In seconds: one command for each file, which somebody who knew the right quality beforehand would have typed. */
async function runByHand(renditions: readonly Rendition[], folder: string): Promise<number> {
  const target = join(folder, "by-hand");
  await mkdir(target, { recursive: true });
  const startedAtMs = performance.now();
  for (const { command, profile } of renditions) {
    const output = join(target, `${profile.id}.${profile.extension}`);
    await run(ffmpegPath(), ["-nostdin", ...command, "-y", `file:${output}`]);
  }
  return (performance.now() - startedAtMs) / 1_000;
}

function speedFigures(job: readonly Round[], byHand: readonly Round[], audioSeconds: number): Figures {
  const ladder = job.map(({ ladderSeconds }) => ladderSeconds);
  const handSeconds = byHand.map(({ ladderSeconds }) => ladderSeconds);
  const cores = availableParallelism();
  return {
    ladderSpeedup: {
      value: rounded(medianRatio(handSeconds, ladder)),
      unit: "times",
      meaning: `as fast as one command for each file, one after the other, on ${cores} cores`,
    },
    audioSecondsPerCpuSecond: {
      value: rounded(median(job.map(({ cpuSeconds }) => audioSeconds / cpuSeconds))),
      unit: "s",
      meaning: "of a master checked, measured and made into all its renditions",
    },
    ladderSeconds: { value: rounded(median(ladder)), unit: "s", meaning: `for ${audioSeconds.toFixed(0)} s of music` },
    byHandAudioSecondsPerCpuSecond: {
      value: rounded(median(byHand.map(({ cpuSeconds }) => audioSeconds / cpuSeconds))),
      unit: "s",
      meaning: "of a master made into all its renditions by hand, unchecked and unmeasured",
    },
    byHandSeconds: { value: rounded(median(handSeconds)), unit: "s", meaning: "the same by hand" },
  };
}

function fileFigures(renditions: readonly Rendition[], audioSeconds: number): Figures {
  const tiers = MADE_PROFILES.filter(({ targetKbps }) => targetKbps > 0).map(({ id, targetKbps }) => {
    const rates = renditions.filter(({ profile }) => profile.id === id).map(({ report }) => report.bitrate_kbps);
    const furthest = Math.max(...rates.map((kbps) => Math.abs(kbps / targetKbps - 1)));
    const meaning = `of ${id} from its tier at most: ${rates.join(", ")} kbit/s`;
    return [`tierOffPercent:${id}`, { value: rounded(furthest * 100), unit: "%", meaning }] as const;
  });
  const tables = renditions.map(({ report }) => report.seek_table ?? "");
  const packed = tables.reduce((sum, table) => sum + table.length, 0);
  const json = tables.reduce((sum, table) => sum + JSON.stringify(readSeekTable(table)).length, 0);
  return {
    ...Object.fromEntries(tiers),
    seekTableBytesPerSecond: {
      value: rounded(packed / audioSeconds),
      unit: "bytes",
      meaning: "of seek tables of all files, for each second of music, as they are kept",
    },
    seekTableJsonBytesPerSecond: {
      value: rounded(json / audioSeconds),
      unit: "bytes",
      meaning: "of the same tables as JSON",
    },
  };
}

function secondsOf({ totalFrames, stream }: CheckedMaster): number {
  return totalFrames / stream.sampleRate;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
