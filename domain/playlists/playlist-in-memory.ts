/** A playlist held in arrays, every version of it: the plainest home that the rules can run on. */
import { ok, type Result } from "#domain/foundation/result.ts";
import { applyEdit, type EditContext, type EditFault, type PlaylistChange, type PlaylistEdit } from "./edits.ts";
import { compareItems, type PlaylistItem, type PlaylistItems, type PlaylistMeta } from "./playlist.ts";

export class PlaylistInMemory implements PlaylistItems {
  #meta: PlaylistMeta;
  readonly #versions = new Map<number, readonly PlaylistItem[]>();

  constructor(meta: PlaylistMeta) {
    this.#meta = meta;
    this.#versions.set(meta.version, []);
  }

  get meta(): PlaylistMeta {
    return this.#meta;
  }

  edit(edit: PlaylistEdit, context: EditContext): Result<PlaylistChange, EditFault> {
    const result = applyEdit({ meta: this.#meta, items: this }, edit, context);
    if (!result.ok) return result;
    const { meta, placed, removedItemIds } = result.value;
    const leaving = new Set<string>([...removedItemIds, ...placed.map((item) => item.itemId)]);
    const items = [...this.#present().filter((item) => !leaving.has(item.itemId)), ...placed].sort(compareItems);
    if (items.length !== meta.itemCount) throw new Error("the count and the items have come apart");
    this.#meta = meta;
    this.#versions.set(meta.version, items);
    return ok(result.value);
  }

  slice(offset: number, limit: number): readonly PlaylistItem[] {
    return this.#present().slice(offset, offset + limit);
  }

  byIds(itemIds: readonly string[]): readonly PlaylistItem[] {
    return this.#present().filter((item) => itemIds.includes(item.itemId));
  }

  ofRecordings(recordingIds: readonly string[]): readonly PlaylistItem[] {
    return this.#present().filter((item) => recordingIds.includes(item.recordingId));
  }

  before(anchor: PlaylistItem | null, limit: number): readonly PlaylistItem[] {
    const items = this.#present();
    const end = anchor === null ? items.length : items.findIndex((item) => item.itemId === anchor.itemId);
    return items.slice(Math.max(0, end - limit), end).reverse();
  }

  countAt(version: number): number | null {
    return this.#versions.get(version)?.length ?? null;
  }

  idsAt(version: number, offset: number, limit: number) {
    return (this.#versions.get(version) ?? []).slice(offset, offset + limit).map((item) => item.itemId);
  }

  #present(): readonly PlaylistItem[] {
    return this.#versions.get(this.#meta.version) ?? [];
  }
}
