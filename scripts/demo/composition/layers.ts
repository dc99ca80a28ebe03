/** Turns the pitched layers of a style into notes on the beat grid. */
import type { Form, Section } from "./form.ts";
import { playsIn } from "./form.ts";
import { chordAt, type Key, scaleOver, type TimedChord } from "./harmony.ts";
import type { MelodyNote } from "./melody.ts";
import { stepsOfBar } from "./patterns.ts";
import type { ArpeggioLayer, BassLayer, ChordLayer } from "./style.ts";
import { voiceChord } from "./voice-leading.ts";

/** A note on the grid: when it starts, how long it is held, and how many milliseconds late within its chord. */
export interface GridNote extends MelodyNote {
  readonly lateMs: number;
}

interface Bar {
  readonly section: Section;
  readonly index: number;
  readonly firstBeat: number;
}

const STRIKES: Readonly<Record<string, number>> = { X: 0.9, x: 0.74, o: 0.56, p: 0.72 };
/** The final chord is held to the end of the file; the fade ends it. */
export const FINAL_BEATS = 16;

export function chordNotes(layer: ChordLayer, form: Form, beatsPerBar: number): readonly GridNote[] {
  const voicings = voiceAll(form.chords, layer);
  const notes: GridNote[] = [];
  const strike = (timed: TimedChord, startBeat: number, beats: number, velocity: number, strumMs: number) => {
    (voicings.get(timed) ?? []).forEach((pitch, voice) => {
      notes.push({ startBeat, beats, pitch, velocity, lateMs: voice * strumMs });
    });
  };
  for (const bar of barsOf(form, layer.sections, beatsPerBar)) {
    for (const step of stepsOfBar(patternOf(layer, bar), bar.index, beatsPerBar)) {
      const startBeat = bar.firstBeat + step.beat;
      const velocity = STRIKES[step.sign] ?? 0;
      const isEarly = step.sign === "p";
      const timed = chordAt(form.chords, isEarly ? bar.firstBeat + beatsPerBar : startBeat);
      const endBeat = Math.min(startBeat + step.beats, isEarly ? Number.POSITIVE_INFINITY : timed.endBeat);
      strike(timed, startBeat, endBeat - startBeat, velocity, layer.strumMs);
      // A held chord gives way where the harmony changes under it.
      if (endBeat < startBeat + step.beats - 0.01) {
        strike(
          chordAt(form.chords, endBeat),
          endBeat,
          startBeat + step.beats - endBeat,
          velocity * 0.92,
          layer.strumMs,
        );
      }
    }
  }
  if (playsIn(layer.sections, "ending")) {
    const slowStrumMs = layer.strumMs * 2.5;
    strike(chordAt(form.chords, form.finalBeat), form.finalBeat, FINAL_BEATS, 0.7, slowStrumMs);
  }
  return notes;
}

export function arpeggioNotes(layer: ArpeggioLayer, form: Form, beatsPerBar: number): readonly GridNote[] {
  const voicings = voiceAll(form.chords, layer);
  const notes: GridNote[] = [];
  for (const bar of barsOf(form, layer.sections, beatsPerBar)) {
    for (const step of stepsOfBar(patternOf(layer, bar), bar.index, beatsPerBar)) {
      const startBeat = bar.firstBeat + step.beat;
      const timed = chordAt(form.chords, startBeat);
      const beats = Math.min(Math.max(layer.ringBeats, step.beats), timed.endBeat - startBeat);
      const pitch = voiceAt(voicings.get(timed) ?? [], Number(step.sign));
      notes.push({ startBeat, beats, pitch, velocity: Number.isInteger(step.beat) ? 0.74 : 0.62, lateMs: 0 });
    }
  }
  if (playsIn(layer.sections, "ending")) {
    const rollBeats = 0.25;
    const voicing = voicings.get(chordAt(form.chords, form.finalBeat)) ?? [];
    for (let index = 0; index <= voicing.length; index++) {
      const startBeat = form.finalBeat + index * rollBeats;
      notes.push({
        startBeat,
        beats: FINAL_BEATS,
        pitch: voiceAt(voicing, index),
        velocity: 0.66 - 0.03 * index,
        lateMs: 0,
      });
    }
  }
  return notes;
}

export function bassNotes(layer: BassLayer, form: Form, key: Key, beatsPerBar: number): readonly GridNote[] {
  const notes: GridNote[] = [];
  for (const bar of barsOf(form, layer.sections, beatsPerBar)) {
    for (const step of stepsOfBar(patternOf(layer, bar), bar.index, beatsPerBar)) {
      const startBeat = bar.firstBeat + step.beat;
      const velocity = Number.isInteger(step.beat) ? 0.78 : 0.66;
      const pitch = bassPitch(step.sign, layer, form, key, startBeat, bar.firstBeat + beatsPerBar);
      const change = chordAt(form.chords, startBeat).endBeat - startBeat;
      const beats = step.sign === "P" ? step.beats : Math.min(step.beats, change);
      notes.push({ startBeat, beats, pitch, velocity, lateMs: 0 });
      if (beats < step.beats - 0.01) {
        const rest = { startBeat: startBeat + beats, beats: step.beats - beats };
        notes.push({
          ...rest,
          pitch: rootPitch(chordAt(form.chords, rest.startBeat), layer.lowest),
          velocity,
          lateMs: 0,
        });
      }
    }
  }
  if (playsIn(layer.sections, "ending")) {
    const pitch = rootPitch(chordAt(form.chords, form.finalBeat), layer.lowest);
    notes.push({ startBeat: form.finalBeat, beats: FINAL_BEATS, pitch, velocity: 0.76, lateMs: 0 });
  }
  return notes;
}

/** Every bar a layer plays in but for the final one, which each role treats in its own way. */
export function* barsOf(form: Form, sections: string, beatsPerBar: number): Generator<Bar> {
  for (const section of form.sections) {
    if (!playsIn(sections, section.name)) continue;
    const bars = section.name === "ending" ? section.bars - 1 : section.bars;
    for (let index = 0; index < bars; index++) {
      yield { section, index, firstBeat: (section.firstBar + index) * beatsPerBar };
    }
  }
}

function voiceAll(chords: readonly TimedChord[], layer: ChordLayer | ArpeggioLayer) {
  const voicings = new Map<TimedChord, readonly number[]>();
  let previous: readonly number[] | null = null;
  for (const timed of chords) {
    previous = voiceChord(timed.chord, previous, layer);
    voicings.set(timed, previous);
  }
  return voicings;
}

function voiceAt(voicing: readonly number[], voice: number): number {
  const octave = Math.floor(voice / voicing.length);
  return (voicing[voice % voicing.length] as number) + 12 * octave;
}

function patternOf(layer: { readonly pattern: string; readonly patternB?: string }, bar: Bar): string {
  return bar.section.name.startsWith("b") && layer.patternB ? layer.patternB : layer.pattern;
}

function rootPitch(timed: TimedChord, lowest: number): number {
  return lowest + ((timed.chord.bass - lowest + 1_200) % 12);
}

function bassPitch(sign: string, layer: BassLayer, form: Form, key: Key, beat: number, nextBarBeat: number): number {
  const timed = chordAt(form.chords, beat);
  const root = rootPitch(timed, layer.lowest);
  const nextRoot = rootPitch(chordAt(form.chords, nextBarBeat), layer.lowest);
  if (sign === "P") return nextRoot;
  if (sign === "8") return root + 12;
  if (sign === "A") return approachPitch(root, nextRoot, scaleOver(timed.chord, key));
  if (sign !== "3" && sign !== "5") return root;
  const { chord } = timed;
  const fifth = (chord.root + (chord.tones.includes((chord.root + 6) % 12) ? 6 : 7)) % 12;
  const tone = sign === "3" ? (chord.tones[1] as number) : fifth;
  return root + ((tone - root + 1_200) % 12);
}

/** A scale step from the side the line comes from. */
function approachPitch(root: number, nextRoot: number, scale: ReadonlySet<number>): number {
  const side = root > nextRoot ? 1 : -1;
  for (const step of [1, 2]) if (scale.has((nextRoot + side * step + 12) % 12)) return nextRoot + side * step;
  return nextRoot;
}
