/** Who made a recording, and who is paid for it. Part of the catalog database. */
import { sql } from "drizzle-orm";
import { check, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { CREDIT_ROLES } from "#domain/catalog/credits.ts";
import { SPLIT_ROLES } from "#domain/splits/split-sheet.ts";
import { quoted, recordings } from "./catalog-tables.ts";

/** People and what they did, as they are named on a sleeve. Artists that a track is listed under are in recording_artists. */
export const recordingCredits = sqliteTable(
  "recording_credits",
  {
    recordingId: text("recording_id")
      .notNull()
      .references(() => recordings.id),
    position: integer().notNull(),
    name: text().notNull(),
    role: text({ enum: CREDIT_ROLES }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.recordingId, table.position] }),
    check("recording_credits_role", sql`${table.role} IN (${quoted(CREDIT_ROLES)})`),
  ],
);

/**
 * How what a recording earns is shared, from an instant on. A sheet is never changed: the next version takes its place.
 * It outlives the recording, whose plays are still paid.
 */
export const splitSheets = sqliteTable(
  "split_sheets",
  {
    recordingId: text("recording_id").notNull(),
    version: integer().notNull(),
    effectiveAt: integer("effective_at").notNull(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.recordingId, table.version] })],
);

/** The shares of a sheet: together 10,000 basis points. */
export const splitShares = sqliteTable(
  "split_shares",
  {
    recordingId: text("recording_id").notNull(),
    version: integer().notNull(),
    position: integer().notNull(),
    party: text().notNull(),
    role: text({ enum: SPLIT_ROLES }).notNull(),
    basisPoints: integer("basis_points").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.recordingId, table.version, table.position] }),
    check("split_shares_role", sql`${table.role} IN (${quoted(SPLIT_ROLES)})`),
    check("split_shares_points", sql`${table.basisPoints} BETWEEN 1 AND 10000`),
  ],
);
