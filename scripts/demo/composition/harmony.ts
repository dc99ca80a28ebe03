/**
 * Keys and chords. Chords are written as capital roman numerals over the major scale of the tonic, whatever the mode:
 * `IIm7`, `bVImaj7`, `V7sus4`, with `/` for a bass other than the root: `V/VII`.
 */

export type PitchClass = number;

export interface Key {
  readonly tonic: PitchClass;
  readonly scale: readonly PitchClass[];
}

export interface Chord {
  readonly symbol: string;
  readonly root: PitchClass;
  readonly bass: PitchClass;
  /** Pitch classes in the order of their stack: root, third, fifth, seventh and so on. */
  readonly tones: readonly PitchClass[];
}

export interface TimedChord {
  readonly chord: Chord;
  readonly startBeat: number;
  readonly endBeat: number;
}

const MODES: Readonly<Record<string, readonly number[]>> = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
  lydian: [0, 2, 4, 6, 7, 9, 11],
};

const LETTERS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const NUMERALS: Readonly<Record<string, number>> = { I: 0, II: 2, III: 4, IV: 5, V: 7, VI: 9, VII: 11 };

const QUALITIES: Readonly<Record<string, readonly number[]>> = {
  "": [0, 4, 7],
  m: [0, 3, 7],
  "5": [0, 7],
  "6": [0, 4, 7, 9],
  "69": [0, 4, 7, 9, 14],
  "7": [0, 4, 7, 10],
  "9": [0, 4, 7, 10, 14],
  "13": [0, 4, 10, 14, 21],
  maj7: [0, 4, 7, 11],
  maj9: [0, 4, 7, 11, 14],
  add9: [0, 4, 7, 14],
  m6: [0, 3, 7, 9],
  m7: [0, 3, 7, 10],
  m9: [0, 3, 7, 10, 14],
  m11: [0, 3, 7, 10, 17],
  madd9: [0, 3, 7, 14],
  m7b5: [0, 3, 6, 10],
  dim7: [0, 3, 6, 9],
  sus2: [0, 2, 7],
  sus4: [0, 5, 7],
  "7sus4": [0, 5, 7, 10],
  "9sus4": [0, 5, 7, 10, 14],
};

const CHORD_PATTERN = /^([b#]?)(VII|VI|V|IV|III|II|I)([^/]*)(?:\/([b#]?)(VII|VI|V|IV|III|II|I))?$/;

/** Reads `Eb major`, `F# dorian`. Throws where the text is no key: keys are our own data. */
export function parseKey(text: string): Key {
  const [name = "", mode = ""] = text.split(" ");
  const letter = LETTERS[name.charAt(0)];
  const scale = MODES[mode];
  if (letter === undefined || scale === undefined) throw new SyntaxError(`not a key: ${text}`);
  const tonic = (letter + accidentalOf(name.slice(1)) + 12) % 12;
  return { tonic, scale: scale.map((step) => (tonic + step) % 12) };
}

export function parseChord(symbol: string, key: Key): Chord {
  const match = CHORD_PATTERN.exec(symbol);
  const intervals = match ? QUALITIES[match[3] ?? ""] : undefined;
  if (!match || !intervals) throw new SyntaxError(`not a chord: ${symbol}`);
  const root = pitchClassOf(key, match[1] ?? "", match[2] ?? "");
  const bass = match[5] === undefined ? root : pitchClassOf(key, match[4] ?? "", match[5]);
  return { symbol, root, bass, tones: intervals.map((interval) => (root + interval) % 12) };
}

/** Bars are parted by `|`, the chords of a bar share it evenly. */
export function parseProgression(text: string, key: Key): readonly (readonly Chord[])[] {
  return text.split("|").map((bar) =>
    bar
      .trim()
      .split(/\s+/)
      .map((symbol) => parseChord(symbol, key)),
  );
}

/** The key's scale bent to the chord: a chromatic chord tone replaces the scale tones it would rub against. */
export function scaleOver(chord: Chord, key: Key): ReadonlySet<PitchClass> {
  const scale = new Set(key.scale);
  for (const tone of chord.tones) {
    if (scale.has(tone)) continue;
    for (const neighbour of [(tone + 1) % 12, (tone + 11) % 12]) {
      if (!chord.tones.includes(neighbour)) scale.delete(neighbour);
    }
    scale.add(tone);
  }
  return scale;
}

/** True for a pitch class that belongs to the chord or lies a whole tone from all of it: a colour, not a clash. */
export function sitsWell(pitchClass: PitchClass, chord: Chord): boolean {
  if (chord.tones.includes(pitchClass)) return true;
  const above = (pitchClass + 1) % 12;
  const below = (pitchClass + 11) % 12;
  return !chord.tones.includes(above) && !chord.tones.includes(below);
}

/** The chord that sounds at a beat; after the last one, the last. */
export function chordAt(chords: readonly TimedChord[], beat: number): TimedChord {
  let low = 0;
  let high = chords.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((chords[middle] as TimedChord).startBeat <= beat + 1e-6) low = middle;
    else high = middle - 1;
  }
  const found = chords[low];
  if (!found) throw new RangeError("a piece has chords");
  return found;
}

function pitchClassOf(key: Key, accidental: string, numeral: string): PitchClass {
  return (key.tonic + (NUMERALS[numeral] ?? 0) + accidentalOf(accidental) + 12) % 12;
}

function accidentalOf(text: string): number {
  if (text === "") return 0;
  if (text === "b") return -1;
  if (text === "#") return 1;
  throw new SyntaxError(`not an accidental: ${text}`);
}
