import { expect, test } from "vitest";
import type { Playlist } from "#workers/api/playlists/playlists-contract.ts";
import { moveRange, withMovedItem, withoutItem } from "./playlist-edits.ts";

function playlist(ids: string): Playlist {
  const items = [...ids].map((id) => ({
    item_id: id,
    added_at: "2026-11-23T00:00:00Z",
    added_by: { id: "anna" },
    is_local: false as const,
    track: null,
  }));
  return {
    id: "p",
    type: "playlist",
    name: "P",
    description: "",
    href: "",
    uri: "",
    public: true,
    collaborative: false,
    owner: { id: "anna", display_name: "Anna" },
    snapshot_id: "1",
    images: [],
    tracks: { href: "", items, limit: 50, next: null, offset: 0, previous: null, total: items.length },
  };
}

const order = (one: Playlist) => one.tracks.items.map((item) => item.item_id).join("");

/** A move as the service makes it: the row is taken out, and put before the row that was named. */
function applyOnService(ids: string, move: { range_start: number; insert_before: number }): string {
  const moving = ids[move.range_start] ?? "";
  const rest = ids.slice(0, move.range_start) + ids.slice(move.range_start + 1);
  const at = move.insert_before > move.range_start ? move.insert_before - 1 : move.insert_before;
  return rest.slice(0, at) + moving + rest.slice(at);
}

test("shows for every move the order that the service will make of it", () => {
  for (let from = 0; from < 5; from++) {
    for (let to = 0; to < 5; to++) {
      expect(order(withMovedItem(playlist("abcde"), from, to))).toBe(applyOnService("abcde", moveRange(from, to)));
    }
  }
});

test("removes one place of a list and counts it", () => {
  const left = withoutItem(playlist("abc"), "b");
  expect(order(left)).toBe("ac");
  expect(left.tracks.total).toBe(2);
});

test("leaves the list alone where there is nothing to move", () => {
  expect(order(withMovedItem(playlist("abc"), 7, 0))).toBe("abc");
});
