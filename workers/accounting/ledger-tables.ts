/**
 * The ledger database (D1 LEDGER), written by accounting alone. Instants are milliseconds since 1970. It knows
 * listeners only by their random subject. Described in docs/specs/plays.md.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { COMMERCIAL_MODELS } from "#domain/rights/deals.ts";

/**
 * One row for each playback that counts. Rows are never changed, and hold nothing that depends on when or in what
 * order events came in: a rebuilt ledger has the same rows but for `recorded_at`.
 */
export const qualifiedPlays = sqliteTable(
  "qualified_plays",
  {
    playbackId: text("playback_id").primaryKey(),
    recordingId: text("recording_id").notNull(),
    subjectId: text("subject_id").notNull(),
    country: text().notNull(),
    commercialModel: text("commercial_model", { enum: COMMERCIAL_MODELS }).notNull(),
    durationMs: integer("duration_ms").notNull(),
    /** When the playback began. */
    playedAt: integer("played_at").notNull(),
    /** When this row was written: a play of a closed month can be told by it. */
    recordedAt: integer("recorded_at").notNull(),
  },
  (table) => [
    // Counts per recording, and those of one month.
    index("qualified_plays_by_recording").on(table.recordingId, table.playedAt),
    check("qualified_plays_country", sql`length(${table.country}) = 2`),
    check(
      "qualified_plays_commercial_model",
      sql`${table.commercialModel} IN ('AdvertisementSupportedModel', 'SubscriptionModel')`,
    ),
    check("qualified_plays_duration", sql`${table.durationMs} > 0`),
  ],
);

/** What the edge has sent in an hour, for hit ratios and egress. Per playback it is in the archive. */
export const deliveredHours = sqliteTable(
  "delivered_hours",
  {
    /** The instant at which it begins. */
    hour: integer().notNull(),
    /** Where it went, as the platform says it: `T1` and `XX` are among them. */
    country: text().notNull(),
    quality: text().notNull(),
    ranges: integer().notNull(),
    cacheRanges: integer("cache_ranges").notNull(),
    cacheBytes: integer("cache_bytes").notNull(),
    originBytes: integer("origin_bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.country, table.quality] })],
);

/** Reports that are in the sums: the queue may bring one twice. */
export const deliveryReports = sqliteTable(
  "delivery_reports",
  {
    id: text().primaryKey(),
    takenAt: integer("taken_at").notNull(),
  },
  (table) => [index("delivery_reports_by_time").on(table.takenAt)],
);
