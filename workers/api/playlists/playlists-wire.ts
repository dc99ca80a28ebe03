/** Playlists as the objects that clients of such APIs know. */
import type { PlaylistItem, PlaylistMeta } from "#domain/playlists/playlist.ts";
import type { Track } from "#workers/api/catalog/catalog-contract.ts";
import { toPage } from "#workers/api/catalog/catalog-wire.ts";
import type { PlaylistRef, PlaylistItem as WireItem } from "./playlists-contract.ts";

export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
}

export function toSnapshotId(version: number): string {
  return String(version);
}

/** `firstTrack` lends the playlist its cover. */
export function toPlaylistRef(id: string, meta: PlaylistMeta, firstTrack: Track | undefined): PlaylistRef {
  return {
    id,
    type: "playlist",
    name: meta.name,
    description: meta.description,
    href: `/v1/playlists/${id}`,
    uri: `rimshot:playlist:${id}`,
    public: meta.public,
    collaborative: meta.collaborative,
    owner: { id: meta.ownerAccountId, display_name: meta.ownerName },
    snapshot_id: toSnapshotId(meta.version),
    images: firstTrack?.album.images ?? [],
    tracks: { href: `/v1/playlists/${id}/tracks`, total: meta.itemCount },
  };
}

export function toItemsPage(
  id: string,
  page: PageRequest,
  { items, total }: { readonly items: readonly PlaylistItem[]; readonly total: number },
  tracks: ReadonlyMap<string, Track>,
) {
  const toItem = (item: PlaylistItem): WireItem => ({
    item_id: item.itemId,
    added_at: new Date(item.addedAt).toISOString(),
    added_by: { id: item.addedBy },
    is_local: false,
    track: tracks.get(item.recordingId) ?? null,
  });
  return toPage(`/v1/playlists/${id}/tracks`, page, { rows: [...items], total }, toItem);
}
