/** What is done to one part before it is mixed, in place: filters, chorus, tremolo, ducking. And the echo they share. */
import { DENORMAL_GUARD, onePoleFollow, SAMPLE_RATE_HZ, type StereoSamples, silentStereo } from "./audio-format.ts";
import { ROOM_RATE_HZ } from "./reverb.ts";
import { SINE, TABLE_LENGTH } from "./wavetables.ts";

const CHORUS_LINE = 2_048;
const CHORUS_MASK = CHORUS_LINE - 1;
const CHORUS_BASE_SAMPLES = 620;
const CHORUS_DEPTH_SAMPLES = 130;
const CHORUS_RATE_HZ = 0.55;
const ECHO_TONE_HZ = 3_500;

/** Two one-pole low-passes in series: 12 dB an octave without a peak. Both sides in one loop keep the CPU fed. */
export function lowPass(part: StereoSamples, cutoffHz: number): void {
  const { left, right } = part;
  const { length } = left;
  const follow = onePoleFollow(cutoffHz, SAMPLE_RATE_HZ);
  let firstLeft = 0;
  let secondLeft = 0;
  let firstRight = 0;
  let secondRight = 0;
  for (let index = 0; index < length; index++) {
    firstLeft += follow * ((left[index] as number) + DENORMAL_GUARD - firstLeft);
    firstRight += follow * ((right[index] as number) + DENORMAL_GUARD - firstRight);
    secondLeft += follow * (firstLeft - secondLeft);
    secondRight += follow * (firstRight - secondRight);
    left[index] = secondLeft;
    right[index] = secondRight;
  }
}

export function highPass(part: StereoSamples, cutoffHz: number): void {
  const { left, right } = part;
  const { length } = left;
  const follow = onePoleFollow(cutoffHz, SAMPLE_RATE_HZ);
  let floorLeft = 0;
  let floorRight = 0;
  for (let index = 0; index < length; index++) {
    const sampleLeft = left[index] as number;
    const sampleRight = right[index] as number;
    floorLeft += follow * (sampleLeft + DENORMAL_GUARD - floorLeft);
    floorRight += follow * (sampleRight + DENORMAL_GUARD - floorRight);
    left[index] = sampleLeft - floorLeft;
    right[index] = sampleRight - floorRight;
  }
}

/** Adds a copy whose delay sways, in opposite directions on the two sides. */
export function chorus(part: StereoSamples, depth: number): void {
  const { left, right } = part;
  const increment = (CHORUS_RATE_HZ * TABLE_LENGTH) / SAMPLE_RATE_HZ;
  const lineLeft = new Float32Array(CHORUS_LINE);
  const lineRight = new Float32Array(CHORUS_LINE);
  let phase = 0;
  for (let index = 0; index < left.length; index++) {
    const sway = CHORUS_DEPTH_SAMPLES * (SINE[phase | 0] as number);
    const dryLeft = left[index] as number;
    const dryRight = right[index] as number;
    lineLeft[index & CHORUS_MASK] = dryLeft;
    lineRight[index & CHORUS_MASK] = dryRight;
    left[index] = dryLeft + depth * readLine(lineLeft, index - CHORUS_BASE_SAMPLES - sway);
    right[index] = dryRight + depth * readLine(lineRight, index - CHORUS_BASE_SAMPLES + sway);
    phase += increment;
    if (phase >= TABLE_LENGTH) phase -= TABLE_LENGTH;
  }
}

/** Between two samples of a ring. */
function readLine(line: Float32Array, position: number): number {
  const shifted = position + CHORUS_LINE;
  const cell = shifted | 0;
  const near = line[cell & CHORUS_MASK] as number;
  return near + (shifted - cell) * ((line[(cell + 1) & CHORUS_MASK] as number) - near);
}

/** Sways between the sides, as the tremolo of a stage piano does. */
export function autoPan(part: StereoSamples, depth: number, rateHz: number): void {
  const increment = (rateHz * TABLE_LENGTH) / SAMPLE_RATE_HZ;
  let phase = 0;
  for (let index = 0; index < part.left.length; index++) {
    const sway = depth * (SINE[phase | 0] as number);
    part.left[index] = (part.left[index] as number) * (1 + sway);
    part.right[index] = (part.right[index] as number) * (1 - sway);
    phase += increment;
    if (phase >= TABLE_LENGTH) phase -= TABLE_LENGTH;
  }
}

/** Fills the curve with the gain that a kick leaves to the parts it pushes down: 1 between strokes, 0 right after one. */
export function duckingCurve(
  curve: Float32Array,
  kickSeconds: readonly number[],
  recoverSeconds: number,
): Float32Array {
  const { length } = curve;
  curve.fill(1);
  const recoverSamples = Math.round(recoverSeconds * SAMPLE_RATE_HZ);
  const fallSamples = Math.round(0.004 * SAMPLE_RATE_HZ);
  for (const seconds of kickSeconds) {
    const first = Math.round(seconds * SAMPLE_RATE_HZ);
    const last = Math.min(length, first + recoverSamples);
    for (let index = Math.max(0, first - fallSamples); index < first && index < length; index++) {
      curve[index] = Math.min(curve[index] as number, (first - index) / fallSamples);
    }
    for (let index = first; index < last; index++) {
      const part = (index - first) / recoverSamples;
      curve[index] = Math.min(curve[index] as number, part * part * (3 - 2 * part));
    }
  }
  return curve;
}

export function duck(part: StereoSamples, curve: Float32Array, depth: number): void {
  for (let index = 0; index < curve.length; index++) {
    const gain = 1 - depth + depth * (curve[index] as number);
    part.left[index] = (part.left[index] as number) * gain;
    part.right[index] = (part.right[index] as number) * gain;
  }
}

/** Echoes that cross from side to side, each duller than the one before; without the input, at the rate of the room. */
export function pingPong(send: Float32Array, seconds: number, feedback: number): StereoSamples {
  const out = silentStereo(send.length);
  const delay = Math.round(seconds * ROOM_RATE_HZ);
  const follow = onePoleFollow(ECHO_TONE_HZ, ROOM_RATE_HZ);
  const lineLeft = new Float32Array(delay);
  const lineRight = new Float32Array(delay);
  let dullLeft = 0;
  let dullRight = 0;
  let position = 0;
  for (let index = 0; index < send.length; index++) {
    dullLeft += follow * ((lineLeft[position] as number) - dullLeft);
    dullRight += follow * ((lineRight[position] as number) - dullRight);
    lineLeft[position] = (send[index] as number) + DENORMAL_GUARD + feedback * dullRight;
    lineRight[position] = dullLeft;
    out.left[index] = dullLeft;
    out.right[index] = dullRight * feedback;
    position++;
    if (position === delay) position = 0;
  }
  return out;
}
