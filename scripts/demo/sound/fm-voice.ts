/** Two-operator frequency modulation with a struck tine on top: the sound of an electric piano or a soft bell. */
import type { PerformedNote } from "../composition/performance.ts";
import { frequencyHzOfPitch, SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";
import { SINE, TABLE_LENGTH } from "./wavetables.ts";

export interface FmPreset {
  readonly kind: "fm";
  readonly ratio: number;
  /** Depth of modulation in radians at full velocity, and the time in which it falls to a third. */
  readonly index: number;
  readonly indexDecaySeconds: number;
  readonly tineRatio: number;
  readonly tineGain: number;
  readonly tineDecaySeconds: number;
  /** Time to a third of the loudness at A4; lower notes ring longer. */
  readonly decaySeconds: number;
  readonly releaseSeconds: number;
}

const ATTACK_STEP = 1 / (0.003 * SAMPLE_RATE_HZ);
const INAUDIBLE = 4e-4;
/** Before the phase is cut to the table it is moved up by whole periods, so that it is never negative. */
const PHASE_LIFT = 8 * TABLE_LENGTH;
const CELL_MASK = TABLE_LENGTH - 1;

export function renderFm(out: StereoSamples, note: PerformedNote, preset: FmPreset): void {
  const first = Math.round(note.startSeconds * SAMPLE_RATE_HZ);
  const left = out.left.subarray(first);
  const right = out.right.subarray(first);
  const offSamples = Math.round(note.durationSeconds * SAMPLE_RATE_HZ);
  const frequencyHz = frequencyHzOfPitch(note.pitch);
  const increment = (frequencyHz * TABLE_LENGTH) / SAMPLE_RATE_HZ;
  const modulatorIncrement = (increment * preset.ratio) % TABLE_LENGTH;
  const held = decayPerSample(preset.decaySeconds * (440 / frequencyHz) ** 0.4);
  const released = decayPerSample(preset.releaseSeconds);
  const indexDecay = decayPerSample(preset.indexDecaySeconds);
  // High notes are modulated less, else their side bands turn shrill.
  const register = Math.min(1, (500 / frequencyHz) ** 0.5);
  let depth = (preset.index * note.velocity ** 1.6 * register * TABLE_LENGTH) / (2 * Math.PI);
  let level = note.velocity ** 1.4;
  let carrierPhase = 0;
  let modulatorPhase = 0;
  let attack = 0;
  for (let index = 0; index < left.length && level > INAUDIBLE; index++) {
    const position = carrierPhase + depth * (SINE[modulatorPhase | 0] as number) + PHASE_LIFT;
    const whole = position | 0;
    const cell = whole & CELL_MASK;
    const near = SINE[cell] as number;
    const sample = attack * level * (near + (position - whole) * ((SINE[cell + 1] as number) - near));
    left[index] = (left[index] as number) + sample;
    right[index] = (right[index] as number) + sample;
    carrierPhase += increment;
    if (carrierPhase >= TABLE_LENGTH) carrierPhase -= TABLE_LENGTH;
    modulatorPhase += modulatorIncrement;
    if (modulatorPhase >= TABLE_LENGTH) modulatorPhase -= TABLE_LENGTH;
    attack = Math.min(1, attack + ATTACK_STEP);
    depth *= indexDecay;
    level *= index < offSamples ? held : released;
  }
  addTine(left, right, (increment * preset.tineRatio) % TABLE_LENGTH, note.velocity ** 3.4 * register, preset);
}

/** The tine is over long before the tone, so it has a short loop of its own. */
function addTine(left: Float32Array, right: Float32Array, increment: number, velocity: number, preset: FmPreset): void {
  const decay = decayPerSample(preset.tineDecaySeconds);
  let level = preset.tineGain * velocity;
  let phase = 0;
  for (let index = 0; index < left.length && level > INAUDIBLE; index++) {
    const sample = level * (SINE[phase | 0] as number);
    left[index] = (left[index] as number) + sample;
    right[index] = (right[index] as number) + sample;
    phase += increment;
    if (phase >= TABLE_LENGTH) phase -= TABLE_LENGTH;
    level *= decay;
  }
}

function decayPerSample(seconds: number): number {
  return Math.exp(-1 / (seconds * SAMPLE_RATE_HZ));
}
