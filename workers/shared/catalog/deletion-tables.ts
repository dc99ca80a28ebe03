/** What was deleted, and what is still to be deleted of it. Part of the catalog database. */
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { quoted } from "./catalog-tables.ts";

export const DELETED_KINDS = ["track", "release", "artist"] as const;
export const OBJECT_DELETION_STATES = ["unreferenced", "deleting"] as const;

/** What stays of a thing that was deleted: its plays are still counted and paid under its id. */
export const deletions = sqliteTable(
  "deletions",
  {
    entityId: text("entity_id").primaryKey(),
    kind: text({ enum: DELETED_KINDS }).notNull(),
    ownerAccountId: text("owner_account_id").notNull(),
    /** Of a track: the release it was on. */
    releaseId: text("release_id"),
    /** Title or name. */
    name: text().notNull(),
    isrc: text(),
    deletedAt: integer("deleted_at").notNull(),
  },
  (table) => [
    // The tracks of a release that was deleted.
    index("deletions_by_release").on(table.releaseId).where(sql`release_id IS NOT NULL`),
    check("deletions_kind", sql`${table.kind} IN (${quoted(DELETED_KINDS)})`),
  ],
);

/** Objects that nothing refers to any more. While one is `deleting`, nothing may refer to it anew. */
export const objectDeletions = sqliteTable(
  "object_deletions",
  {
    objectKey: text("object_key").primaryKey(),
    state: text({ enum: OBJECT_DELETION_STATES }).notNull(),
    /** When the next step may be taken. */
    dueAt: integer("due_at").notNull(),
    /** Whether it was deleted once: what was on its way then is deleted by the second time. */
    isCleared: integer("is_cleared", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    // The sweep: what is due longest, first.
    index("object_deletions_by_due").on(table.dueAt),
    check("object_deletions_state", sql`${table.state} IN (${quoted(OBJECT_DELETION_STATES)})`),
  ],
);
