/** A wavetable voice: two detuned oscillators, one to each side, fading between a dark and a bright wave. */
import type { PerformedNote } from "../composition/performance.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { frequencyHzOfPitch, SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";
import { nextNoise } from "./noise.ts";
import { blendedTable, SINE, type Spectrum, TABLE_LENGTH } from "./wavetables.ts";

export interface WavePreset {
  readonly kind: "wave";
  readonly dark: Spectrum;
  readonly bright: Spectrum;
  /** Part of the bright wave at the start and after `fadeSeconds`; velocity scales both. */
  readonly brightness: readonly [start: number, held: number];
  readonly fadeSeconds: number;
  readonly attackSeconds: number;
  readonly decaySeconds: number;
  readonly sustain: number;
  readonly releaseSeconds: number;
  /** Between the two sides; 0 makes the voice mono, which keeps a bass in the middle. */
  readonly detuneCents: number;
  readonly vibratoCents: number;
  readonly vibratoHz: number;
  /** Noise of breath, as a part of the tone. */
  readonly breath: number;
}

/** Envelopes and vibrato are computed once per block and joined by straight lines. */
const BLOCK_SAMPLES = 32;
const BREATH_SMOOTHING = 0.25;
const VIBRATO_DELAY_SECONDS = 0.35;
const VIBRATO_ONSET_SECONDS = 0.5;

/** The samples of one block and the gain that runs straight across it. */
interface Ramp {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly step: number;
}

export function renderWave(out: StereoSamples, note: PerformedNote, preset: WavePreset, random: SeededRandom): void {
  const first = Math.round(note.startSeconds * SAMPLE_RATE_HZ);
  const seconds = Math.max(note.durationSeconds, preset.attackSeconds * 0.7) + preset.releaseSeconds;
  const last = Math.min(out.left.length, first + Math.round(seconds * SAMPLE_RATE_HZ));
  const frequencyHz = frequencyHzOfPitch(note.pitch);
  const increment = (frequencyHz * TABLE_LENGTH) / SAMPLE_RATE_HZ;
  const spread = 2 ** (preset.detuneCents / 2_400);
  const isMono = preset.detuneCents === 0;
  const peak = note.velocity ** 1.3;
  const envelope = envelopeOf(preset, note.durationSeconds);
  const vibratoPhase = random.next() * TABLE_LENGTH;
  let phaseLeft = random.next() * TABLE_LENGTH;
  let phaseRight = random.next() * TABLE_LENGTH;
  let gain = 0;
  const breath: Breath = { seed: random.nextInt32() | 1, level: 0 };
  for (let start = first; start < last; start += BLOCK_SAMPLES) {
    const end = Math.min(start + BLOCK_SAMPLES, last);
    const elapsed = (end - first) / SAMPLE_RATE_HZ;
    const nextGain = peak * envelope(elapsed);
    const ramp: Ramp = { start, end, from: gain, step: (nextGain - gain) / BLOCK_SAMPLES };
    const brightness = brightnessAt(preset, note.velocity, elapsed);
    const table = blendedTable(preset.dark, preset.bright, frequencyHz, brightness);
    const bend = preset.vibratoCents === 0 ? 1 : 1 + vibratoAt(preset, elapsed, vibratoPhase);
    if (isMono) {
      phaseLeft = addBothSides(out, table, ramp, phaseLeft, increment * bend);
    } else {
      phaseLeft = addOneSide(out.left, table, ramp, phaseLeft, increment * bend * spread);
      phaseRight = addOneSide(out.right, table, ramp, phaseRight, (increment * bend) / spread);
    }
    if (preset.breath > 0) addBreath(out, ramp, breath, preset.breath);
    gain = nextGain;
  }
}

/** Returns the phase for the next block. */
function addOneSide(out: Float32Array, table: Float32Array, ramp: Ramp, phase: number, increment: number): number {
  let position = phase;
  let gain = ramp.from;
  for (let index = ramp.start; index < ramp.end; index++) {
    const cell = position | 0;
    const near = table[cell] as number;
    gain += ramp.step;
    out[index] = (out[index] as number) + gain * (near + (position - cell) * ((table[cell + 1] as number) - near));
    position += increment;
    if (position >= TABLE_LENGTH) position -= TABLE_LENGTH;
  }
  return position;
}

function addBothSides(out: StereoSamples, table: Float32Array, ramp: Ramp, phase: number, increment: number): number {
  const { left, right } = out;
  let position = phase;
  let gain = ramp.from;
  for (let index = ramp.start; index < ramp.end; index++) {
    const cell = position | 0;
    const near = table[cell] as number;
    gain += ramp.step;
    const sample = gain * (near + (position - cell) * ((table[cell + 1] as number) - near));
    left[index] = (left[index] as number) + sample;
    right[index] = (right[index] as number) + sample;
    position += increment;
    if (position >= TABLE_LENGTH) position -= TABLE_LENGTH;
  }
  return position;
}

interface Breath {
  seed: number;
  level: number;
}

/** Moves `breath` on to the next block. */
function addBreath(out: StereoSamples, ramp: Ramp, breath: Breath, amount: number): void {
  const { left, right } = out;
  const scale = (BREATH_SMOOTHING * amount) / 2 ** 32;
  let { seed, level } = breath;
  let gain = ramp.from;
  for (let index = ramp.start; index < ramp.end; index++) {
    seed = nextNoise(seed);
    level += scale * seed - BREATH_SMOOTHING * level;
    gain += ramp.step;
    left[index] = (left[index] as number) + gain * level;
    right[index] = (right[index] as number) + gain * level;
  }
  breath.seed = seed;
  breath.level = level;
}

function envelopeOf(preset: WavePreset, durationSeconds: number): (seconds: number) => number {
  const { attackSeconds, decaySeconds, sustain, releaseSeconds } = preset;
  const held = (seconds: number) => {
    if (seconds < attackSeconds) {
      const part = seconds / attackSeconds;
      return part * part * (3 - 2 * part);
    }
    return sustain + (1 - sustain) * Math.exp(-(seconds - attackSeconds) / decaySeconds);
  };
  const offSeconds = Math.max(durationSeconds, attackSeconds * 0.7);
  const offLevel = held(offSeconds);
  return (seconds) => {
    if (seconds < offSeconds) return held(seconds);
    const left = Math.max(0, 1 - (seconds - offSeconds) / releaseSeconds);
    return offLevel * left * left;
  };
}

function brightnessAt(preset: WavePreset, velocity: number, seconds: number): number {
  const [start, held] = preset.brightness;
  return (0.4 + 0.6 * velocity) * (held + (start - held) * Math.exp(-seconds / preset.fadeSeconds));
}

function vibratoAt(preset: WavePreset, seconds: number, phase: number): number {
  const depth = Math.min(1, Math.max(0, (seconds - VIBRATO_DELAY_SECONDS) / VIBRATO_ONSET_SECONDS));
  const cell = (phase + preset.vibratoHz * seconds * TABLE_LENGTH) % TABLE_LENGTH;
  return (depth * preset.vibratoCents * Math.LN2 * (SINE[cell | 0] as number)) / 1_200;
}
