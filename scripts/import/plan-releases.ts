/** Sorts files into releases by their tags, and by names where tags are missing. */
import { posix } from "node:path";
import { nameKey } from "#domain/catalog/name-key.ts";
import { RELEASE_TYPES, type ReleaseType } from "#domain/catalog/release-types.ts";
import type { ARTIST_NAME_MAX, RELEASE_TITLE_MAX } from "#workers/ingest/catalog/catalog-contract.ts";
import type { TRACK_TITLE_MAX } from "#workers/ingest/uploads/uploads-contract.ts";
import { areNumberedBySpace, discFolderNumber, type FileClues, parseFileName, parseFolderName } from "./path-names.ts";
import type { TrackTags } from "./read-tags.ts";
import { numberTracks } from "./track-numbers.ts";
import type { AudioFile } from "./walk-folder.ts";

export interface TaggedFile {
  readonly file: AudioFile;
  readonly tags: TrackTags;
}

export interface PlannedTrack {
  readonly file: AudioFile;
  readonly title: string;
  readonly discNumber: number;
  readonly trackNumber: number;
  readonly isrc: string | null;
  readonly isExplicit: boolean;
  /** The main artist first; empty where it is just the release's. */
  readonly artists: readonly string[];
}

export interface PlannedRelease {
  readonly artist: string;
  readonly title: string;
  readonly type: ReleaseType;
  /** Null where neither tags nor names say. */
  readonly year: number | null;
  /** `YYYY-MM-DD`, or null. */
  readonly date: string | null;
  readonly label: string;
  readonly upc: string | null;
  readonly tracks: readonly PlannedTrack[];
}

export const UNKNOWN_ARTIST = "Unknown Artist";
export const VARIOUS_ARTISTS = "Various Artists";
/** As the contracts bound them: by type where they name the bound, and for the others by a test. */
const TITLE_LENGTH_MAX: typeof RELEASE_TITLE_MAX & typeof TRACK_TITLE_MAX = 300;
const ARTIST_LENGTH_MAX: typeof ARTIST_NAME_MAX = 200;
export const LABEL_LENGTH_MAX = 200;
export const TRACK_ARTISTS_MAX = 20;

const GUEST = /\s+[([]?(?:feat\.?|ft\.?|featuring)\s.+$/iu;
const SINGLE_TRACKS_MAX = 3;
const EP_TRACKS_MAX = 6;

/** A file with all that is known of it before it has found its release. */
interface Candidate {
  readonly file: AudioFile;
  readonly tags: TrackTags;
  readonly clues: FileClues;
  /** The folder of the whole album: not that of one of its discs. */
  readonly folder: string;
  readonly album: string;
  readonly pathArtist: string | null;
  readonly date: string | null;
  readonly discNumber: number | null;
}

export function planReleases(files: readonly TaggedFile[], rootName: string): PlannedRelease[] {
  const byFolder = Map.groupBy(files, ({ file }) => posix.dirname(file.relativePath));
  const candidates = [...byFolder.values()].flatMap((group) => toCandidates(group, rootName));
  const albums = Map.groupBy(candidates, ({ folder, album }) => `${folder}\n${nameKey(album)}`);
  const drafts = [...albums.values()].flatMap(splitByAlbumArtist).map(toDraft);
  return mergeEditions(drafts).map(toRelease);
}

function toCandidates(group: readonly TaggedFile[], rootName: string): Candidate[] {
  const stems = group.map(({ file }) => posix.parse(file.relativePath).name);
  const isNumberedBySpace = areNumberedBySpace(stems);
  return group.map(({ file, tags }, i) => {
    const place = placeOf(posix.dirname(file.relativePath), rootName);
    const clues = parseFileName(stems[i] ?? "", isNumberedBySpace);
    return {
      file,
      tags,
      clues,
      folder: place.folder,
      album: tags.album ?? place.album,
      pathArtist: place.artist,
      date: tags.date ?? (place.year === null ? null : String(place.year)),
      discNumber: tags.discNumber ?? place.discNumber ?? clues.discNumber,
    };
  });
}

function placeOf(folder: string, rootName: string) {
  const names = folder === "." ? [] : folder.split("/");
  const discNumber = discFolderNumber(names.at(-1) ?? "");
  if (discNumber !== null) names.pop();
  const clues = parseFolderName(names.at(-1) ?? rootName);
  // Above an album's folder there is often its artist's; above the folder that was named there is anything.
  const parent = names.length >= 2 ? (names.at(-2) ?? null) : null;
  return { ...clues, artist: clues.artist ?? parent, discNumber, folder: names.join("/") };
}

/** Two albums of one name in one folder are told apart by the artist; a file that names none goes with the only one. */
function splitByAlbumArtist(group: readonly Candidate[]): (readonly Candidate[])[] {
  const named = Map.groupBy(group, ({ tags }) => nameKey(tags.albumArtist ?? ""));
  const unnamed = named.get("") ?? [];
  if (named.size <= 2 && unnamed.length > 0) return [group];
  return [...named.values()];
}

interface Draft {
  readonly artist: string;
  readonly album: string;
  readonly year: number | null;
  readonly candidates: readonly Candidate[];
}

function toDraft(candidates: readonly Candidate[]): Draft {
  const year = mostCommon(candidates.map(({ date }) => (date === null ? null : date.slice(0, 4))));
  return {
    artist: artistOf(candidates),
    album: mostCommon(candidates.map(({ album }) => album)) ?? "",
    year: year === null ? null : Number(year),
    candidates,
  };
}

function artistOf(candidates: readonly Candidate[]): string {
  const albumArtist = mostCommon(candidates.map(({ tags }) => tags.albumArtist));
  if (albumArtist !== null) return albumArtist;
  if (candidates.some(({ tags }) => tags.isCompilation)) return VARIOUS_ARTISTS;
  const artists = candidates.map(({ tags, clues }) => mainArtist(tags.artist ?? clues.artist));
  const named = artists.filter((name) => name !== null);
  const keys = new Set(named.map(nameKey));
  // One who is named by a few of many files has not made the release.
  if (keys.size === 1 && named.length * 2 >= artists.length) return named[0] ?? UNKNOWN_ARTIST;
  const pathArtist = mostCommon(candidates.map((candidate) => candidate.pathArtist));
  return pathArtist ?? (keys.size <= 1 ? UNKNOWN_ARTIST : VARIOUS_ARTISTS);
}

function mainArtist(name: string | null): string | null {
  return name === null ? null : name.replace(GUEST, "");
}

/** One release can lie in several folders; another year makes it another edition. */
function mergeEditions(drafts: readonly Draft[]): Draft[] {
  const merged: Draft[] = [];
  for (const draft of drafts) {
    const at = merged.findIndex((other) => isSameRelease(other, draft));
    const other = merged[at];
    if (other === undefined) merged.push(draft);
    else
      merged[at] = { ...other, year: other.year ?? draft.year, candidates: [...other.candidates, ...draft.candidates] };
  }
  return merged;
}

function isSameRelease(a: Draft, b: Draft): boolean {
  const isSameName = nameKey(a.artist) === nameKey(b.artist) && nameKey(a.album) === nameKey(b.album);
  return isSameName && (a.year === b.year || a.year === null || b.year === null);
}

function toRelease({ artist, album, year, candidates }: Draft): PlannedRelease {
  const numbers = numberTracks(
    candidates.map(({ tags, clues, discNumber }) => ({
      discNumber,
      trackNumber: tags.trackNumber ?? clues.trackNumber,
    })),
  );
  const dates = candidates.map(({ date }) => date).filter((date) => date?.length === 10 && date.startsWith(`${year}-`));
  const tags = candidates.map((candidate) => candidate.tags);
  return {
    artist: cut(artist, ARTIST_LENGTH_MAX),
    title: cut(album, TITLE_LENGTH_MAX),
    type: typeOf(artist, tags),
    year,
    date: mostCommon(dates),
    label: cut(mostCommon(tags.map(({ label }) => label)) ?? "", LABEL_LENGTH_MAX),
    upc: mostCommon(tags.map(({ upc }) => upc)),
    tracks: candidates.map((candidate, i) =>
      toTrack(candidate, artist, numbers[i] ?? { discNumber: 1, trackNumber: i + 1 }),
    ),
  };
}

function toTrack(
  { file, tags, clues }: Candidate,
  releaseArtist: string,
  numbers: { readonly discNumber: number; readonly trackNumber: number },
): PlannedTrack {
  const named = tags.artists.length > 0 ? tags.artists : [tags.artist ?? clues.artist ?? releaseArtist];
  const artists = [...new Map(named.map((name) => [nameKey(name), cut(name, ARTIST_LENGTH_MAX)])).values()];
  const isJustTheRelease = artists.length === 1 && nameKey(artists[0] ?? "") === nameKey(releaseArtist);
  return {
    file,
    title: cut(tags.title ?? clues.title, TITLE_LENGTH_MAX),
    ...numbers,
    isrc: tags.isrc,
    isExplicit: tags.isExplicit,
    artists: isJustTheRelease ? [] : artists.slice(0, TRACK_ARTISTS_MAX),
  };
}

function typeOf(artist: string, tags: readonly TrackTags[]): PlannedRelease["type"] {
  const tagged = tags.map(({ releaseType }) => RELEASE_TYPES.find((type) => type === releaseType));
  const known = tagged.find((type) => type !== undefined);
  if (known !== undefined) return known;
  if (artist === VARIOUS_ARTISTS || tags.some(({ isCompilation }) => isCompilation)) return "compilation";
  // A part of an album is none the smaller for what is missing.
  const count = Math.max(tags.length, ...tags.map(({ trackTotal }) => trackTotal ?? 0));
  if (count <= SINGLE_TRACKS_MAX) return "single";
  return count <= EP_TRACKS_MAX ? "ep" : "album";
}

function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  // Not through the middle of a character.
  return text
    .slice(0, lengthMax)
    .replace(/[\ud800-\udbff]$/, "")
    .trimEnd();
}

function mostCommon(values: readonly (string | null)[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null && value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: string | null = null;
  for (const [value, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = value;
  return best;
}
