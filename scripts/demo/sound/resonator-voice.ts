/** Struck things (bars, bells, piano strings) as a bank of decaying partials, each a two-pole resonator. */
import type { PerformedNote } from "../composition/performance.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { frequencyHzOfPitch, SAMPLE_RATE_HZ, type StereoSamples } from "./audio-format.ts";

export interface ResonatorPreset {
  readonly kind: "resonator";
  /** Frequency against the fundamental, strength, and length of ring against `ringSeconds`. */
  readonly partials: readonly (readonly [ratio: number, gain: number, ring: number])[];
  /** Stretches the partials of a stiff string. */
  readonly inharmonicity: number;
  /** To a thousandth of the loudness at A4. */
  readonly ringSeconds: number;
  readonly releaseSeconds: number;
  /** How much harder strokes favour the upper partials. */
  readonly hardness: number;
  /** The knock of the hammer or mallet. */
  readonly knock: number;
  readonly spread: number;
}

const INAUDIBLE = 3e-4;
const ATTACK_SAMPLES = 48;

export function renderResonator(
  out: StereoSamples,
  note: PerformedNote,
  preset: ResonatorPreset,
  random: SeededRandom,
): void {
  const first = Math.round(note.startSeconds * SAMPLE_RATE_HZ);
  const off = first + Math.round(note.durationSeconds * SAMPLE_RATE_HZ);
  const frequencyHz = frequencyHzOfPitch(note.pitch);
  const pan = Math.min(0.9, Math.max(-0.9, ((note.pitch - 66) / 24) * preset.spread));
  const register = (440 / frequencyHz) ** 0.5;
  preset.partials.forEach(([ratio, gain, ring], order) => {
    const stretch = Math.sqrt(1 + preset.inharmonicity * ratio * ratio);
    const partialHz = frequencyHz * ratio * stretch * (1 + 0.0006 * (random.next() - 0.5));
    if (partialHz > SAMPLE_RATE_HZ * 0.42) return;
    const colour = note.velocity ** (1 + preset.hardness * Math.log2(1 + order));
    // Partials lean to alternate sides a little, as the parts of a real body do.
    const lean = pan + (order % 2 === 0 ? -0.12 : 0.12) * preset.spread;
    const partial = {
      partialHz,
      level: gain * colour,
      heldSeconds: preset.ringSeconds * ring * register,
      releasedSeconds: Math.min(preset.releaseSeconds, preset.ringSeconds * ring * register),
      gainLeft: Math.sqrt(0.5 - 0.5 * lean),
      gainRight: Math.sqrt(0.5 + 0.5 * lean),
    };
    renderPartial(out, first, off, partial);
  });
  if (preset.knock > 0) renderKnock(out, first, preset.knock * note.velocity ** 2, random);
}

interface Partial {
  readonly partialHz: number;
  readonly level: number;
  readonly heldSeconds: number;
  readonly releasedSeconds: number;
  readonly gainLeft: number;
  readonly gainRight: number;
}

function renderPartial(out: StereoSamples, first: number, off: number, partial: Partial): void {
  const angle = (2 * Math.PI * partial.partialHz) / SAMPLE_RATE_HZ;
  let current = 0;
  let before = -Math.sin(angle) * partial.level;
  let level = partial.level;
  let from = first;
  for (const [until, seconds] of [
    [Math.min(off, out.left.length), partial.heldSeconds],
    [out.left.length, partial.releasedSeconds],
  ] as const) {
    const radius = 10 ** (-3 / (seconds * SAMPLE_RATE_HZ));
    const audibleSamples = level <= INAUDIBLE ? 0 : Math.ceil(Math.log(INAUDIBLE / level) / Math.log(radius));
    const to = Math.min(until, from + audibleSamples);
    const feed = 2 * radius * Math.cos(angle);
    const fall = radius * radius;
    for (let index = from; index < to; index++) {
      const sample = feed * current - fall * before;
      before = current;
      current = sample;
      const age = index - first;
      const heard = age < ATTACK_SAMPLES ? (sample * age) / ATTACK_SAMPLES : sample;
      out.left[index] = (out.left[index] as number) + partial.gainLeft * heard;
      out.right[index] = (out.right[index] as number) + partial.gainRight * heard;
    }
    level *= radius ** Math.max(0, to - from);
    if (to < until) return;
    from = to;
  }
}

function renderKnock(out: StereoSamples, first: number, gain: number, random: SeededRandom): void {
  const length = Math.min(Math.round(0.03 * SAMPLE_RATE_HZ), out.left.length - first);
  let low = 0;
  for (let index = 0; index < length; index++) {
    low += 0.12 * (2 * random.next() - 1 - low);
    const sample = gain * low * (1 - index / length) ** 2;
    out.left[first + index] = (out.left[first + index] as number) + sample;
    out.right[first + index] = (out.right[first + index] as number) + sample;
  }
}
