/** Edits of a playlist as pure changes: what the page shows until the service has confirmed them. */
import type { Playlist, PlaylistItem } from "#workers/api/playlists/playlists-contract.ts";

export function withMovedItem(playlist: Playlist, from: number, to: number): Playlist {
  const items = [...playlist.tracks.items];
  const [moved] = items.splice(from, 1);
  if (moved === undefined) return playlist;
  items.splice(to, 0, moved);
  return withItems(playlist, items);
}

export function withoutItem(playlist: Playlist, itemId: string): Playlist {
  return withItems(
    playlist,
    playlist.tracks.items.filter((item) => item.item_id !== itemId),
  );
}

/** The wire's way to say a move: before which row of the list as it was the row is put. */
export function moveRange(from: number, to: number): { range_start: number; insert_before: number } {
  return { range_start: from, insert_before: to > from ? to + 1 : to };
}

function withItems(playlist: Playlist, items: PlaylistItem[]): Playlist {
  const total = playlist.tracks.total + items.length - playlist.tracks.items.length;
  return { ...playlist, tracks: { ...playlist.tracks, items, total } };
}
