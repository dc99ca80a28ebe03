/** What a benchmark and its load generator say to each other. */

export interface LoadJob {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Taken in this order by whichever connection is free, from the start again where the time is not over. */
  readonly requests: readonly { readonly path: string; readonly range: string }[];
  /** Every answer must have this status and this many bytes: a benchmark of refusals would be a fast one. */
  readonly expected: { readonly status: number; readonly sizeBytes: number };
}

export type LoadReport =
  | {
      readonly kind: "done";
      readonly completed: number;
      readonly elapsedMs: number;
      readonly p50Ms: number;
      readonly p99Ms: number;
    }
  | { readonly kind: "failed"; readonly reason: string };
