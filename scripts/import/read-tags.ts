/** A file's tags, by music-metadata, in the form that the plan takes. */
import { type IAudioMetadata, parseFile } from "music-metadata";
import { parseIsrc, parseUpc } from "#domain/catalog/identifiers.ts";
import { hasVisibleText, toPlainText } from "#domain/catalog/plain-text.ts";

export interface TrackTags {
  readonly title: string | null;
  readonly artist: string | null;
  /** Each performer by itself, where the tags tell them apart. */
  readonly artists: readonly string[];
  readonly albumArtist: string | null;
  readonly album: string | null;
  /** `YYYY-MM-DD`, or `YYYY` where no more is known. */
  readonly date: string | null;
  readonly trackNumber: number | null;
  readonly trackTotal: number | null;
  readonly discNumber: number | null;
  readonly isrc: string | null;
  readonly upc: string | null;
  readonly label: string | null;
  readonly isExplicit: boolean;
  readonly isCompilation: boolean;
  readonly releaseType: string | null;
}

export const NO_TAGS: TrackTags = {
  title: null,
  artist: null,
  artists: [],
  albumArtist: null,
  album: null,
  date: null,
  trackNumber: null,
  trackTotal: null,
  discNumber: null,
  isrc: null,
  upc: null,
  label: null,
  isExplicit: false,
  isCompilation: false,
  releaseType: null,
};

/** Never fails: a file whose tags cannot be read has none, and whether it is music is for the service to say. */
export async function readTags(path: string): Promise<TrackTags> {
  try {
    return toTags(await parseFile(path, { duration: false, skipCovers: true }));
  } catch {
    return NO_TAGS;
  }
}

function toTags(metadata: IAudioMetadata): TrackTags {
  const { common } = metadata;
  return {
    title: text(common.title),
    artist: text(common.artist),
    artists: (common.artists ?? []).map(text).filter((name) => name !== null),
    albumArtist: text(common.albumartist),
    album: text(common.album),
    date: dateOf(common.originaldate) ?? dateOf(common.date) ?? dateOf(String(common.year ?? "")),
    trackNumber: common.track.no,
    trackTotal: common.track.of,
    discNumber: common.disk.no,
    isrc: (common.isrc ?? []).map(parseIsrc).find((isrc) => isrc !== null) ?? null,
    upc: parseUpc(common.barcode ?? ""),
    label: text(common.label?.[0]),
    isExplicit: hasAdvisory(metadata),
    isCompilation: common.compilation === true,
    releaseType: text(common.releasetype?.[0])?.toLowerCase() ?? null,
  };
}

function text(value: string | undefined): string | null {
  // Old tags are padded with zeroes.
  const plain = toPlainText((value ?? "").replaceAll("\0", ""));
  return hasVisibleText(plain) ? plain : null;
}

/** `2019`, `2019-05`, `2019-05-03T…` and `20190503` are all found in the wild; a month alone says too little. */
function dateOf(value: string | undefined): string | null {
  const match = /^(\d{4})(?:-?(\d{2})-?(\d{2}))?/.exec(value ?? "");
  const [, year = "", month, day] = match ?? [];
  if (match === null || Number(year) < 1_000) return null;
  const date = `${year}-${month}-${day}`;
  const isReal = month !== undefined && new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) === true;
  return isReal ? date : year;
}

/** iTunes' mark of explicit words: `rtng` in MP4 (1 and 4), `ITUNESADVISORY` elsewhere (1). */
function hasAdvisory({ native }: IAudioMetadata): boolean {
  return Object.values(native).some((tags) =>
    tags.some(({ id, value }) => {
      if (id === "rtng") return Number(value) === 1 || Number(value) === 4;
      return id.toUpperCase().endsWith("ITUNESADVISORY") && Number(value) === 1;
    }),
  );
}
