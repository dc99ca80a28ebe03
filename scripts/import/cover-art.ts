/** A release's picture: the one in its files, else the one that lies beside them. */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseFile, selectCover } from "music-metadata";

export interface CoverArt {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
}

/** As the contract bounds it. */
const COVER_BYTES_MAX = 10 * 1024 ** 2;
const NEIGHBOUR = /^(?:cover|folder|front)\.(?:jpe?g|png|webp)$/i;
/** Files looked into for a picture; where the first ones have none the others rarely do. */
const FILES_TO_OPEN_MAX = 5;

const KINDS = [
  { mimeType: "image/jpeg", begins: (head: string) => head.startsWith("\xff\xd8\xff") },
  { mimeType: "image/png", begins: (head: string) => head.startsWith("\x89PNG\r\n\x1a\n") },
  { mimeType: "image/webp", begins: (head: string) => head.startsWith("RIFF") && head.startsWith("WEBP", 8) },
] as const;

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
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  const kind = KINDS.find(({ begins }) => begins(head));
  return kind === undefined ? null : { bytes, mimeType: kind.mimeType };
}
