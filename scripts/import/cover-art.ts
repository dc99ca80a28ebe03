/** A release's picture: the one in its files, else the one that lies beside them. */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseFile, selectCover } from "music-metadata";
import { imageKindOf } from "#domain/catalog/image-kinds.ts";

export interface CoverArt {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
}

/** As the contract bounds it; a test holds the two together. */
export const COVER_BYTES_MAX = 10 * 1024 ** 2;
const NEIGHBOUR = /^(?:cover|folder|front)\.(?:jpe?g|png|webp)$/i;
/** Files looked into for a picture; where the first ones have none the others rarely do. */
const FILES_TO_OPEN_MAX = 5;

/** Null where there is none that the service takes. `paths` are the release's audio files. */
export async function findCover(paths: readonly string[]): Promise<CoverArt | null> {
  for (const path of paths.slice(0, FILES_TO_OPEN_MAX)) {
    const picture = await parseFile(path, { duration: false }).then(
      ({ common }) => selectCover(common.picture),
      () => null,
    );
    const cover = picture === null ? null : toCover(picture.data);
    if (cover !== null) return cover;
  }
  // An album of several discs may keep its picture above them.
  const folders = [...new Set(paths.map(dirname))];
  for (const folder of [...folders, ...new Set(folders.map(dirname))]) {
    const cover = await neighbourCover(folder);
    if (cover !== null) return cover;
  }
  return null;
}

async function neighbourCover(folder: string): Promise<CoverArt | null> {
  const names = await readdir(folder).catch(() => []);
  const name = names.filter((candidate) => NEIGHBOUR.test(candidate)).sort()[0];
  if (name === undefined) return null;
  const path = join(folder, name);
  const found = await stat(path);
  return found.isFile() && found.size <= COVER_BYTES_MAX ? toCover(await readFile(path)) : null;
}

/** By its bytes: tags and names are often wrong about what a picture is. */
export function toCover(bytes: Uint8Array): CoverArt | null {
  if (bytes.length === 0 || bytes.length > COVER_BYTES_MAX) return null;
  const kind = imageKindOf(bytes);
  return kind === null ? null : { bytes, mimeType: kind.mimeType };
}
