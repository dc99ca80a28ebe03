/**
 * What the start is doing, on standard error so that standard output is free for `--json`. On a terminal a running step
 * shows a bar in place; elsewhere each step is a line.
 */
const BAR_CELLS = 24;

export class Progress {
  readonly #terminal = process.stderr.isTTY === true;
  readonly #startedAt = performance.now();
  #step = "";

  begin(step: string): void {
    this.#step = step;
    if (this.#terminal) this.#redraw(`  … ${step}`);
  }

  /** `done` of `total`, where a step has parts. */
  update(done: number, total: number, detail: string): void {
    if (!this.#terminal) return;
    const filled = total === 0 ? 0 : Math.round((done / total) * BAR_CELLS);
    const bar = "█".repeat(filled) + "░".repeat(BAR_CELLS - filled);
    this.#redraw(`  … ${this.#step} ${bar} ${done}/${total} ${detail}`);
  }

  end(result = ""): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1);
    const line = `  ✓ ${this.#step}${result === "" ? "" : `: ${result}`} (${seconds} s)`;
    if (this.#terminal) this.#redraw(line);
    process.stderr.write(this.#terminal ? "\n" : `${line}\n`);
  }

  /** A line of its own, kept above the running step. */
  note(text: string): void {
    if (this.#terminal) this.#redraw("");
    process.stderr.write(`  · ${text}\n`);
  }

  #redraw(text: string): void {
    const width = process.stderr.columns ?? 80;
    process.stderr.write(`\r\x1b[2K${text.slice(0, width - 1)}`);
  }
}
