/** One line at the foot of a terminal that says how far the work is; other lines scroll by above it. */
import type { WriteStream } from "node:tty";

const BAR_CELLS = 24;
const REDRAW_MS_MIN = 80;
const CLEAR_LINE = "\r\u001b[K";
const ELLIPSIS = "…";

export interface ProgressBar {
  /** `fraction` in 0 to 1. */
  update(fraction: number, label: string): void;
  /** Prints a line above the bar. */
  print(line: string): void;
  close(): void;
}

export function createProgressBar(stream: WriteStream): ProgressBar {
  let line = "";
  let drawnAtMs = 0;

  function draw(): void {
    drawnAtMs = performance.now();
    stream.write(CLEAR_LINE + line);
  }
  return {
    update(fraction, label) {
      line = renderBar(fraction, label, stream.columns || 80);
      if (performance.now() - drawnAtMs >= REDRAW_MS_MIN || fraction >= 1) draw();
    },
    print(text) {
      stream.write(`${CLEAR_LINE}${text}\n`);
      draw();
    },
    close() {
      stream.write(CLEAR_LINE);
      line = "";
    },
  };
}

/** The bar as text no wider than the terminal: a line that wraps cannot be cleared. */
export function renderBar(fraction: number, label: string, columns: number): string {
  const part = Math.min(1, Math.max(0, fraction));
  const filled = Math.floor(part * BAR_CELLS);
  const bar = `[${"#".repeat(filled)}${"-".repeat(BAR_CELLS - filled)}] ${String(Math.floor(part * 100)).padStart(3)} % `;
  const room = columns - 1 - bar.length;
  return bar + (label.length <= room ? label : label.slice(0, Math.max(0, room - 1)) + ELLIPSIS);
}
