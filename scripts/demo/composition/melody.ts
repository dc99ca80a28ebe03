/**
 * Fits a drawn tune to the harmony. The style draws rhythm and contour; the pitches are the path through the scale
 * that keeps the contour, moves mostly by step, and never rubs against the chord on a strong beat.
 */
import type { SeededRandom } from "../seeded-random.ts";
import type { Form, Section } from "./form.ts";
import { chordAt, type Key, scaleOver, sitsWell, type TimedChord } from "./harmony.ts";
import { readPattern, type Step } from "./patterns.ts";
import type { Style, StyleVariant } from "./style.ts";

export interface MelodyNote {
  readonly startBeat: number;
  readonly beats: number;
  readonly pitch: number;
  /** 0..1 before the performer's touch. */
  readonly velocity: number;
}

interface Onset {
  readonly startBeat: number;
  readonly beats: number;
  readonly targetPitch: number;
  readonly isStrong: boolean;
  readonly isClose: boolean;
}

const CENTRE_HEIGHT = 4;
const SEMITONES_PER_HEIGHT = 1.75;
/** Candidates lie this far around the drawn contour. */
const REACH_SEMITONES = 6;
const FORBIDDEN = 1_000;

export function composeMelody(
  form: Form,
  style: Style,
  variant: StyleVariant,
  key: Key,
  centre: number,
  random: SeededRandom,
): readonly MelodyNote[] {
  const notes: MelodyNote[] = [];
  for (const section of form.sections) {
    const drawn = drawingFor(section, variant);
    if (drawn === null) continue;
    const onsets = placeOnsets(drawn, section, style, centre);
    const pitches = fitPitches(onsets, form.chords, key);
    const phrase = onsets.map((onset, index) => ({
      startBeat: onset.startBeat,
      beats: onset.beats,
      pitch: pitches[index] as number,
      velocity: 0.62 + 0.1 * (onset.isStrong ? 1 : 0) + 0.012 * (onset.targetPitch - centre),
    }));
    notes.push(...(section.name.startsWith("c") ? ornament(phrase, form.chords, key, random) : phrase));
  }
  const last = finalNote(notes.at(-1), form, key, centre);
  return [...notes, last];
}

/** A second voice below the tune: the third or sixth that sits well with the chord, else the nearest chord tone. */
export function secondVoice(tune: readonly MelodyNote[], form: Form, key: Key): readonly MelodyNote[] {
  return tune.map((note) => {
    const { chord } = chordAt(form.chords, note.startBeat);
    const scale = scaleOver(chord, key);
    const below = [3, 4, 8, 9, 5, 7].map((interval) => note.pitch - interval);
    const fits = below.find((pitch) => scale.has(pitch % 12) && sitsWell(pitch % 12, chord));
    return { ...note, pitch: fits ?? note.pitch - 12, velocity: note.velocity * 0.8 };
  });
}

function drawingFor(section: Section, variant: StyleVariant): string | null {
  const letter = section.name.charAt(0);
  if (section.name === "break") return null;
  if (letter === "a" || letter === "c") return variant.melodyA;
  return section.name.startsWith("b") ? variant.melodyB : null;
}

function placeOnsets(drawn: string, section: Section, style: Style, centre: number): readonly Onset[] {
  const { steps } = readPattern(drawn, style.beatsPerBar);
  const firstBeat = section.firstBar * style.beatsPerBar;
  return steps.map((step, index) => ({
    startBeat: firstBeat + step.beat,
    beats: step.beats,
    targetPitch: centre + (Number(step.sign) - CENTRE_HEIGHT) * SEMITONES_PER_HEIGHT,
    isStrong: isStrong(step),
    isClose: section.isLastOfLetter && index === steps.length - 1,
  }));
}

/** Long notes count as strong wherever they start: the ear has time to hear what they rub against. */
function isStrong(step: Step): boolean {
  return Number.isInteger(step.beat) || step.beats >= 0.75;
}

/** The cheapest path (Viterbi) over the candidate pitches of each onset. */
function fitPitches(onsets: readonly Onset[], chords: readonly TimedChord[], key: Key): readonly number[] {
  let paths: { pitch: number; cost: number; pitches: readonly number[] }[] = [];
  onsets.forEach((onset, index) => {
    const before = onsets[index - 1];
    const candidates = candidatePitches(onset);
    paths = candidates.map((pitch) => {
      const own = pitchCost(pitch, onset, chords, key);
      if (!before) return { pitch, cost: own, pitches: [pitch] };
      const drawn = onset.targetPitch - before.targetPitch;
      let best = { pitch, cost: Number.POSITIVE_INFINITY, pitches: [] as readonly number[] };
      for (const path of paths) {
        const cost = path.cost + own + intervalCost(pitch - path.pitch, drawn);
        if (cost < best.cost) best = { pitch, cost, pitches: path.pitches };
      }
      return { ...best, pitches: [...best.pitches, pitch] };
    });
  });
  return paths.reduce((best, path) => (path.cost < best.cost ? path : best)).pitches;
}

function candidatePitches(onset: Onset): readonly number[] {
  const lowest = Math.round(onset.targetPitch) - REACH_SEMITONES;
  return Array.from({ length: 2 * REACH_SEMITONES + 1 }, (_, index) => lowest + index);
}

function pitchCost(pitch: number, onset: Onset, chords: readonly TimedChord[], key: Key): number {
  const pitchClass = pitch % 12;
  const { chord } = chordAt(chords, onset.startBeat);
  if (!scaleOver(chord, key).has(pitchClass)) return FORBIDDEN;
  let cost = 0.45 * Math.abs(pitch - onset.targetPitch);
  const isChordTone = chord.tones.includes(pitchClass);
  if (onset.isStrong) cost += isChordTone ? 0 : sitsWell(pitchClass, chord) ? 1.4 : 40;
  else cost += isChordTone ? 0 : sitsWell(pitchClass, chord) ? 0.3 : 1.2;
  // A note held over a change must suit the new chord as well.
  const later = chordAt(chords, onset.startBeat + onset.beats - 0.2).chord;
  if (later !== chord && !sitsWell(pitchClass, later)) cost += 30;
  if (onset.isClose) cost += closingCost(pitchClass, key);
  return cost;
}

function closingCost(pitchClass: number, key: Key): number {
  if (pitchClass === key.tonic) return 0;
  return pitchClass === key.scale[2] || pitchClass === key.scale[4] ? 1 : 4;
}

function intervalCost(interval: number, drawn: number): number {
  const size = Math.abs(interval);
  const turned = Math.sign(interval) !== Math.sign(drawn) ? 2.5 : 0;
  if (size === 0) return drawn === 0 ? 0 : 2;
  if (size <= 2) return turned;
  if (size === 6 || size === 10 || size === 11) return turned + 5;
  if (size <= 4) return turned + 0.4;
  return turned + (size > 12 ? 8 : 0.2 * size);
}

/** In the reprise some longer notes get a turn to the next note, so that it is heard as a variation. */
function ornament(
  phrase: readonly MelodyNote[],
  chords: readonly TimedChord[],
  key: Key,
  random: SeededRandom,
): readonly MelodyNote[] {
  return phrase.flatMap((note, index) => {
    const next = phrase[index + 1];
    const isJoined = next !== undefined && next.startBeat - (note.startBeat + note.beats) < 0.01;
    if (!isJoined || note.beats < 1 || random.next() > 0.6) return [note];
    const turnBeats = note.beats >= 1.5 ? 0.5 : 0.25;
    const turnBeat = note.startBeat + note.beats - turnBeats;
    const { chord } = chordAt(chords, turnBeat);
    const scale = scaleOver(chord, key);
    // A turn on the beat is heard as much as any note there.
    const mayPass = (pitch: number) =>
      scale.has(pitch % 12) && (!Number.isInteger(turnBeat) || sitsWell(pitch % 12, chord));
    const pitch = passingPitch(note.pitch, next.pitch, mayPass);
    if (pitch === null) return [note];
    return [
      { ...note, beats: note.beats - turnBeats },
      { startBeat: turnBeat, beats: turnBeats, pitch, velocity: note.velocity * 0.82 },
    ];
  });
}

/** Between two notes a scale step on the way; around a repeated or neighbouring note the upper neighbour. */
function passingPitch(from: number, to: number, mayPass: (pitch: number) => boolean): number | null {
  const direction = to - from > 2 ? 1 : from - to > 2 ? -1 : 0;
  const steps = direction === 0 ? [1, 2] : [direction, 2 * direction];
  const base = direction === 0 ? Math.max(from, to) : from;
  for (const step of steps) if (mayPass(base + step)) return base + step;
  return null;
}

/** The tonic, unless the fifth lies much nearer to where the tune has come to. */
function finalNote(before: MelodyNote | undefined, form: Form, key: Key, centre: number): MelodyNote {
  const { chord } = chordAt(form.chords, form.finalBeat);
  const near = before?.pitch ?? centre;
  const restlessness = new Map([
    [key.tonic, 0],
    [key.scale[4] as number, 3],
  ]);
  let pitch = near;
  let least = Number.POSITIVE_INFINITY;
  for (let candidate = near - 7; candidate <= near + 7; candidate++) {
    const rest = restlessness.get(candidate % 12);
    if (rest === undefined || !chord.tones.includes(candidate % 12)) continue;
    const cost = Math.abs(candidate - near) + rest;
    if (cost < least) {
      pitch = candidate;
      least = cost;
    }
  }
  return { startBeat: form.finalBeat, beats: 4, pitch, velocity: 0.6 };
}
