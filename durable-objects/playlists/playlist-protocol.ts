/**
 * What a playlist's object tells those who watch it, as JSON texts over a WebSocket. Watchers say nothing but `ping`:
 * edits come in by HTTP, where they are authorised one by one. Specified in docs/specs/playlists.md.
 */
import type { CommittedEdit } from "#domain/playlists/edits.ts";
import type { PlaylistDetails } from "#domain/playlists/playlist.ts";

export const PLAYLIST_SUBPROTOCOL = "rimshot.playlist.v1";

/** On the way to the object: the account that the door has verified; absent for somebody not signed in. */
export const WATCHER_ACCOUNT_HEADER = "rimshot-account-id";

/** How many may watch one playlist at a time; a broadcast is as many sends. */
export const PLAYLIST_SOCKETS_MAX = 1_000;

export const PING = "ping";
export const PONG = "pong";

/** Codes of RFC 6455 section 7.4.1. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_POLICY_VIOLATION = 1008;

export type WireEdit =
  | {
      readonly kind: "add";
      readonly items: readonly {
        readonly item_id: string;
        readonly uri: string;
        readonly added_by: { readonly id: string };
        readonly added_at: string;
      }[];
      /** Null for the end of the list. */
      readonly before_item_id: string | null;
    }
  | { readonly kind: "remove"; readonly item_ids: readonly string[] }
  | { readonly kind: "move"; readonly item_ids: readonly string[]; readonly before_item_id: string | null }
  | { readonly kind: "change-details"; readonly changes: Partial<PlaylistDetails> };

export type PlaylistMessage =
  /** First on every connection: the version that the next `edited` follows. */
  | { readonly type: "hello"; readonly version: number }
  | {
      readonly type: "edited";
      readonly version: number;
      readonly op_id: string | null;
      /** The account that made the edit. */
      readonly by: string;
      readonly edit: WireEdit;
    }
  /** The playlist is gone, or this watcher may no longer see it. The socket closes after it. */
  | { readonly type: "deleted" };

export function encodeMessage(message: PlaylistMessage): string {
  return JSON.stringify(message);
}

export function toWireEdit(edit: CommittedEdit): WireEdit {
  switch (edit.kind) {
    case "add": {
      const items = edit.items.map((item) => ({
        item_id: item.itemId,
        uri: `rimshot:track:${item.recordingId}`,
        added_by: { id: item.addedBy },
        added_at: new Date(item.addedAt).toISOString(),
      }));
      return { kind: "add", items, before_item_id: edit.beforeItemId };
    }
    case "remove":
      return { kind: "remove", item_ids: edit.itemIds };
    case "move":
      return { kind: "move", item_ids: edit.itemIds, before_item_id: edit.beforeItemId };
    case "change-details":
      return { kind: "change-details", changes: edit.changes };
  }
}
