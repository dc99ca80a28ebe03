/**
 * A playlist in its object's SQLite. Items are rows with the span of versions they hold for: moving or removing an item
 * ends its row, so that the order at a recent version can still be read. Described in docs/storage-schema.md.
 */
import type { AccountId, PlaylistItemId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { PlaylistChange } from "#domain/playlists/edits.ts";
import type { PlaylistItem, PlaylistItems, PlaylistMeta } from "#domain/playlists/playlist.ts";

/** Positions may name a version that is at most this many edits old. */
export const SNAPSHOTS_KEPT = 100;
/** An edit that is sent again is known for this many edits. */
const EDITS_KEPT = 10_000;

const SCHEMA = `
  CREATE TABLE meta (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    public INTEGER NOT NULL CHECK (public IN (0, 1)),
    collaborative INTEGER NOT NULL CHECK (collaborative IN (0, 1)),
    owner_account_id TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    item_count INTEGER NOT NULL CHECK (item_count >= 0)
  ) STRICT;
  CREATE TABLE items (
    item_id TEXT NOT NULL,
    recording_id TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    added_version INTEGER NOT NULL,
    order_key TEXT NOT NULL,
    from_version INTEGER NOT NULL,
    to_version INTEGER CHECK (to_version > from_version),
    PRIMARY KEY (item_id, from_version)
  ) STRICT, WITHOUT ROWID;
  -- An item stands in one place.
  CREATE UNIQUE INDEX items_present ON items (item_id) WHERE to_version IS NULL;
  -- Pages, and the neighbours of a place.
  CREATE INDEX items_in_order ON items (order_key, item_id) WHERE to_version IS NULL;
  -- Every place of a recording.
  CREATE INDEX items_by_recording ON items (recording_id) WHERE to_version IS NULL;
  -- What no kept version shows any more.
  CREATE INDEX items_ended ON items (to_version) WHERE to_version IS NOT NULL;
  CREATE TABLE edits (
    version INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    op_id TEXT,
    request_sha256 TEXT CHECK ((request_sha256 IS NULL) = (op_id IS NULL)),
    made_at INTEGER NOT NULL,
    UNIQUE (account_id, op_id)
  ) STRICT;
`;

const ITEM_COLUMNS = "item_id, recording_id, added_by, added_at, added_version, order_key";
const IN_LIST = "(SELECT value FROM json_each(?))";

type MetaRow = {
  name: string;
  description: string;
  public: number;
  collaborative: number;
  owner_account_id: string;
  owner_name: string;
  created_at: number;
  version: number;
  item_count: number;
};

type ItemRow = {
  item_id: string;
  recording_id: string;
  added_by: string;
  added_at: number;
  added_version: number;
  order_key: string;
};

/** The name an account gave to an edit, and what it asked for. */
export interface EditName {
  readonly opId: string;
  readonly requestSha256: string;
}

export interface EditRecord {
  readonly accountId: AccountId;
  readonly name: EditName | null;
  readonly madeAt: EpochMs;
}

export class PlaylistStorage implements PlaylistItems {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  create(meta: PlaylistMeta): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec(SCHEMA);
      this.#sql.exec(
        `INSERT INTO meta (singleton, name, description, public, collaborative, owner_account_id, owner_name, created_at,
           version, item_count) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        meta.name,
        meta.description,
        Number(meta.public),
        Number(meta.collaborative),
        meta.ownerAccountId,
        meta.ownerName,
        meta.createdAt,
        meta.version,
        meta.itemCount,
      );
    });
  }

  /** Null where there is no playlist. Asking writes nothing: anyone may ask for any id. */
  readMeta(): PlaylistMeta | null {
    const table = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray();
    if (table.length === 0) return null;
    const row = this.#sql.exec<MetaRow>("SELECT * FROM meta").one();
    return {
      name: row.name,
      description: row.description,
      public: row.public === 1,
      collaborative: row.collaborative === 1,
      ownerAccountId: row.owner_account_id as AccountId,
      ownerName: row.owner_name,
      createdAt: row.created_at,
      version: row.version,
      itemCount: row.item_count,
    };
  }

  /** The edit that an account gave a name to before; null where it has not, or so long ago that it is forgotten. */
  findEdit(accountId: AccountId, opId: string): { readonly version: number; readonly requestSha256: string } | null {
    const query = "SELECT version, request_sha256 FROM edits WHERE account_id = ? AND op_id = ?";
    const row = this.#sql.exec<{ version: number; request_sha256: string }>(query, accountId, opId).toArray()[0];
    return row === undefined ? null : { version: row.version, requestSha256: row.request_sha256 };
  }

  commit(change: PlaylistChange, record: EditRecord): void {
    this.#storage.transactionSync(() => {
      this.#endRows(change);
      this.#insertRows(change);
      this.#updateMeta(change.meta);
      this.#recordEdit(change, record);
      this.#sql.exec("DELETE FROM items WHERE to_version <= ?", change.meta.version - SNAPSHOTS_KEPT);
      this.#sql.exec("DELETE FROM edits WHERE version <= ?", change.meta.version - EDITS_KEPT);
    });
  }

  async destroy(): Promise<void> {
    await this.#storage.deleteAll();
  }

  slice(offset: number, limit: number): PlaylistItem[] {
    return this.#items("ORDER BY order_key, item_id LIMIT ? OFFSET ?", limit, offset);
  }

  byIds(itemIds: readonly PlaylistItemId[]): PlaylistItem[] {
    return this.#items(`AND item_id IN ${IN_LIST}`, JSON.stringify(itemIds));
  }

  ofRecordings(recordingIds: readonly RecordingId[]): PlaylistItem[] {
    return this.#items(`AND recording_id IN ${IN_LIST}`, JSON.stringify(recordingIds));
  }

  before(anchor: PlaylistItem | null, limit: number): PlaylistItem[] {
    const nearestFirst = "ORDER BY order_key DESC, item_id DESC LIMIT ?";
    if (anchor === null) return this.#items(nearestFirst, limit);
    return this.#items(`AND (order_key, item_id) < (?, ?) ${nearestFirst}`, anchor.orderKey, anchor.itemId, limit);
  }

  countAt(version: number): number | null {
    const meta = this.readMeta();
    if (meta === null || version > meta.version || version < 1 || version < meta.version - SNAPSHOTS_KEPT) return null;
    if (version === meta.version) return meta.itemCount;
    const query =
      "SELECT COUNT(*) AS total FROM items WHERE from_version <= ? AND (to_version IS NULL OR to_version > ?)";
    return this.#sql.exec<{ total: number }>(query, version, version).one().total;
  }

  idsAt(version: number, offset: number, limit: number): PlaylistItemId[] {
    // The present order has an index; that of an older version is sorted, which only late edits ask for.
    if (version === this.readMeta()?.version) return this.slice(offset, limit).map((item) => item.itemId);
    const rows = this.#sql.exec<{ item_id: string }>(
      `SELECT item_id FROM items WHERE from_version <= ? AND (to_version IS NULL OR to_version > ?)
       ORDER BY order_key, item_id LIMIT ? OFFSET ?`,
      version,
      version,
      limit,
      offset,
    );
    return rows.toArray().map((row) => row.item_id as PlaylistItemId);
  }

  #items(rest: string, ...bindings: SqlStorageValue[]): PlaylistItem[] {
    const query = `SELECT ${ITEM_COLUMNS} FROM items WHERE to_version IS NULL ${rest}`;
    return this.#sql
      .exec<ItemRow>(query, ...bindings)
      .toArray()
      .map(toItem);
  }

  #endRows({ meta, placed, removedItemIds }: PlaylistChange): void {
    const ids = JSON.stringify([...removedItemIds, ...placed.map((item) => item.itemId)]);
    const query = `UPDATE items SET to_version = ? WHERE to_version IS NULL AND item_id IN ${IN_LIST}`;
    this.#sql.exec(query, meta.version, ids);
  }

  #insertRows({ meta, placed }: PlaylistChange): void {
    const query = `INSERT INTO items (${ITEM_COLUMNS}, from_version) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    for (const { itemId, recordingId, addedBy, addedAt, addedVersion, orderKey } of placed) {
      this.#sql.exec(query, itemId, recordingId, addedBy, addedAt, addedVersion, orderKey, meta.version);
    }
  }

  #updateMeta(meta: PlaylistMeta): void {
    this.#sql.exec(
      "UPDATE meta SET name = ?, description = ?, public = ?, collaborative = ?, version = ?, item_count = ?",
      meta.name,
      meta.description,
      Number(meta.public),
      Number(meta.collaborative),
      meta.version,
      meta.itemCount,
    );
  }

  #recordEdit({ meta, committed }: PlaylistChange, { accountId, name, madeAt }: EditRecord): void {
    this.#sql.exec(
      "INSERT INTO edits (version, account_id, kind, op_id, request_sha256, made_at) VALUES (?, ?, ?, ?, ?, ?)",
      meta.version,
      accountId,
      committed.kind,
      name?.opId ?? null,
      name?.requestSha256 ?? null,
      madeAt,
    );
  }
}

function toItem(row: ItemRow): PlaylistItem {
  return {
    itemId: row.item_id as PlaylistItemId,
    recordingId: row.recording_id as RecordingId,
    addedBy: row.added_by as AccountId,
    addedAt: row.added_at,
    addedVersion: row.added_version,
    orderKey: row.order_key,
  };
}
