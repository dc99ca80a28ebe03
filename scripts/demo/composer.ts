/** Composes a piece from its brief: form, harmony, tune and every layer of its style, as notes in seconds. */

import { type Form, planForm, playsIn, type Section } from "./composition/form.ts";
import { chordAt, type Key, parseKey } from "./composition/harmony.ts";
import { arpeggioNotes, barsOf, bassNotes, chordNotes, type GridNote } from "./composition/layers.ts";
import { composeMelody, type MelodyNote, secondVoice } from "./composition/melody.ts";
import { stepsOfBar } from "./composition/patterns.ts";
import {
  type Clock,
  createClock,
  intensityAt,
  type PerformedNote,
  performNotes,
  touch,
} from "./composition/performance.ts";
import type { DrumLayer, MelodyLayer, PitchedLayer, Style, StyleName, StyleVariant } from "./composition/style.ts";
import { STYLES } from "./composition/styles/style-table.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { DrumName, InstrumentName } from "./sound/instruments.ts";

export interface CompositionBrief {
  /** `Eb major`, `F# dorian`. */
  readonly key: string;
  readonly tempoBpm: number;
  readonly style: StyleName;
  readonly seed: number;
  /** The piece ends within half a bar of it. */
  readonly lengthSeconds: number;
}

export interface DrumHit {
  readonly startSeconds: number;
  readonly drum: DrumName;
  readonly velocity: number;
}

export interface PitchedPart {
  readonly layer: PitchedLayer;
  readonly instrument: InstrumentName;
  readonly notes: readonly PerformedNote[];
}

export interface DrumPart {
  readonly layer: DrumLayer;
  readonly hits: readonly DrumHit[];
}

export interface Score {
  readonly style: Style;
  readonly key: Key;
  readonly form: Form;
  /** On the beat grid, before the performance. */
  readonly tune: readonly MelodyNote[];
  readonly pitchedParts: readonly PitchedPart[];
  readonly drumParts: readonly DrumPart[];
  readonly beatSeconds: number;
  readonly finalChordSeconds: number;
  readonly lengthSeconds: number;
}

const DRUM_STRIKES: Readonly<Record<string, number>> = { X: 1, x: 0.8, o: 0.55, g: 0.3 };

export function composeScore(brief: CompositionBrief): Score {
  const style = STYLES[brief.style];
  const key = parseKey(brief.key);
  const random = new SeededRandom(brief.seed);
  const variant = chooseVariant(style, brief);
  const form = planForm(style, variant, key, brief.tempoBpm, brief.lengthSeconds);
  const clock = createClock(style, form, brief.tempoBpm);
  const centre = style.layers.find((layer): layer is MelodyLayer => layer.role === "melody")?.centre ?? 72;
  const tune = composeMelody(form, style, variant, key, centre, random.fork("tune"));
  const pitchedParts: PitchedPart[] = [];
  const drumParts: DrumPart[] = [];
  style.layers.forEach((layer, index) => {
    const touchOfLayer = random.fork(`${layer.role} ${index}`);
    if (layer.role === "drums") {
      drumParts.push({ layer, hits: drumHits(layer, form, clock, style, touchOfLayer) });
      return;
    }
    const instrument = touchOfLayer.pick(layer.instruments);
    const notes = gridNotes(layer, form, key, style, tune, centre);
    pitchedParts.push({ layer, instrument, notes: performNotes(notes, clock, style, form, touchOfLayer) });
  });
  const finalChordSeconds = clock.secondsAt(form.finalBeat);
  return {
    style,
    key,
    form,
    tune,
    pitchedParts,
    drumParts,
    beatSeconds: clock.beatSeconds,
    finalChordSeconds,
    lengthSeconds: finalChordSeconds + style.tailSeconds,
  };
}

function chooseVariant(style: Style, brief: CompositionBrief): StyleVariant {
  const mode = brief.key.split(" ")[1];
  const fitting = style.variants.filter((variant) => variant.mode === mode);
  const variant = fitting[brief.seed % fitting.length];
  if (!variant) throw new RangeError(`${style.name} has no variant in ${mode}`);
  return variant;
}

function gridNotes(
  layer: PitchedLayer,
  form: Form,
  key: Key,
  style: Style,
  tune: readonly MelodyNote[],
  tuneCentre: number,
): readonly GridNote[] {
  switch (layer.role) {
    case "chords":
      return chordNotes(layer, form, style.beatsPerBar);
    case "arpeggio":
      return arpeggioNotes(layer, form, style.beatsPerBar);
    case "bass":
      return bassNotes(layer, form, key, style.beatsPerBar);
    case "melody": {
      const voice = layer.voice === "tune" ? tune : secondVoice(tune, form, key);
      const octaves = 12 * Math.round((layer.centre - tuneCentre) / 12);
      return voice
        .filter((note) => playsIn(layer.sections, sectionAt(form, note.startBeat, style).name))
        .map((note) => ({ ...note, pitch: note.pitch + octaves, lateMs: 0 }));
    }
  }
}

function drumHits(layer: DrumLayer, form: Form, clock: Clock, style: Style, random: SeededRandom): readonly DrumHit[] {
  const hits: DrumHit[] = [];
  for (const bar of barsOf(form, layer.sections, style.beatsPerBar)) {
    const isFill = layer.fill !== undefined && bar.section.isLastOfLetter && bar.index === bar.section.bars - 1;
    const lines = isFill ? layer.fill : layer.lines;
    for (const [drum, pattern] of Object.entries(lines) as [DrumName, string][]) {
      for (const step of stepsOfBar(pattern, bar.index, style.beatsPerBar)) {
        const beat = bar.firstBeat + step.beat;
        const strike = DRUM_STRIKES[step.sign] ?? 0;
        const velocity = touch(strike * intensityAt(form, beat, style.beatsPerBar), random);
        const jitterSeconds = (random.bell() * style.timingJitterMs) / 4_000;
        hits.push({ startSeconds: Math.max(0, clock.secondsAt(beat) + jitterSeconds), drum, velocity });
      }
    }
  }
  for (const drum of layer.last) hits.push({ startSeconds: clock.secondsAt(form.finalBeat), drum, velocity: 0.7 });
  return hits.toSorted((one, other) => one.startSeconds - other.startSeconds);
}

function sectionAt(form: Form, beat: number, style: Style): Section {
  const bar = Math.floor(beat / style.beatsPerBar + 1e-6);
  const section = form.sections.findLast((candidate) => candidate.firstBar <= bar);
  if (!section) throw new RangeError("a piece starts at bar 0");
  return section;
}

/** The chord that sounds at a beat of the score. */
export function harmonyAt(score: Score, beat: number) {
  return chordAt(score.form.chords, beat).chord;
}
