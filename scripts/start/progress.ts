/**
 * What the start is doing, on standard error so that standard output is free for `--json`. On a terminal a running step
 * shows a bar in place; elsewhere each step is a line when it has ended.
 */
import { createProgressBar, type ProgressBar } from "#jobs/terminal/progress-bar.ts";

export class Progress {
  readonly #startedAt = performance.now();
  #step = "";
  #bar: ProgressBar | null = null;

  begin(step: string): void {
    this.#step = step;
    this.#bar = process.stderr.isTTY ? createProgressBar(process.stderr) : null;
    this.#bar?.update(0, step);
  }

  /** `done` of `total`, where a step has parts. */
  update(done: number, total: number, detail: string): void {
    this.#bar?.update(total === 0 ? 0 : done / total, `${this.#step} ${done}/${total} ${detail}`);
  }

  end(result = ""): void {
    this.#bar?.close();
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1);
    process.stderr.write(`  ✓ ${this.#step}${result === "" ? "" : `: ${result}`} (${seconds} s)\n`);
  }
}
