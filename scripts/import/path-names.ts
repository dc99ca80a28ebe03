/** What the names of files and folders tell about music, where its tags do not. */

import { toPlainText } from "#domain/catalog/plain-text.ts";

export interface FileClues {
  readonly title: string;
  readonly artist: string | null;
  readonly trackNumber: number | null;
  readonly discNumber: number | null;
}

export interface FolderClues {
  readonly album: string;
  readonly artist: string | null;
  readonly year: number | null;
}

const UNTITLED = "Untitled";
const DISC_FOLDER = /^(?:cd|dis[ck]|disque|диск)[\s._-]*0*(\d{1,2})(?:\D|$)/iu;
/** `01 - Title`, `1-01. Title`, `03_Title`, `007) Title`. */
const NUMBERED = /^(?:(\d{1,2})-)?(\d{1,3})(?:\s*[-._)\]]+\s*|(?<=^0\d+)\s+)(?=\D)(.+)$/u;
/** `7 Title`: a number only where its neighbours have one too, since `99 Luftballons` is a title. */
const NUMBERED_BY_SPACE = /^()(\d{1,3})\s+(.+)$/u;
const YEAR_BEFORE = /^[([]?((?:19|20)\d{2})[)\]]?\s*[-–.]?\s+(?=\S)/u;
const YEAR_BEHIND = /\s*[([]((?:19|20)\d{2})[)\]]\s*$/u;
/** ` [FLAC]`, ` (320 kbps)`: how it was packed. */
const PACKAGING = /\s*[([](?:flac|mp3|wav|web|cd|vinyl|\d{2,3}\s*k(?:bps)?|24[- ]?bit|lossless)[^)\]]*[)\]]\s*$/iu;
const BETWEEN = /\s+[-–—]\s+/u;

/** The number of a folder such as `CD1` or `Disc 2`, or null. */
export function discFolderNumber(name: string): number | null {
  const number = DISC_FOLDER.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}

/** True where a space behind a leading number ends a track number: every name of several begins with another one. */
export function areNumberedBySpace(stems: readonly string[]): boolean {
  const numbers = stems.map((stem) => NUMBERED_BY_SPACE.exec(readable(stem))?.[2]);
  return stems.length > 1 && !numbers.includes(undefined) && new Set(numbers).size === stems.length;
}

/** `stem` is a file's name without its extension. */
export function parseFileName(stem: string, isNumberedBySpace: boolean): FileClues {
  const name = readable(stem);
  const match = NUMBERED.exec(name) ?? (isNumberedBySpace ? NUMBERED_BY_SPACE.exec(name) : null);
  const [, disc, number, rest = name] = match ?? [];
  const [first = "", second, ...others] = rest.split(BETWEEN);
  const isArtistAndTitle = second !== undefined && others.length === 0;
  return {
    title: (isArtistAndTitle ? second : rest.trim()) || name,
    artist: isArtistAndTitle ? first : null,
    trackNumber: positive(number),
    discNumber: positive(disc),
  };
}

/** `Artist - Album (2019)`, `2019 - Album`, `Album [FLAC]`. */
export function parseFolderName(folder: string): FolderClues {
  const whole = takeYear(readable(folder).replace(PACKAGING, ""));
  const [first = "", ...rest] = whole.name.replace(PACKAGING, "").trim().split(BETWEEN);
  const album = takeYear(rest.length === 0 ? first : rest.join(" - "));
  return {
    album: album.name || readable(folder) || UNTITLED,
    artist: rest.length === 0 ? null : first,
    year: whole.year ?? album.year,
  };
}

/** A year before or behind a name, and the name without it. A name that is a year is a name. */
function takeYear(name: string): { readonly name: string; readonly year: number | null } {
  const year = (YEAR_BEHIND.exec(name) ?? YEAR_BEFORE.exec(name))?.[1];
  return {
    name: name.replace(YEAR_BEHIND, "").replace(YEAR_BEFORE, ""),
    year: year === undefined ? null : Number(year),
  };
}

/** Some tools write underscores for spaces. macOS takes names apart into letters and accents. */
function readable(name: string): string {
  const composed = toPlainText(name);
  return (composed.includes(" ") ? composed : composed.replaceAll("_", " ")).trim();
}

function positive(text: string | undefined): number | null {
  const value = Number(text ?? 0);
  return value > 0 ? value : null;
}
