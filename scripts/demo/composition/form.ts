/** The plan of a piece: an introduction, phrases of four bars in the form A B A', and an ending of two bars. */
import { type Chord, type Key, parseProgression, type TimedChord } from "./harmony.ts";
import { BARS_PER_PHRASE, type Style, type StyleVariant } from "./style.ts";

export type SectionName = "intro" | "a1" | "a2" | "b1" | "b2" | "break" | "c1" | "c2" | "ending";

export interface Section {
  readonly name: SectionName;
  readonly firstBar: number;
  readonly bars: number;
  /** 0..1; scales how hard everyone plays. */
  readonly intensity: number;
  /** The next section has another letter: the drummer fills, the tune closes. */
  readonly isLastOfLetter: boolean;
}

export interface Form {
  readonly sections: readonly Section[];
  readonly chords: readonly TimedChord[];
  readonly finalBeat: number;
}

const PLANS: readonly (readonly SectionName[])[] = [
  ["a1"],
  ["a1", "c1"],
  ["a1", "b1", "c1"],
  ["a1", "a2", "b1", "c1"],
  ["a1", "a2", "b1", "b2", "c1"],
  ["a1", "a2", "b1", "b2", "c1", "c2"],
  ["a1", "a2", "b1", "b2", "break", "c1", "c2"],
  ["a1", "a2", "b1", "b2", "break", "a2", "c1", "c2"],
];

const INTRO_BARS_TYPICAL = 2.5;
const INTRO_BARS_MAX = 4;

const INTENSITIES: Readonly<Record<SectionName, number>> = {
  intro: 0.6,
  a1: 0.72,
  a2: 0.8,
  b1: 0.86,
  b2: 0.92,
  break: 0.6,
  c1: 0.95,
  c2: 1,
  ending: 0.78,
};

/** Fits whole phrases into the length; the introduction takes what is left over. */
export function planForm(style: Style, variant: StyleVariant, key: Key, tempoBpm: number, lengthSeconds: number): Form {
  const barSeconds = (style.beatsPerBar * 60) / tempoBpm;
  const barsBeforeEnding = (lengthSeconds - style.tailSeconds) / barSeconds - 1;
  const phrasesWanted = Math.round((barsBeforeEnding - INTRO_BARS_TYPICAL) / BARS_PER_PHRASE);
  const plan = PLANS[Math.min(Math.max(phrasesWanted, 1), PLANS.length) - 1] as readonly SectionName[];
  const introWanted = Math.round(barsBeforeEnding - plan.length * BARS_PER_PHRASE);
  const sections = layOut(plan, Math.min(Math.max(introWanted, 1), INTRO_BARS_MAX));
  const finalBar = sections.reduce((bars, section) => bars + section.bars, 0) - 1;
  return {
    sections,
    chords: timeChords(sections, style, variant, key),
    finalBeat: finalBar * style.beatsPerBar,
  };
}

/** True where a layer's list of sections names this one, by its name or its letter. */
export function playsIn(sections: string, name: SectionName): boolean {
  return sections
    .split(" ")
    .some((listed) => listed === name || (listed.length === 1 && name === `${listed}${name[1]}`));
}

function layOut(plan: readonly SectionName[], introBars: number): readonly Section[] {
  const names: readonly SectionName[] = ["intro", ...plan, "ending"];
  let firstBar = 0;
  return names.map((name, index) => {
    const bars = name === "intro" ? introBars : name === "ending" ? 2 : BARS_PER_PHRASE;
    const next = names[index + 1];
    const section = {
      name,
      firstBar,
      bars,
      intensity: INTENSITIES[name],
      isLastOfLetter: next?.charAt(0) !== name.charAt(0),
    };
    firstBar += bars;
    return section;
  });
}

function timeChords(
  sections: readonly Section[],
  style: Style,
  variant: StyleVariant,
  key: Key,
): readonly TimedChord[] {
  const progressionA = parseProgression(variant.progressionA, key);
  const progressionB = parseProgression(variant.progressionB, key);
  const ending = parseProgression(variant.ending, key);
  const chords: TimedChord[] = [];
  for (const section of sections) {
    const isB = section.name.startsWith("b");
    const progression = section.name === "ending" ? ending : isB ? progressionB : progressionA;
    // A short introduction takes the last bars, which lead into the first phrase.
    const skipped = section.name === "intro" ? progression.length - section.bars : 0;
    for (let bar = 0; bar < section.bars; bar++) {
      const inBar = progression[(bar + skipped) % progression.length] as readonly Chord[];
      const beats = style.beatsPerBar / inBar.length;
      const barBeat = (section.firstBar + bar) * style.beatsPerBar;
      inBar.forEach((chord, index) => {
        chords.push({ chord, startBeat: barBeat + index * beats, endBeat: barBeat + (index + 1) * beats });
      });
    }
  }
  return mergeHeld(chords);
}

/** The same chord in two bars running is one chord: a pad then holds it instead of striking it again. */
function mergeHeld(chords: readonly TimedChord[]): readonly TimedChord[] {
  const merged: TimedChord[] = [];
  for (const timed of chords) {
    const last = merged.at(-1);
    if (last && last.chord.symbol === timed.chord.symbol)
      merged[merged.length - 1] = { ...last, endBeat: timed.endBeat };
    else merged.push(timed);
  }
  return merged;
}
