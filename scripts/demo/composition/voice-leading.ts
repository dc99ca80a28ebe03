/** Chooses how a chord is spread so that each voice moves as little as the harmony lets it. */
import type { Chord, PitchClass } from "./harmony.ts";

export interface VoicingRange {
  readonly voices: number;
  /** MIDI pitches, both inclusive. */
  readonly lowest: number;
  readonly highest: number;
}

const PITCHES_MAX = 40;

/** Below this pitch close intervals turn to mud. */
const MUD_PITCH = 53;

export function voiceChord(chord: Chord, previous: readonly number[] | null, range: VoicingRange): readonly number[] {
  const essential = essentialTones(chord, range.voices);
  const pitches: number[] = [];
  for (let pitch = range.lowest; pitch <= range.highest && pitches.length < PITCHES_MAX; pitch++) {
    if (chord.tones.includes(pitch % 12)) pitches.push(pitch);
  }
  let best: readonly number[] | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const voicing of combinations(pitches, range.voices)) {
    if (!essential.every((tone) => voicing.some((pitch) => pitch % 12 === tone))) continue;
    const cost = spacingCost(voicing) + movementCost(voicing, previous, range);
    if (cost < bestCost) {
      best = voicing;
      bestCost = cost;
    }
  }
  if (!best) throw new RangeError(`no voicing of ${chord.symbol} with ${range.voices} voices in the range`);
  return best;
}

/** The bass has the root and the ear supplies the fifth, so these two are the first to be left out. */
function essentialTones(chord: Chord, voices: number): readonly PitchClass[] {
  const kept = [...chord.tones];
  const fifth = (chord.root + 7) % 12;
  for (const spare of [fifth, chord.root]) {
    if (kept.length > voices && kept.includes(spare)) kept.splice(kept.indexOf(spare), 1);
  }
  return kept.slice(0, voices);
}

function spacingCost(voicing: readonly number[]): number {
  let cost = 0;
  for (let index = 1; index < voicing.length; index++) {
    const low = voicing[index - 1] as number;
    const gap = (voicing[index] as number) - low;
    if (gap === 1) cost += 5;
    if (gap > 9) cost += 2 * (gap - 9);
    if (low < MUD_PITCH && gap < 5) cost += 2 * (5 - gap);
  }
  const span = (voicing.at(-1) ?? 0) - (voicing[0] ?? 0);
  if (span === 13) cost += 4;
  return cost;
}

function movementCost(voicing: readonly number[], previous: readonly number[] | null, range: VoicingRange): number {
  const centre = (range.lowest + range.highest) / 2;
  const mean = voicing.reduce((sum, pitch) => sum + pitch, 0) / voicing.length;
  let cost = 0.4 * Math.abs(mean - centre);
  if (!previous || previous.length !== voicing.length) return cost;
  for (let index = 0; index < voicing.length; index++) {
    const leap = Math.abs((voicing[index] as number) - (previous[index] as number));
    cost += leap + (leap > 4 ? leap - 4 : 0);
  }
  // The outer voices are what the ear follows.
  cost += 0.5 * Math.abs((voicing.at(-1) ?? 0) - (previous.at(-1) ?? 0));
  return cost;
}

function* combinations(items: readonly number[], size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let index = from; index <= items.length - size; index++) {
    for (const rest of combinations(items, size - 1, index + 1)) yield [items[index] as number, ...rest];
  }
}
