/** What a style is made of. Styles are data: patterns are written as one character per sixteenth note. */
import type { DrumName, InstrumentName } from "../sound/instruments.ts";

export const STYLE_NAMES = [
  "lo-fi",
  "bossa",
  "nocturne",
  "mallets",
  "waltz",
  "folk",
  "synth-pop",
  "minimal-techno",
  "ambient",
] as const;
export type StyleName = (typeof STYLE_NAMES)[number];

export const STEPS_PER_BEAT = 4;
export const BARS_PER_PHRASE = 4;

export interface Style {
  readonly name: StyleName;
  readonly beatsPerBar: 3 | 4;
  /** How far every second swing unit is late, as a part of the unit. */
  readonly swing: number;
  readonly swingUnitBeats: 0.25 | 0.5;
  readonly timingJitterMs: number;
  /** How much slower the last bar before the final chord ends than it begins. */
  readonly ritardando: number;
  /** From the final chord to the end of the file. */
  readonly tailSeconds: number;
  readonly variants: readonly StyleVariant[];
  readonly layers: readonly Layer[];
  readonly mix: MasterMix;
}

/** The tune and harmony a piece may take; one is chosen by the seed among those that fit the mode of the key. */
export interface StyleVariant {
  readonly mode: "major" | "minor" | "dorian" | "mixolydian" | "lydian";
  /** Four bars each. */
  readonly progressionA: string;
  readonly progressionB: string;
  /** The bar before the end, and the final chord. */
  readonly ending: string;
  /** Four bars of heights in scale steps, 4 in the middle; `-` holds, `.` rests. */
  readonly melodyA: string;
  readonly melodyB: string;
}

export interface MasterMix {
  readonly loudnessLufs: number;
  readonly reverbSeconds: number;
  /** Above this frequency the reverb's tail dies soon. */
  readonly reverbToneHz: number;
  /** The echo's distance in beats. */
  readonly echoBeats: number;
  readonly echoFeedback: number;
  readonly toneHz: number;
  readonly saturation: number;
  /** Depth of slow tape speed error, in milliseconds. */
  readonly tapeWowMs: number;
  readonly texture: { readonly kind: "vinyl" | "surf" | "room"; readonly levelDb: number } | null;
}

/** How a layer sits in the mix. Levels are of perceived loudness, so they hold for any instrument. */
export interface LayerMix {
  readonly levelDb: number;
  readonly pan?: number;
  readonly reverb: number;
  readonly echo?: number;
  /** How far a kick pushes the layer down, 0..1. */
  readonly duck?: number;
  readonly toneHz?: number;
  readonly lowCutHz?: number;
  readonly chorus?: number;
  readonly tremolo?: number;
}

interface LayerBase {
  /** Sections it plays in: `intro a1 b ending`; a letter alone stands for all of its phrases. */
  readonly sections: string;
  readonly mix: LayerMix;
}

interface PitchedLayerBase extends LayerBase {
  /** One, or several for the seed to choose from. */
  readonly instruments: readonly InstrumentName[];
}

/** `x`, `X`, `o` strike, `p` strikes the next bar's chord early, `-` holds, `.` rests. */
export interface ChordLayer extends PitchedLayerBase {
  readonly role: "chords";
  readonly voices: number;
  readonly lowest: number;
  readonly highest: number;
  readonly pattern: string;
  readonly patternB?: string;
  /** Between the voices of one chord. */
  readonly strumMs: number;
}

/** Digits are voices of the chord from below (beyond the top they go on an octave higher); `-` holds, `.` rests. */
export interface ArpeggioLayer extends PitchedLayerBase {
  readonly role: "arpeggio";
  readonly voices: number;
  readonly lowest: number;
  readonly highest: number;
  readonly pattern: string;
  readonly patternB?: string;
  /** Notes ring this long, or to the change of chord. */
  readonly ringBeats: number;
}

/** `R` root, `3`, `5`, `8` octave, `A` a step towards the next root, `P` the next bar's root early; `-`, `.` as above. */
export interface BassLayer extends PitchedLayerBase {
  readonly role: "bass";
  readonly lowest: number;
  readonly pattern: string;
  readonly patternB?: string;
}

export interface MelodyLayer extends PitchedLayerBase {
  readonly role: "melody";
  /** The pitch of height 4. */
  readonly centre: number;
  /** Plays the tune, or a second voice a third or sixth below it. */
  readonly voice: "tune" | "second";
}

/** Per drum a pattern of one or two bars: `X` hard, `x` normal, `o` soft, `g` a ghost, `.` none. */
export interface DrumLayer extends LayerBase {
  readonly role: "drums";
  readonly lines: Readonly<Partial<Record<DrumName, string>>>;
  /** Replaces the lines in the last bar before a new section. */
  readonly fill?: Readonly<Partial<Record<DrumName, string>>>;
  /** Struck with the final chord. */
  readonly last: readonly DrumName[];
}

export type Layer = ChordLayer | ArpeggioLayer | BassLayer | MelodyLayer | DrumLayer;
export type PitchedLayer = Exclude<Layer, DrumLayer>;
