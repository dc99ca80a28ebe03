/**
 * The rules of editing a playlist: an edit as it was asked for, the list as it stands, and out comes what to store and
 * what to tell everyone, or why not. An accepted edit makes exactly one new version, also where it changes nothing.
 */
import {
  type AccountId,
  ID_RANDOM_BYTES,
  makeId,
  type PlaylistItemId,
  type RecordingId,
} from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { placeItems } from "./order-keys.ts";
import type { PlaylistPermission } from "./permissions.ts";
import {
  checkDetails,
  type DetailsFault,
  PLAYLIST_EDIT_ITEMS_MAX,
  PLAYLIST_ITEMS_MAX,
  type PlaylistDetails,
  type PlaylistItem,
  type PlaylistItems,
  type PlaylistMeta,
} from "./playlist.ts";

export interface AddEdit {
  readonly kind: "add";
  readonly recordingIds: readonly RecordingId[];
  /** Before the item that stands there now; null for the end. */
  readonly position: number | null;
}

export interface RemoveTarget {
  readonly recordingId: RecordingId;
  /** This place alone; null for every place of the recording. */
  readonly itemId: PlaylistItemId | null;
}

export interface RemoveEdit {
  readonly kind: "remove";
  readonly targets: readonly RemoveTarget[];
  /** Places added after this version stay; null for the present one. */
  readonly asOfVersion: number | null;
}

export interface MoveEdit {
  readonly kind: "move";
  readonly rangeStart: number;
  readonly rangeLength: number;
  /** A position before the run is taken out; the length of the list stands for the end. */
  readonly insertBefore: number;
  /** The version that the positions are of; null for the present one. */
  readonly asOfVersion: number | null;
}

export interface ChangeDetailsEdit {
  readonly kind: "change-details";
  readonly changes: Partial<PlaylistDetails>;
}

export type PlaylistEdit = AddEdit | RemoveEdit | MoveEdit | ChangeDetailsEdit;

/** What an edit came to, in terms that hold for whoever has the version before it. */
export type CommittedEdit =
  | { readonly kind: "add"; readonly items: readonly AddedItem[]; readonly beforeItemId: PlaylistItemId | null }
  | { readonly kind: "remove"; readonly itemIds: readonly PlaylistItemId[] }
  | { readonly kind: "move"; readonly itemIds: readonly PlaylistItemId[]; readonly beforeItemId: PlaylistItemId | null }
  | { readonly kind: "change-details"; readonly changes: Partial<PlaylistDetails> };

export type AddedItem = Pick<PlaylistItem, "itemId" | "recordingId" | "addedBy" | "addedAt">;

export interface PlaylistChange {
  readonly meta: PlaylistMeta;
  /** New items, and items that stand there already and get another order key. */
  readonly placed: readonly PlaylistItem[];
  readonly removedItemIds: readonly PlaylistItemId[];
  readonly committed: CommittedEdit;
}

export type EditFault =
  | { readonly kind: "edit-size"; readonly itemsMax: number }
  | { readonly kind: "full"; readonly itemsMax: number }
  | { readonly kind: "out-of-range"; readonly field: "position" | "range_start" | "range_length" | "insert_before" }
  | DetailsFault
  | { readonly kind: "item-mismatch"; readonly index: number }
  | { readonly kind: "stale-snapshot" };

export interface EditContext {
  readonly nowMs: EpochMs;
  readonly accountId: AccountId;
  /** Unpredictable bytes, as many as asked for. */
  readonly random: (sizeBytes: number) => Uint8Array;
}

export interface PlaylistState {
  readonly meta: PlaylistMeta;
  readonly items: PlaylistItems;
}

/** What it takes to make an edit: the items are the collaborators', the rest is the owner's. */
export function permissionFor(edit: PlaylistEdit): PlaylistPermission {
  return edit.kind === "change-details" ? "own" : "edit";
}

export function applyEdit(
  state: PlaylistState,
  edit: PlaylistEdit,
  context: EditContext,
): Result<PlaylistChange, EditFault> {
  switch (edit.kind) {
    case "add":
      return applyAdd(state, edit, context);
    case "remove":
      return applyRemove(state, edit);
    case "move":
      return applyMove(state, edit);
    case "change-details":
      return applyDetails(state, edit);
  }
}

function applyAdd(
  { meta, items }: PlaylistState,
  edit: AddEdit,
  context: EditContext,
): Result<PlaylistChange, EditFault> {
  const { recordingIds, position } = edit;
  if (!isEditSize(recordingIds.length)) return err({ kind: "edit-size", itemsMax: PLAYLIST_EDIT_ITEMS_MAX });
  if (position !== null && !isIndex(position, meta.itemCount)) return err({ kind: "out-of-range", field: "position" });
  const itemCount = meta.itemCount + recordingIds.length;
  if (itemCount > PLAYLIST_ITEMS_MAX) return err({ kind: "full", itemsMax: PLAYLIST_ITEMS_MAX });
  const next = { ...meta, version: meta.version + 1, itemCount };
  const arriving = recordingIds.map((recordingId) => ({
    itemId: makeId<PlaylistItemId>(context.nowMs, context.random(ID_RANDOM_BYTES)),
    recordingId,
    addedBy: context.accountId,
    addedAt: context.nowMs,
    addedVersion: next.version,
  }));
  const anchor = position === null ? null : (items.slice(position, 1)[0] ?? null);
  const placed = placeItems(items, { anchor, itemCount: meta.itemCount }, arriving);
  const told = arriving.map(({ itemId, recordingId, addedBy, addedAt }) => ({ itemId, recordingId, addedBy, addedAt }));
  const committed = { kind: "add", items: told, beforeItemId: anchor?.itemId ?? null } as const;
  return ok({ meta: next, placed, removedItemIds: [], committed });
}

function applyRemove({ meta, items }: PlaylistState, edit: RemoveEdit): Result<PlaylistChange, EditFault> {
  const { targets } = edit;
  const asOfVersion = edit.asOfVersion ?? meta.version;
  if (!isEditSize(targets.length)) return err({ kind: "edit-size", itemsMax: PLAYLIST_EDIT_ITEMS_MAX });
  if (asOfVersion > meta.version) return err({ kind: "stale-snapshot" });
  const named = new Map<string, PlaylistItem>();
  for (const item of items.byIds(targets.flatMap(({ itemId }) => itemId ?? []))) named.set(item.itemId, item);
  const removed = new Set<PlaylistItemId>();
  for (const [index, { itemId, recordingId }] of targets.entries()) {
    // A named place that is gone already is what was asked for; one that holds something else is a mistake.
    const item = itemId === null ? undefined : named.get(itemId);
    if (item === undefined) continue;
    if (item.recordingId !== recordingId) return err({ kind: "item-mismatch", index });
    removed.add(item.itemId);
  }
  const everywhere = targets.filter(({ itemId }) => itemId === null).map(({ recordingId }) => recordingId);
  for (const item of items.ofRecordings(everywhere)) {
    if (item.addedVersion <= asOfVersion) removed.add(item.itemId);
  }
  const itemIds = [...removed];
  const next = { ...meta, version: meta.version + 1, itemCount: meta.itemCount - itemIds.length };
  return ok({ meta: next, placed: [], removedItemIds: itemIds, committed: { kind: "remove", itemIds } });
}

function applyMove({ meta, items }: PlaylistState, edit: MoveEdit): Result<PlaylistChange, EditFault> {
  const { rangeStart, rangeLength, insertBefore } = edit;
  const asOfVersion = edit.asOfVersion ?? meta.version;
  if (!isEditSize(rangeLength)) return err({ kind: "edit-size", itemsMax: PLAYLIST_EDIT_ITEMS_MAX });
  const count = asOfVersion > meta.version ? null : items.countAt(asOfVersion);
  if (count === null) return err({ kind: "stale-snapshot" });
  if (!isIndex(rangeStart, count - 1)) return err({ kind: "out-of-range", field: "range_start" });
  if (rangeStart + rangeLength > count) return err({ kind: "out-of-range", field: "range_length" });
  if (!isIndex(insertBefore, count)) return err({ kind: "out-of-range", field: "insert_before" });
  const runIds = items.idsAt(asOfVersion, rangeStart, rangeLength);
  const standing = new Map<string, PlaylistItem>(items.byIds(runIds).map((item) => [item.itemId, item]));
  const run = runIds.flatMap((itemId) => standing.get(itemId) ?? []);
  const anchor = findAnchor(items, { asOfVersion, position: insertBefore, count, runIds: new Set<string>(runIds) });
  const placed = run.length === 0 ? [] : placeItems(items, { anchor, itemCount: meta.itemCount }, run);
  const itemIds = run.map(({ itemId }) => itemId);
  const committed = { kind: "move", itemIds, beforeItemId: anchor?.itemId ?? null } as const;
  return ok({ meta: { ...meta, version: meta.version + 1 }, placed, removedItemIds: [], committed });
}

interface AnchorSearch {
  readonly asOfVersion: number;
  readonly position: number;
  readonly count: number;
  readonly runIds: ReadonlySet<string>;
}

/**
 * The first item that stood at or after a position, does not move itself and still stands; null for the end. One look
 * is enough unless others have removed a long stretch since.
 */
function findAnchor(items: PlaylistItems, { asOfVersion, position, count, runIds }: AnchorSearch): PlaylistItem | null {
  const chunkLength = PLAYLIST_EDIT_ITEMS_MAX + 1;
  for (let offset = position; offset < count; offset += chunkLength) {
    const candidates = items.idsAt(asOfVersion, offset, chunkLength).filter((itemId) => !runIds.has(itemId));
    const standing = new Map<string, PlaylistItem>(items.byIds(candidates).map((item) => [item.itemId, item]));
    for (const itemId of candidates) {
      const item = standing.get(itemId);
      if (item !== undefined) return item;
    }
  }
  return null;
}

function applyDetails({ meta }: PlaylistState, { changes }: ChangeDetailsEdit): Result<PlaylistChange, EditFault> {
  const next = { ...meta, ...changes, version: meta.version + 1 };
  const fault = checkDetails(next);
  if (fault !== null) return err(fault);
  return ok({ meta: next, placed: [], removedItemIds: [], committed: { kind: "change-details", changes } });
}

function isEditSize(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= PLAYLIST_EDIT_ITEMS_MAX;
}

/** Whether a position names an item or the end of a list. */
function isIndex(position: number, count: number): boolean {
  return Number.isInteger(position) && position >= 0 && position <= count;
}
