/** Whole objects or pieces of them as entries of the cache: see docs/decisions/0013-cache-entries.md. */
import { readFile } from "node:fs/promises";
import { type Benchmark, type Figure, type Figures, interleavedRounds, median } from "../benchmark.ts";
import { LoadGenerator, type LoadSample } from "../load.ts";
import type { LoadJob } from "../load-protocol.ts";
import { CHUNK_BYTES, LATENCY_MS, type ShapeSystem, SIZES, type SizeName, startShapeSystem } from "./shape-system.ts";

type Shape = "whole" | "chunk";

/** A quarter of a piece: no range crosses from one into the next. */
const RANGE_BYTES = CHUNK_BYTES / 4;
const MISS_ROUNDS = 9;
const HIT_ROUNDS = 15;
const ROUND_MS = 500;
const CONNECTIONS = 16;
const SETTLE_MS = 1_500;
const RSS_POLL_MS = 10;

export const cacheShapeBenchmark: Benchmark = {
  name: "cache-shape",
  summary: "cache entries of whole objects against pieces of 1 MiB: misses, hits, what is read (about a minute)",
  async run(progress) {
    progress("Storing objects of 5, 40 and 500 MB.");
    await using system = await startShapeSystem();
    using generator = new LoadGenerator();
    progress(`Misses: ${MISS_ROUNDS} rounds.`);
    const song = await missesOf(system, "song");
    const lossless = await missesOf(system, "lossless");
    progress(`Hits: ${HIT_ROUNDS} rounds.`);
    const hits = await hitsOf(system, generator);
    progress("A listener who hears one range, and one who hears all.");
    const skipped = { whole: await readsOf(system, "whole", 1), chunk: await readsOf(system, "chunk", 1) };
    const all = Math.floor(SIZES.lossless / RANGE_BYTES);
    const heard = { whole: await readsOf(system, "whole", all), chunk: await readsOf(system, "chunk", all) };
    progress("Filling the edge's cache with an object of 500 MB.");
    const fill = await largeFill(system);
    return {
      ...missFigures("Song", song),
      ...missFigures("Lossless", lossless),
      hitWholePerSecond: hitFigure(hits.whole, "whole objects"),
      hitChunkPerSecond: hitFigure(hits.chunk, "pieces of 1 MiB"),
      hitWholeCpuMicros: cpuFigure(hits.whole, "whole objects"),
      hitChunkCpuMicros: cpuFigure(hits.chunk, "pieces of 1 MiB"),
      ...readFigures("Skip", skipped, "one range of 40 MB is heard"),
      ...readFigures("Listen", heard, "all of 40 MB is heard"),
      largeFillMs: { value: Math.round(fill.elapsedMs), unit: "ms", meaning: "edge fills its cache with 500 MB" },
      largeFillRssMb: { value: fill.rssMb, unit: "MB", meaning: "by which workerd grows meanwhile" },
    };
  },
};

let entries = 0;

interface Miss {
  readonly firstByteMs: number;
}

/** The first range of an object that nobody has asked for. What it makes the cache read is over before the next. */
function missesOf({ port, keys }: ShapeSystem, size: SizeName) {
  const miss = (shape: Shape) => async (): Promise<Miss> => {
    entries += 1;
    const startedAt = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}/${shape}/${entries}/${keys[size]}`, {
      headers: { range: `bytes=0-${RANGE_BYTES - 1}` },
    });
    const reader = answer.body?.getReader();
    await reader?.read();
    const firstByteMs = performance.now() - startedAt;
    while ((await reader?.read())?.done === false);
    if (answer.headers.get("x-cache") !== "miss") throw new Error("a miss was a hit");
    await pause(SETTLE_MS / 3);
    return { firstByteMs };
  };
  return interleavedRounds(MISS_ROUNDS, { whole: miss("whole"), chunk: miss("chunk") });
}

async function hitsOf(system: ShapeSystem, generator: LoadGenerator) {
  const { port, pid, keys } = system;
  const hit = async (shape: Shape) => {
    const path = `/${shape}/hits/${keys.song}`;
    const requests: LoadJob["requests"][number][] = [];
    for (let offset = 0; offset + RANGE_BYTES <= SIZES.song; offset += RANGE_BYTES) {
      requests.push({ path, range: `bytes=${offset}-${offset + RANGE_BYTES - 1}` });
    }
    for (const { range } of requests) {
      await (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { range } })).arrayBuffer();
    }
    await pause(SETTLE_MS);
    await takeCounts(system);
    const expected = { status: 206, sizeBytes: RANGE_BYTES };
    const job = { port, connections: CONNECTIONS, durationMs: ROUND_MS, headers: {}, requests, expected };
    return () => generator.measure(job, pid);
  };
  const samples = await interleavedRounds(HIT_ROUNDS, { whole: await hit("whole"), chunk: await hit("chunk") });
  if ((await takeCounts(system)).reads > 0) throw new Error("a hit was a miss");
  return samples;
}

interface Reads {
  readonly reads: number;
  readonly bytes: number;
}

/** What the bucket is read for a listener who hears so many ranges, one after the other as a player asks for them. */
async function readsOf(system: ShapeSystem, shape: Shape, ranges: number): Promise<Reads> {
  entries += 1;
  await takeCounts(system);
  for (let index = 0; index < ranges; index++) {
    const offset = index * RANGE_BYTES;
    const headers = { range: `bytes=${offset}-${offset + RANGE_BYTES - 1}` };
    const url = `http://127.0.0.1:${system.port}/${shape}/${entries}/${system.keys.lossless}`;
    await (await fetch(url, { headers })).arrayBuffer();
    await pause(LATENCY_MS);
  }
  await pause(SETTLE_MS);
  return takeCounts(system);
}

async function takeCounts({ port }: ShapeSystem): Promise<Reads> {
  return (await (await fetch(`http://127.0.0.1:${port}/counts`)).json()) as Reads;
}

/** The largest growth of workerd while the edge, as it is deployed, puts 500 MB into its cache. */
async function largeFill({ edgePort, pid, prewarmPath }: ShapeSystem): Promise<{ elapsedMs: number; rssMb: number }> {
  const before = await residentMb(pid);
  let peak = before;
  const watch = setInterval(async () => {
    peak = Math.max(peak, await residentMb(pid));
  }, RSS_POLL_MS);
  try {
    const startedAt = performance.now();
    const answer = await fetch(`http://127.0.0.1:${edgePort}${await prewarmPath("large")}`, { method: "POST" });
    const said = answer.headers.get("x-cache");
    if (said !== "filled") throw new Error(`the edge answered with ${answer.status} ${said}`);
    return { elapsedMs: performance.now() - startedAt, rssMb: Math.round(peak - before) };
  } finally {
    clearInterval(watch);
  }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_000;
}

function missFigures(size: string, misses: Readonly<Record<Shape, readonly Miss[]>>): Figures {
  const figure = (shape: Shape): Figure => ({
    value: Number(median(misses[shape].map(({ firstByteMs }) => firstByteMs)).toFixed(1)),
    unit: "ms",
    meaning: `to the first byte at a miss, ${LATENCY_MS} ms of it the bucket's`,
  });
  return { [`firstByteWhole${size}Ms`]: figure("whole"), [`firstByteChunk${size}Ms`]: figure("chunk") };
}

function hitFigure(samples: readonly LoadSample[], shape: string): Figure {
  const value = Math.round(median(samples.map(({ requestsPerSecond }) => requestsPerSecond)));
  return { value, unit: "/s", meaning: `cached ranges of 256 KiB out of ${shape}` };
}

function cpuFigure(samples: readonly LoadSample[], shape: string): Figure {
  const value = Math.round(median(samples.map(({ cpuMicros }) => cpuMicros)));
  return { value, unit: "us", meaning: `CPU of such a range out of ${shape}` };
}

function readFigures(name: string, { whole, chunk }: Readonly<Record<Shape, Reads>>, when: string): Figures {
  const megabytes = ({ bytes }: Reads): Figure => ({
    value: Number((bytes / 1_000_000).toFixed(1)),
    unit: "MB",
    meaning: `read from the bucket where ${when}`,
  });
  const reads = ({ reads: value }: Reads): Figure => ({
    value,
    unit: "",
    meaning: `reads of the bucket where ${when}`,
  });
  return {
    [`r2Whole${name}Mb`]: megabytes(whole),
    [`r2Chunk${name}Mb`]: megabytes(chunk),
    [`r2Whole${name}Reads`]: reads(whole),
    [`r2Chunk${name}Reads`]: reads(chunk),
  };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
