/** Reads step patterns: a sign strikes, the `-` after it hold it, `.` rests. */
import { STEPS_PER_BEAT } from "./style.ts";

export interface Step {
  readonly sign: string;
  /** From the start of the pattern. */
  readonly beat: number;
  readonly beats: number;
}

/** Bars may be parted by `|` for the eye. Throws where the length is not whole bars: patterns are our own data. */
export function readPattern(pattern: string, beatsPerBar: number): { steps: readonly Step[]; bars: number } {
  const signs = pattern.replaceAll("|", "");
  const stepsPerBar = beatsPerBar * STEPS_PER_BEAT;
  if (signs.length === 0 || signs.length % stepsPerBar !== 0) {
    throw new SyntaxError(`${pattern} has ${signs.length} steps, not whole bars of ${stepsPerBar}`);
  }
  const steps: Step[] = [];
  for (let index = 0; index < signs.length; index++) {
    const sign = signs.charAt(index);
    if (sign === "-" || sign === ".") continue;
    let end = index + 1;
    while (signs.charAt(end) === "-") end++;
    steps.push({ sign, beat: index / STEPS_PER_BEAT, beats: (end - index) / STEPS_PER_BEAT });
  }
  return { steps, bars: signs.length / stepsPerBar };
}

/** The steps of one bar of a pattern that repeats, with beats from the start of that bar. */
export function stepsOfBar(pattern: string, bar: number, beatsPerBar: number): readonly Step[] {
  const { steps, bars } = readPattern(pattern, beatsPerBar);
  const start = (bar % bars) * beatsPerBar;
  return steps
    .filter((step) => step.beat >= start && step.beat < start + beatsPerBar)
    .map((step) => ({ ...step, beat: step.beat - start }));
}
