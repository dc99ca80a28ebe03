/** What the rounds of the edge's benchmark say. */
import { type Figure, type Figures, median, medianRatio } from "../benchmark.ts";
import type { LoadSample } from "../load.ts";

/** The edge and another server, round by round. */
export interface Samples {
  readonly edge: readonly LoadSample[];
  readonly other: readonly LoadSample[];
}

export interface Measured {
  /** Against the bare Worker. */
  readonly cached: Samples;
  readonly bucket: Samples;
  /** The edge's cached ranges against a server that is not on every machine. */
  readonly nginx: Samples | null;
  readonly supysonic: Samples | null;
  readonly startupMs: number;
  readonly bundleKb: number;
}

type Measure = (sample: LoadSample) => number;

const throughput: Measure = ({ requestsPerSecond }) => requestsPerSecond;
const cpu: Measure = ({ cpuMicros }) => cpuMicros;
const p50: Measure = ({ p50Ms }) => p50Ms;
const p99: Measure = ({ p99Ms }) => p99Ms;

export function figuresOf({ cached, bucket, nginx, supysonic, startupMs, bundleKb }: Measured): Figures {
  return {
    cachedRangeRatio: ratio(cached, throughput, "throughput of cached ranges, edge / bare"),
    r2RangeRatio: ratio(bucket, throughput, "throughput of ranges from the bucket, edge / bare"),
    p99Ratio: ratio(cached, p99, "99th percentile of the time of cached ranges, edge / bare: for information"),
    cachedCpuRatio: ratio(
      { edge: cached.other, other: cached.edge },
      cpu,
      "CPU of a cached range, bare / edge: the throughput ratio where CPU is what is short",
    ),
    cpuAddedMicros: { value: Math.round(addedCpu(cached)), unit: "us", meaning: "CPU a cached range takes above bare" },
    nginxRatio: ratio(nginx, throughput, "throughput of cached ranges, edge / nginx with signed URLs"),
    supysonicRatio: ratio(supysonic, throughput, "throughput of cached ranges, edge / supysonic"),
    edgeBundleGzipKb: {
      value: rounded(bundleKb, 1),
      unit: "KB",
      meaning: "size of the edge Worker, minified, gzipped",
    },
    startupMs: {
      value: rounded(startupMs, 1),
      unit: "ms",
      meaning: "first request of a fresh isolate with the edge, above one with an empty Worker",
    },
    ...absoluteFigures({ cached, bucket, nginx, supysonic }),
  };
}

function absoluteFigures({
  cached,
  bucket,
  nginx,
  supysonic,
}: Pick<Measured, "cached" | "bucket" | "nginx" | "supysonic">): Figures {
  const perSecond = (samples: readonly LoadSample[] | undefined, meaning: string) =>
    typical(samples, throughput, { unit: "/s", meaning });
  const micros = (samples: readonly LoadSample[] | undefined, meaning: string) =>
    typical(samples, cpu, { unit: "us", meaning });
  return {
    edgeCpuMicros: micros(cached.edge, "CPU of a cached range from the edge"),
    bareCpuMicros: micros(cached.other, "CPU of a bare cached range"),
    nginxCpuMicros: micros(nginx?.other, "CPU of a range from nginx, all of its processes"),
    supysonicCpuMicros: micros(supysonic?.other, "CPU of a range from supysonic, all of its processes"),
    cachedRangesPerSecond: perSecond(cached.edge, "cached ranges from the edge"),
    bareCachedRangesPerSecond: perSecond(cached.other, "cached ranges, bare"),
    r2RangesPerSecond: perSecond(bucket.edge, "ranges from the bucket, edge"),
    bareR2RangesPerSecond: perSecond(bucket.other, "ranges from the bucket, bare"),
    nginxRangesPerSecond: perSecond(nginx?.other, "ranges from nginx"),
    supysonicRangesPerSecond: perSecond(supysonic?.other, "ranges from supysonic"),
    cachedP50Ms: typical(cached.edge, p50, {
      unit: "ms",
      meaning: "median time to the last byte of a cached range",
      digits: 2,
    }),
    cachedP99Ms: typical(cached.edge, p99, { unit: "ms", meaning: "its 99th percentile", digits: 2 }),
  };
}

function ratio(samples: Samples | null, measure: Measure, meaning: string): Figure {
  if (samples === null) return { value: null, unit: "", meaning };
  const value = medianRatio(samples.edge.map(measure), samples.other.map(measure));
  return { value: rounded(value, 3), unit: "", meaning };
}

function typical(
  samples: readonly LoadSample[] | undefined,
  measure: Measure,
  { unit, meaning, digits = 0 }: { unit: string; meaning: string; digits?: number },
): Figure {
  return { value: samples === undefined ? null : rounded(median(samples.map(measure)), digits), unit, meaning };
}

function addedCpu({ edge, other }: Samples): number {
  return median(
    edge.map((sample, round) => cpu(sample) - (other[round] === undefined ? Number.NaN : cpu(other[round]))),
  );
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
