/** What a benchmark is, and the arithmetic that all of them share. */

/** One measured figure. Names are stable: figures of different days are compared by them. */
export interface Figure {
  /** Null where there was nothing to measure, as a program that is not on this machine. */
  readonly value: number | null;
  readonly unit: string;
  /** What the figure says, for people. */
  readonly meaning: string;
}

export type Figures = Readonly<Record<string, Figure>>;

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  /** `progress` takes a line for people; it must not go to the standard output. */
  readonly run: (progress: (line: string) => void) => Promise<Figures>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("the median of nothing");
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The value that this share of them does not exceed, by nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  if (value === undefined) throw new RangeError("a percentile of nothing");
  return value;
}

/**
 * Runs each contender once a round, and who begins changes from round to round: what the machine does meanwhile falls
 * on all of them alike.
 */
export async function interleavedRounds<Name extends string, Sample>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<Sample>>>,
): Promise<Readonly<Record<Name, readonly Sample[]>>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>;
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) samples[name].push(await contenders[name]());
  }
  return samples;
}

/** The median over rounds of a ratio within one round: a slow round is slow for both, and its ratio stands. */
export function medianRatio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((value, round) => value / (below[round] ?? Number.NaN)));
}
