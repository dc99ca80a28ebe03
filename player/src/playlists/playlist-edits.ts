/**
 * Edits of a playlist as pure changes. An edit names places by their ids, never by position: until its turn comes,
 * edits of one's own and of others may have changed what stands where. Made twice, an edit changes nothing more, so
 * that it may be shown on top of a list that has it already.
 */
import type { Playlist, PlaylistItem } from "#workers/api/playlists/playlists-contract.ts";
import type { RequestOf } from "../api/routes.ts";

/** `opId` names the edit: sent again under it, the service makes it once. */
export type PlaylistEdit = { readonly opId: string } & (
  | {
      readonly kind: "move";
      readonly itemId: string;
      /** What stood behind the new place, nearest first: the move goes before the first of them that still stands. */
      readonly followingIds: readonly string[];
    }
  | { readonly kind: "remove"; readonly itemId: string; readonly trackId: string }
);

/** What is sent for an edit, with positions counted in the list of `version`. */
export type EditRequest =
  | {
      readonly kind: "move";
      readonly version: string;
      readonly body: RequestOf<"put /v1/playlists/:id/tracks">["body"];
    }
  | {
      readonly kind: "remove";
      readonly version: string;
      readonly body: RequestOf<"delete /v1/playlists/:id/tracks">["body"];
    };

/** What came of an edit: the version that was edited, and the one that the service made of it. */
export interface EditAnswer {
  readonly editedVersion: string;
  readonly version: string;
}

/** The row at `from` is put where it will stand at `to`; null where there is no such row. */
export function moveEdit(playlist: Playlist, from: number, to: number, opId: string): PlaylistEdit | null {
  const itemIds = idsOf(playlist);
  const [itemId] = itemIds.splice(from, 1);
  return itemId === undefined ? null : { kind: "move", opId, itemId, followingIds: itemIds.slice(to) };
}

export function applyEdit(playlist: Playlist, edit: PlaylistEdit): Playlist {
  const { items } = playlist.tracks;
  const others = items.filter((item) => item.item_id !== edit.itemId);
  if (edit.kind === "remove") return withItems(playlist, others);
  const moved = items.find((item) => item.item_id === edit.itemId);
  if (moved === undefined) return playlist;
  const place = placeBefore(
    others.map((item) => item.item_id),
    edit.followingIds,
  );
  return withItems(playlist, others.toSpliced(place, 0, moved));
}

/** The edit in terms of the list as the service has it; null where what it moves is gone. */
export function editRequest(playlist: Playlist, edit: PlaylistEdit): EditRequest | null {
  const version = playlist.snapshot_id;
  const name = { op_id: edit.opId, snapshot_id: version };
  if (edit.kind === "remove") {
    const tracks = [{ uri: `rimshot:track:${edit.trackId}`, item_id: edit.itemId }];
    return { kind: "remove", version, body: { tracks, ...name } };
  }
  const itemIds = idsOf(playlist);
  const range_start = itemIds.indexOf(edit.itemId);
  if (range_start === -1) return null;
  return {
    kind: "move",
    version,
    body: { range_start, insert_before: placeBefore(itemIds, edit.followingIds), ...name },
  };
}

/**
 * The list after an edit was answered; null where it must be read again, because others edited it in between. Their
 * edits are not in `playlist`, so it may not be given a version that includes them: positions would be of another list.
 */
export function afterAnswer(playlist: Playlist, edit: PlaylistEdit, answer: EditAnswer): Playlist | null {
  const present = Number(playlist.snapshot_id);
  const edited = Number(answer.editedVersion);
  const made = Number(answer.version);
  // Read anew while the answer was under way, and it stands in there already.
  if (made <= present) return playlist;
  if (present !== edited || made !== edited + 1) return null;
  return { ...applyEdit(playlist, edit), snapshot_id: answer.version };
}

function placeBefore(itemIds: readonly string[], followingIds: readonly string[]): number {
  const places = new Map(itemIds.map((itemId, place) => [itemId, place]));
  const follower = followingIds.find((itemId) => places.has(itemId));
  return follower === undefined ? itemIds.length : (places.get(follower) ?? itemIds.length);
}

function idsOf(playlist: Playlist): string[] {
  return playlist.tracks.items.map((item) => item.item_id);
}

function withItems(playlist: Playlist, items: PlaylistItem[]): Playlist {
  const total = playlist.tracks.total + items.length - playlist.tracks.items.length;
  return { ...playlist, tracks: { ...playlist.tracks, items, total } };
}
