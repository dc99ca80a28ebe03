/** From the beat grid to seconds: swing, a slowing at the end, and the small unevenness of hands. */
import type { SeededRandom } from "../seeded-random.ts";
import type { Form } from "./form.ts";
import type { GridNote } from "./layers.ts";
import type { Style } from "./style.ts";

/** The first note starts this late, so that jitter never pushes it before the file. */
export const LEAD_IN_SECONDS = 0.03;

export interface PerformedNote {
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** MIDI pitch. */
  readonly pitch: number;
  /** 0..1 */
  readonly velocity: number;
}

export interface Clock {
  /** Of a beat as written, with swing. */
  readonly secondsAt: (beat: number) => number;
  readonly beatSeconds: number;
}

export function createClock(style: Style, form: Form, tempoBpm: number): Clock {
  const beatSeconds = 60 / tempoBpm;
  const slowingBeats = style.beatsPerBar;
  const slowingStart = form.finalBeat - slowingBeats;
  const secondsAt = (beat: number) => {
    const swung = swingBeat(beat, style);
    const inSlowing = Math.min(Math.max(swung - slowingStart, 0), slowingBeats);
    const delayBeats = (style.ritardando * inSlowing ** 2) / (2 * slowingBeats);
    return LEAD_IN_SECONDS + (swung + delayBeats) * beatSeconds;
  };
  return { secondsAt, beatSeconds };
}

export function performNotes(
  notes: readonly GridNote[],
  clock: Clock,
  style: Style,
  form: Form,
  random: SeededRandom,
): readonly PerformedNote[] {
  return notes.map((note) => {
    const start = clock.secondsAt(note.startBeat) + note.lateMs / 1_000;
    const end = clock.secondsAt(note.startBeat + note.beats) + note.lateMs / 1_000;
    const jitterSeconds = (random.bell() * style.timingJitterMs) / 2_000;
    return {
      startSeconds: Math.max(0, start + jitterSeconds),
      durationSeconds: end - start,
      pitch: note.pitch,
      velocity: touch(note.velocity * intensityAt(form, note.startBeat, style.beatsPerBar), random),
    };
  });
}

/** Velocity as a hand gives it: never twice the same. */
export function touch(velocity: number, random: SeededRandom): number {
  return Math.min(1, Math.max(0.08, velocity * (1 + 0.05 * random.bell())));
}

export function intensityAt(form: Form, beat: number, beatsPerBar: number): number {
  const bar = Math.floor(beat / beatsPerBar + 1e-6);
  const section = form.sections.findLast((candidate) => candidate.firstBar <= bar);
  return 0.7 + 0.3 * (section?.intensity ?? 1);
}

function swingBeat(beat: number, style: Style): number {
  const unit = style.swingUnitBeats;
  const position = beat / unit;
  const nearest = Math.round(position);
  const isOffUnit = Math.abs(position - nearest) < 1e-6 && nearest % 2 !== 0;
  return isOffUnit ? beat + style.swing * unit : beat;
}
