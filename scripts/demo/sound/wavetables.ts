/** Single-cycle waves, one per octave of fundamental, each without partials beyond what the sample rate can carry. */
import { SAMPLE_RATE_HZ } from "./audio-format.ts";

export const TABLE_LENGTH = 2_048;
const HARMONICS_MAX = 96;
const LOWEST_FUNDAMENTAL_HZ = 32;
const OCTAVES = 9;

export type Spectrum = "sine" | "round" | "warm" | "saw" | "hollow" | "reed" | "strings" | "organ";

/** The strength of each harmonic (1 is the fundamental); its sign is the phase. */
const HARMONICS: Readonly<Record<Spectrum, (harmonic: number) => number>> = {
  sine: (n) => (n === 1 ? 1 : 0),
  round: (n) => (n === 1 ? 1 : n === 2 ? 0.28 : n === 3 ? 0.1 : n === 4 ? 0.03 : 0),
  warm: (n) => 1 / n ** 2,
  saw: (n) => 1 / n ** 1.05,
  hollow: (n) => (n % 2 === 1 ? 1 / n ** 1.5 : 0.06 / n),
  reed: (n) => (0.5 + Math.exp(-((n - 3.5) ** 2) / 4)) / n ** 1.1,
  strings: (n) => (n % 5 === 0 ? 0.4 : 1) / n ** 1.35,
  organ: (n) => [0, 1, 0.7, 0.35, 0.4, 0, 0.18, 0, 0.2][n] ?? 0,
};

const SPECTRA = Object.keys(HARMONICS);

/** One period of a sine, with one sample more so that interpolation need not wrap. */
export const SINE = buildTable("sine", 1);

/** Shades between a dark and a bright wave, close enough together for a fade through them to be smooth. */
const SHADES = 64;
const cache = new Map<string, Float32Array>();

/**
 * The wave between two spectra, 0 the dark one and 1 the bright, without partials that would alias at this fundamental.
 * Tables are kept: the same few serve a whole piece.
 */
export function blendedTable(dark: Spectrum, bright: Spectrum, frequencyHz: number, blend: number): Float32Array {
  const octave = octaveOf(frequencyHz);
  const shade = Math.round(Math.min(1, Math.max(0, blend)) * SHADES);
  const shades = shadesOf(dark, bright, octave);
  const known = shades[shade];
  if (known) return known;
  const from = plainTable(dark, octave);
  const to = plainTable(bright, octave);
  const table = from.map((sample, index) => sample + (shade / SHADES) * ((to[index] as number) - sample));
  shades[shade] = table;
  return table;
}

/** Indexed by bright spectrum, dark spectrum and octave: the look-up runs once per block of every note. */
const shadeTables: (Float32Array | undefined)[][] = [];

function shadesOf(dark: Spectrum, bright: Spectrum, octave: number): (Float32Array | undefined)[] {
  const at = (SPECTRA.indexOf(dark) * SPECTRA.length + SPECTRA.indexOf(bright)) * OCTAVES + octave;
  shadeTables[at] ??= [];
  return shadeTables[at];
}

function plainTable(spectrum: Spectrum, octave: number): Float32Array {
  const name = `${spectrum} ${octave}`;
  const table = cache.get(name) ?? buildTable(spectrum, harmonicsOfOctave(octave));
  cache.set(name, table);
  return table;
}

function octaveOf(frequencyHz: number): number {
  const octave = Math.floor(Math.log2(frequencyHz / LOWEST_FUNDAMENTAL_HZ));
  return Math.min(Math.max(octave, 0), OCTAVES - 1);
}

function harmonicsOfOctave(octave: number): number {
  const highestFundamentalHz = LOWEST_FUNDAMENTAL_HZ * 2 ** (octave + 1);
  return Math.max(1, Math.min(HARMONICS_MAX, Math.floor((SAMPLE_RATE_HZ * 0.45) / highestFundamentalHz)));
}

function buildTable(spectrum: Spectrum, harmonics: number): Float32Array {
  const sine = new Float64Array(TABLE_LENGTH);
  for (let index = 0; index < TABLE_LENGTH; index++) sine[index] = Math.sin((2 * Math.PI * index) / TABLE_LENGTH);
  const table = new Float32Array(TABLE_LENGTH + 1);
  for (let harmonic = 1; harmonic <= harmonics; harmonic++) {
    const strength = HARMONICS[spectrum](harmonic);
    if (strength === 0) continue;
    for (let index = 0; index <= TABLE_LENGTH; index++) {
      table[index] = (table[index] as number) + strength * (sine[(index * harmonic) % TABLE_LENGTH] as number);
    }
  }
  return scaledToUnitPower(table);
}

/** All waves are equally strong, so that fading from a dark to a bright one changes the colour only. */
function scaledToUnitPower(table: Float32Array): Float32Array {
  let power = 0;
  for (let index = 0; index < TABLE_LENGTH; index++) power += (table[index] as number) ** 2;
  const scale = Math.SQRT1_2 / Math.sqrt(power / TABLE_LENGTH);
  return table.map((sample) => sample * scale);
}
