/**
 * What a megabyte of audio costs the edge by the size of the ranges it is asked for in. All of it comes from the cache,
 * so what is left is the edge's own work for each request and the way of the bytes through it.
 */
import { type Benchmark, type Figures, interleavedRounds, median } from "../benchmark.ts";
import { COUNTRY, type EdgeSystem, RENDITION_BYTES, startEdgeSystem } from "../edge/edge-system.ts";
import { LoadGenerator, type LoadSample } from "../load.ts";
import type { LoadJob } from "../load-protocol.ts";

const EDGE_ENTRY = "workers/edge/index.ts";
const KIBIBYTE = 1_024;
const MEBIBYTE = KIBIBYTE ** 2;
const MEGABYTE = 1_000_000;
const CONNECTIONS = 8;
const ROUND_MS = 700;
const ROUNDS = 15;
/** Enough that no account comes near its limit of requests a second. */
const LISTENERS = 200;
const WARMING_ATTEMPTS_MAX = 100;
const WARMING_PAUSE_MS = 50;
const HEADERS = { "mf-cf-blob": JSON.stringify({ country: COUNTRY }) };

/** The last one is what a browser's audio element asks for: all there is, in one open range. */
const RANGE_BYTES = {
  "256k": 256 * KIBIBYTE,
  "1m": MEBIBYTE,
  "4m": 4 * MEBIBYTE,
  Open: RENDITION_BYTES,
} as const;

type SizeName = keyof typeof RANGE_BYTES;

export const rangeSizeBenchmark: Benchmark = {
  name: "range-size",
  summary: "CPU of a megabyte from the cache in ranges of 256 KiB, 1 MiB, 4 MiB and in one (about a minute)",
  async run(progress) {
    progress("Starting the edge in workerd.");
    await using system = await startEdgeSystem(EDGE_ENTRY);
    using generator = new LoadGenerator();
    await warm(system);
    const contender = async (size: SizeName) => generator.measure(await jobFor(system, size), system.pid);
    progress(`Each size ${ROUNDS} times.`);
    const samples = await interleavedRounds(ROUNDS, {
      "256k": () => contender("256k"),
      "1m": () => contender("1m"),
      "4m": () => contender("4m"),
      Open: () => contender("Open"),
    });
    return figuresOf(samples);
  },
};

async function jobFor({ ports, renditions, signedPath }: EdgeSystem, size: SizeName): Promise<LoadJob> {
  const sizeBytes = RANGE_BYTES[size];
  const requests: { path: string; range: string }[] = [];
  for (let listener = 0; listener < LISTENERS; listener++) {
    const rendition = renditions[listener % renditions.length];
    if (rendition === undefined) throw new RangeError("there is nothing to play");
    const path = await signedPath(rendition);
    for (let offset = 0; offset + sizeBytes <= RENDITION_BYTES; offset += sizeBytes) {
      requests.push({ path, range: size === "Open" ? "bytes=0-" : `bytes=${offset}-${offset + sizeBytes - 1}` });
    }
  }
  return {
    port: ports.edge,
    connections: CONNECTIONS,
    durationMs: ROUND_MS,
    headers: HEADERS,
    requests: byTurns(requests),
    expected: { status: 206, sizeBytes },
  };
}

/** The first range of each listener, then the second: nobody asks twice in a row. */
function byTurns<T>(requests: readonly T[]): readonly T[] {
  const perListener = requests.length / LISTENERS;
  return requests.map((_unused, index) => {
    const request = requests[(index % LISTENERS) * perListener + Math.floor(index / LISTENERS)];
    if (request === undefined) throw new RangeError("a listener has no such range");
    return request;
  });
}

function figuresOf(samples: Readonly<Record<SizeName, readonly LoadSample[]>>): Figures {
  const perRequest = (size: SizeName) => median(samples[size].map(({ cpuMicros }) => cpuMicros));
  const perMegabyte = (size: SizeName) => Math.round((perRequest(size) * MEGABYTE) / RANGE_BYTES[size]);
  const figure = (size: SizeName, asked: string) => ({
    value: perMegabyte(size),
    unit: "us",
    meaning: `CPU of a megabyte asked for ${asked}`,
  });
  return {
    cpuMicrosPerMb256k: figure("256k", "in ranges of 256 KiB"),
    cpuMicrosPerMb1m: figure("1m", "in ranges of 1 MiB"),
    cpuMicrosPerMb4m: figure("4m", "in ranges of 4 MiB"),
    cpuMicrosPerMbOpen: figure("Open", "in one open range of 5 MiB"),
  };
}

async function warm({ ports, renditions, signedPath }: EdgeSystem): Promise<void> {
  for (const rendition of renditions) await untilCached(`http://127.0.0.1:${ports.edge}${await signedPath(rendition)}`);
}

async function untilCached(url: string): Promise<void> {
  for (let attempt = 0; attempt < WARMING_ATTEMPTS_MAX; attempt++) {
    const answer = await fetch(url, { headers: { range: "bytes=0-0", ...HEADERS } });
    await answer.arrayBuffer();
    if (answer.headers.get("server-timing")?.includes("cache;desc=hit")) return;
    await new Promise((resolve) => setTimeout(resolve, WARMING_PAUSE_MS));
  }
  throw new Error("a rendition did not get into the cache");
}
