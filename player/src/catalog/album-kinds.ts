import type { AlbumRef } from "#workers/api/catalog/catalog-contract.ts";

export const ALBUM_KINDS: Readonly<Record<AlbumRef["album_type"], string>> = {
  album: "Album",
  single: "Single",
  ep: "EP",
  compilation: "Compilation",
};
