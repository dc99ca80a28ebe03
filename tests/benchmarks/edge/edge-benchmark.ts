/**
 * What the edge's checks cost: 256 KiB ranges of signed renditions from the edge as it is deployed, against the same
 * ranges from a Worker that checks nothing.
 */
import { type Benchmark, type Figures, interleavedRounds, median, medianRatio } from "../benchmark.ts";
import { LoadGenerator, type LoadSample } from "../load.ts";
import type { LoadJob } from "../load-protocol.ts";
import { gzipKilobytes } from "../worker-bundle.ts";
import { COUNTRY, type EdgeSystem, type Rendition, startEdgeSystem } from "./edge-system.ts";
import { Listeners, RANGE_BYTES } from "./listeners.ts";

const EDGE_ENTRY = "workers/edge/index.ts";
const CONNECTIONS = 16;
/** Many short rounds: what else the machine does then falls on few of them, and the median leaves those out. */
const ROUND_MS = 500;
const CACHED_ROUNDS = 31;
const BUCKET_ROUNDS = 21;
/** Where the platform would say that the listener is. */
const COUNTRY_HEADERS = { "mf-cf-blob": JSON.stringify({ country: COUNTRY }) };

interface Samples {
  readonly edge: readonly LoadSample[];
  readonly bare: readonly LoadSample[];
}

export const edgeBenchmark: Benchmark = {
  name: "edge",
  summary: "what token, rights and range handling cost on top of a bare range from cache or bucket (about a minute)",
  async run(progress) {
    progress("Starting the edge and a bare Worker in workerd.");
    await using system = await startEdgeSystem(EDGE_ENTRY);
    using generator = new LoadGenerator();
    await warm(system);
    const contender = (port: number, pathOf: (rendition: Rendition) => Promise<string>) => {
      const listeners = new Listeners(system, pathOf);
      return () => listeners.play((requests) => generator.measure(jobFor(port, requests), system.pid));
    };
    const { ports, signedPath } = system;
    progress(`Ranges from the cache: ${CACHED_ROUNDS} rounds.`);
    const cached = await interleavedRounds(CACHED_ROUNDS, {
      edge: contender(ports.edge, signedPath),
      bare: contender(ports.bare, async ({ key }) => `/cache/${key}`),
    });
    progress(`Ranges from the bucket: ${BUCKET_ROUNDS} rounds.`);
    const bucket = await interleavedRounds(BUCKET_ROUNDS, {
      edge: contender(ports.uncachedEdge, signedPath),
      bare: contender(ports.bare, async ({ key }) => `/bucket/${key}`),
    });
    return figuresOf(cached, bucket, gzipKilobytes(system.edgeScript));
  },
};

function jobFor(port: number, requests: LoadJob["requests"]): LoadJob {
  return {
    port,
    connections: CONNECTIONS,
    durationMs: ROUND_MS,
    headers: COUNTRY_HEADERS,
    requests,
    expected: { status: 206, sizeBytes: RANGE_BYTES },
  };
}

function figuresOf(cached: Samples, bucket: Samples, bundleKb: number): Figures {
  const added = cached.edge.map((sample, round) => sample.cpuMicros - (cached.bare[round]?.cpuMicros ?? Number.NaN));
  const cpu = (samples: readonly LoadSample[]) => samples.map(({ cpuMicros }) => cpuMicros);
  const perSecond = (samples: readonly LoadSample[]) => Math.round(median(throughput(samples)));
  const ratio = ({ edge, bare }: Samples) => rounded(medianRatio(throughput(edge), throughput(bare)), 3);
  return {
    cachedRangeRatio: { value: ratio(cached), unit: "", meaning: "throughput of cached ranges, edge / bare" },
    r2RangeRatio: { value: ratio(bucket), unit: "", meaning: "throughput of ranges from the bucket, edge / bare" },
    cachedCpuRatio: {
      value: rounded(medianRatio(cpu(cached.bare), cpu(cached.edge)), 3),
      unit: "",
      meaning: "CPU of a cached range, bare / edge: the throughput ratio where CPU is what is short",
    },
    cpuAddedMicros: { value: Math.round(median(added)), unit: "us", meaning: "CPU a cached range takes above bare" },
    edgeBundleGzipKb: { value: rounded(bundleKb, 1), unit: "KB", meaning: "size of the edge Worker, gzipped" },
    bareCpuMicros: {
      value: Math.round(median(cpu(cached.bare))),
      unit: "us",
      meaning: "CPU of a bare cached range",
    },
    cachedRangesPerSecond: { value: perSecond(cached.edge), unit: "/s", meaning: "cached ranges from the edge" },
    bareCachedRangesPerSecond: { value: perSecond(cached.bare), unit: "/s", meaning: "cached ranges, bare" },
    r2RangesPerSecond: { value: perSecond(bucket.edge), unit: "/s", meaning: "ranges from the bucket, edge" },
    bareR2RangesPerSecond: { value: perSecond(bucket.bare), unit: "/s", meaning: "ranges from the bucket, bare" },
    cachedP50Ms: {
      value: rounded(median(cached.edge.map(({ p50Ms }) => p50Ms)), 2),
      unit: "ms",
      meaning: `median time to the last byte of a cached range, ${CONNECTIONS} connections`,
    },
  };
}

function throughput(samples: readonly LoadSample[]): number[] {
  return samples.map(({ requestsPerSecond }) => requestsPerSecond);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

const WARMING_ATTEMPTS_MAX = 100;
const WARMING_PAUSE_MS = 50;

/** Until every rendition comes from the cache of both Workers. */
async function warm({ ports, renditions, signedPath }: EdgeSystem): Promise<void> {
  for (const rendition of renditions) {
    await untilCached(ports.edge, await signedPath(rendition), (answer) =>
      (answer.headers.get("server-timing") ?? "").includes("cache;desc=hit"),
    );
    await untilCached(ports.bare, `/cache/${rendition.key}`, (answer) => answer.status === 206);
  }
}

async function untilCached(port: number, path: string, isCached: (answer: Response) => boolean): Promise<void> {
  const headers = { range: "bytes=0-0", ...COUNTRY_HEADERS };
  for (let attempt = 0; attempt < WARMING_ATTEMPTS_MAX; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await answer.arrayBuffer();
    if (isCached(answer)) return;
    await new Promise((resolve) => setTimeout(resolve, WARMING_PAUSE_MS));
  }
  throw new Error(`${path.split("?")[0]} did not get into the cache`);
}
