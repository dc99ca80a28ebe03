/** A room: eight delay lines that feed one another through a Hadamard matrix, after a short diffusion of the input. */
import { DENORMAL_GUARD, onePoleFollow, SAMPLE_RATE_HZ, type StereoSamples, silentStereo } from "./audio-format.ts";

export interface ReverbDesign {
  /** To a thousandth of the loudness. */
  readonly seconds: number;
  /** Above it the tail dies sooner. */
  readonly toneHz: number;
  readonly gain: number;
}

/** A room swallows the highest octave anyway, so it is computed at half the rate, in half the time. */
export const ROOM_RATE_HZ = SAMPLE_RATE_HZ / 2;
const LINES = 8;
const LINE_LENGTH = 2_048;
const MASK = LINE_LENGTH - 1;
/** Lines whose distance is a power of two would push one another out of the CPU's cache. */
const LINE_STRIDE = LINE_LENGTH + 80;
/** Primes, 29 to 82 ms: no two echoes fall together for long. */
const DELAYS = [641, 757, 887, 1_019, 1_201, 1_373, 1_583, 1_811] as const;
const PRE_DELAY_SAMPLES = 310;
const MATRIX_SCALE = 1 / Math.sqrt(LINES);
/** Lows in a tail only make mud. */
const LOW_CUT_HZ = 160;
const SHORT_DIFFUSER_SAMPLES = 71;
const LONG_DIFFUSER_SAMPLES = 191;
const DIFFUSION = 0.65;

/** The room's answer alone, at the rate of the room as is the input. */
export function reverberate(send: StereoSamples, design: ReverbDesign): StereoSamples {
  const left = diffuse(send.left, 0);
  const right = diffuse(send.right, 11);
  const wet = silentStereo(left.length);
  const { left: wetLeft, right: wetRight } = wet;
  const lines = new Float32Array(LINES * LINE_STRIDE);
  const [t0, t1, t2, t3, t4, t5, t6, t7] = DELAYS;
  const read = (time: number, line: number) => lines[line * LINE_STRIDE + (time & MASK)] as number;
  const gainOf = (delay: number) => 10 ** ((-3 * delay) / (design.seconds * ROOM_RATE_HZ));
  const [g0, g1, g2, g3] = [gainOf(t0), gainOf(t1), gainOf(t2), gainOf(t3)];
  const [g4, g5, g6, g7] = [gainOf(t4), gainOf(t5), gainOf(t6), gainOf(t7)];
  const { gain } = design;
  const damping = onePoleFollow(design.toneHz, ROOM_RATE_HZ);
  let d0 = 0;
  let d1 = 0;
  let d2 = 0;
  let d3 = 0;
  let d4 = 0;
  let d5 = 0;
  let d6 = 0;
  let d7 = 0;
  // The lines are written out one by one: in an inner loop their state would live in memory and double the time.
  for (let index = 0; index < left.length; index++) {
    d0 += damping * (g0 * read(index - t0, 0) - d0);
    d1 += damping * (g1 * read(index - t1, 1) - d1);
    d2 += damping * (g2 * read(index - t2, 2) - d2);
    d3 += damping * (g3 * read(index - t3, 3) - d3);
    d4 += damping * (g4 * read(index - t4, 4) - d4);
    d5 += damping * (g5 * read(index - t5, 5) - d5);
    d6 += damping * (g6 * read(index - t6, 6) - d6);
    d7 += damping * (g7 * read(index - t7, 7) - d7);
    wetLeft[index] = gain * (d0 - d2 + d4 - d6);
    wetRight[index] = gain * (d1 - d3 + d5 - d7);
    // A Hadamard matrix in three rounds of sums and differences loses no energy and makes none.
    const a = d0 + d1;
    const b = d0 - d1;
    const c = d2 + d3;
    const d = d2 - d3;
    const e = d4 + d5;
    const f = d4 - d5;
    const g = d6 + d7;
    const h = d6 - d7;
    const inLeft = left[index] as number;
    const inRight = right[index] as number;
    const at = index & MASK;
    lines[at] = MATRIX_SCALE * (a + c + e + g) + inLeft;
    lines[at + 1 * LINE_STRIDE] = MATRIX_SCALE * (b + d + f + h) + inRight;
    lines[at + 2 * LINE_STRIDE] = MATRIX_SCALE * (a - c + e - g) + inLeft;
    lines[at + 3 * LINE_STRIDE] = MATRIX_SCALE * (b - d + f - h) + inRight;
    lines[at + 4 * LINE_STRIDE] = MATRIX_SCALE * (a + c - e - g) + inLeft;
    lines[at + 5 * LINE_STRIDE] = MATRIX_SCALE * (b + d - f - h) + inRight;
    lines[at + 6 * LINE_STRIDE] = MATRIX_SCALE * (a - c - e + g) + inLeft;
    lines[at + 7 * LINE_STRIDE] = MATRIX_SCALE * (b - d - f + h) + inRight;
  }
  return wet;
}

/** Adds samples of the room's rate to samples of the full one. */
export function addAtDoubleRate(out: StereoSamples, wet: StereoSamples): void {
  addChannelAtDoubleRate(out.left, wet.left);
  addChannelAtDoubleRate(out.right, wet.right);
}

function addChannelAtDoubleRate(out: Float32Array, wet: Float32Array): void {
  const { length } = wet;
  let before = 0;
  for (let index = 0; index < length; index++) {
    const sample = wet[index] as number;
    out[2 * index] = (out[2 * index] as number) + 0.5 * (before + sample);
    out[2 * index + 1] = (out[2 * index + 1] as number) + sample;
    before = sample;
  }
}

/** Delays, cuts the lows and smears by two all-passes; the offset keeps the two sides from smearing alike. */
function diffuse(input: Float32Array, offsetSamples: number): Float32Array {
  const out = new Float32Array(input.length);
  const lowCut = onePoleFollow(LOW_CUT_HZ, ROOM_RATE_HZ);
  const shortLine = new Float32Array(SHORT_DIFFUSER_SAMPLES + offsetSamples);
  const longLine = new Float32Array(LONG_DIFFUSER_SAMPLES + offsetSamples);
  let shortAt = 0;
  let longAt = 0;
  let floor = 0;
  for (let index = PRE_DELAY_SAMPLES; index < out.length; index++) {
    const sample = input[index - PRE_DELAY_SAMPLES] as number;
    floor += lowCut * (sample - floor);
    const shortEcho = shortLine[shortAt] as number;
    const shortFed = sample - floor + DENORMAL_GUARD + DIFFUSION * shortEcho;
    shortLine[shortAt] = shortFed;
    const longEcho = longLine[longAt] as number;
    const longFed = shortEcho - DIFFUSION * shortFed + DIFFUSION * longEcho;
    longLine[longAt] = longFed;
    out[index] = longEcho - DIFFUSION * longFed;
    shortAt = shortAt + 1 === shortLine.length ? 0 : shortAt + 1;
    longAt = longAt + 1 === longLine.length ? 0 : longAt + 1;
  }
  return out;
}
