/** Where new and moved items go in the order. */
import { generateNKeysBetween } from "fractional-indexing";
import type { PlaylistItem, PlaylistItems } from "./playlist.ts";

/** Putting items into the same gap again and again lengthens keys without end; past this, all get short ones. */
export const ORDER_KEY_LENGTH_MAX = 64;

/** An item that has no place in the order yet. */
export type Unplaced = Omit<PlaylistItem, "orderKey">;

export interface Gap {
  /** The items go right before this one; at the end where it is null. */
  readonly anchor: PlaylistItem | null;
  readonly itemCount: number;
}

/**
 * The arriving items with their order keys, and with them any other items whose keys had to change. Arriving items
 * that stand in the list already leave their old places; the anchor is none of them.
 */
export function placeItems(
  items: PlaylistItems,
  { anchor, itemCount }: Gap,
  arriving: readonly Unplaced[],
): readonly PlaylistItem[] {
  const arrivingIds = new Set<string>(arriving.map((item) => item.itemId));
  const previous = items.before(anchor, arriving.length + 1).find((item) => !arrivingIds.has(item.itemId));
  const keys = generateNKeysBetween(previous?.orderKey ?? null, anchor?.orderKey ?? null, arriving.length);
  if (keys.every((key) => key.length <= ORDER_KEY_LENGTH_MAX)) {
    return arriving.map((item, index) => withKey(item, keys[index]));
  }
  const staying = items.slice(0, itemCount).filter((item) => !arrivingIds.has(item.itemId));
  const at = anchor === null ? staying.length : staying.findIndex((item) => item.itemId === anchor.itemId);
  const order = [...staying.slice(0, at), ...arriving, ...staying.slice(at)];
  const freshKeys = generateNKeysBetween(null, null, order.length);
  return order.map((item, index) => withKey(item, freshKeys[index]));
}

function withKey(item: Unplaced, orderKey: string | undefined): PlaylistItem {
  if (orderKey === undefined) throw new Error("an item was given no order key");
  return { ...item, orderKey };
}
