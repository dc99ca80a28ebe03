/** The benchmark's end of the load generator. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { LoadJob, LoadReport } from "./load-protocol.ts";
import { processCpuMicros } from "./process-cpu.ts";

export interface LoadSample {
  readonly completed: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the measured process, and of those it has started, for each request. */
  readonly cpuMicros: number;
}

export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL("load-generator.ts", import.meta.url), { stdio: "inherit" });
  }

  /** Runs a job and says what it cost the process `pid`. Throws where any request was not answered as expected. */
  async measure(job: LoadJob, pid: number): Promise<LoadSample> {
    const cpuBefore = await processCpuMicros(pid);
    const report = await this.#run(job);
    if (report.kind === "failed") throw new Error(`the load generator stopped: ${report.reason}`);
    const { completed, elapsedMs, p50Ms, p99Ms } = report;
    const cpuMicros = ((await processCpuMicros(pid)) - cpuBefore) / completed;
    return { completed, requestsPerSecond: (completed * 1_000) / elapsedMs, p50Ms, p99Ms, cpuMicros };
  }

  async #run(job: LoadJob): Promise<LoadReport> {
    const ended = new AbortController();
    const exit = once(this.#child, "exit", { signal: ended.signal }).then(
      (): LoadReport => ({ kind: "failed", reason: "its process ended" }),
    );
    exit.catch(() => undefined);
    const answer = once(this.#child, "message", { signal: ended.signal }).then(([report]) => report as LoadReport);
    answer.catch(() => undefined);
    this.#child.send(job);
    try {
      return await Promise.race([answer, exit]);
    } finally {
      ended.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
