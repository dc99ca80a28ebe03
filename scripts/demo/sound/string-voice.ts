/** A plucked string after Karplus and Strong: a burst of noise that circles in a delay line and loses its edge. */
import type { PerformedNote } from "../composition/performance.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { frequencyHzOfPitch, SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";

export interface StringPreset {
  readonly kind: "string";
  /** 0 is a dull thumb, 1 a hard plectrum. */
  readonly pick: number;
  /** Where the string is plucked, as a part of its length. */
  readonly position: number;
  /** 0..0.5: how much of the edge is lost on each round. */
  readonly damping: number;
  /** To a thousandth of the loudness at A3. */
  readonly ringSeconds: number;
  readonly releaseSeconds: number;
  /** How far low notes go left and high notes right. */
  readonly spread: number;
}

const LINE_LENGTH = 2_048;
const INAUDIBLE = 2e-4;
const line = new Float32Array(LINE_LENGTH);

export function renderString(
  out: StereoSamples,
  note: PerformedNote,
  preset: StringPreset,
  random: SeededRandom,
): void {
  const first = Math.round(note.startSeconds * SAMPLE_RATE_HZ);
  const off = first + Math.round(note.durationSeconds * SAMPLE_RATE_HZ);
  const frequencyHz = frequencyHzOfPitch(note.pitch);
  // The loop filter delays by `damping` samples; an all-pass makes up the fraction that is left.
  const loopSamples = SAMPLE_RATE_HZ / frequencyHz - preset.damping;
  const length = Math.floor(loopSamples - 0.2);
  const fraction = loopSamples - length;
  const allPass = (1 - fraction) / (1 + fraction);
  pluck(length, note.velocity, preset, random);
  const heldLoss = lossPerRound(preset.ringSeconds * (220 / frequencyHz) ** 0.5, frequencyHz);
  const releasedLoss = lossPerRound(preset.releaseSeconds, frequencyHz);
  const pan = Math.min(1, Math.max(-1, ((note.pitch - 60) / 24) * preset.spread));
  const gainLeft = note.velocity * Math.sqrt(0.5 - 0.5 * pan);
  const gainRight = note.velocity * Math.sqrt(0.5 + 0.5 * pan);
  let position = 0;
  let previous = 0;
  let passIn = 0;
  let passOut = 0;
  let level = 1;
  let loss = heldLoss;
  const roundGain = (seconds: number, gain: number) => gain ** (seconds * frequencyHz);
  const blockSamples = 256;
  for (let start = first; start < out.left.length && level > INAUDIBLE; start += blockSamples) {
    const end = Math.min(start + blockSamples, out.left.length);
    loss = start < off ? heldLoss : releasedLoss;
    for (let index = start; index < end; index++) {
      const sample = line[position] as number;
      const smooth = loss * (sample + preset.damping * (previous - sample));
      previous = sample;
      passOut = allPass * (smooth - passOut) + passIn;
      passIn = smooth;
      line[position] = passOut;
      position++;
      if (position >= length) position = 0;
      out.left[index] = (out.left[index] as number) + gainLeft * sample;
      out.right[index] = (out.right[index] as number) + gainRight * sample;
    }
    level *= roundGain(blockSamples / SAMPLE_RATE_HZ, loss);
  }
}

/** Fills the line with noise, dulled by a soft touch and thinned by the place of the pluck. */
function pluck(length: number, velocity: number, preset: StringPreset, random: SeededRandom): void {
  const dullness = 0.15 + 0.8 * (1 - preset.pick) * (1.15 - 0.5 * velocity);
  const smoothing = 1 - Math.min(0.96, dullness);
  let low = 0;
  let lower = 0;
  for (let index = 0; index < length; index++) {
    low += smoothing * (2 * random.next() - 1 - low);
    lower += smoothing * (low - lower);
    line[index] = lower;
  }
  const comb = Math.max(1, Math.round(length * preset.position));
  for (let index = length - 1; index >= comb; index--) {
    line[index] = (line[index] as number) - 0.9 * (line[index - comb] as number);
  }
  normaliseLine(length);
}

function normaliseLine(length: number): void {
  let sum = 0;
  for (let index = 0; index < length; index++) sum += line[index] as number;
  const mean = sum / length;
  let power = 0;
  for (let index = 0; index < length; index++) power += ((line[index] as number) - mean) ** 2;
  const scale = 0.35 / Math.sqrt(power / length + 1e-12);
  for (let index = 0; index < length; index++) line[index] = ((line[index] as number) - mean) * scale;
}

function lossPerRound(seconds: number, frequencyHz: number): number {
  return 10 ** (-3 / (seconds * frequencyHz));
}
