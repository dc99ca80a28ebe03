/**
 * The ledger database (D1 LEDGER), written by accounting alone. Instants are milliseconds since 1970. It knows
 * listeners only by their random subject. Described in docs/specs/plays.md.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { COMMERCIAL_MODELS } from "#domain/rights/deals.ts";

/**
 * Plays that count, by the UTC day on which they began. A row is for the recordings of a block
 * (domain/plays/play-sums.ts); its `plays` are an object of sums by `<recording id>/<country>/<A or S>`, in their order.
 * Nothing in it depends on when or in what order events came in: a rebuilt ledger has the same rows, byte for byte.
 */
export const recordingDays = sqliteTable(
  "recording_days",
  {
    day: text().notNull(),
    block: text().notNull(),
    plays: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.block] })],
);

/** The same plays, all days and terms together, by recording id: what a page shows of a track. */
export const recordingTotals = sqliteTable("recording_totals", {
  block: text().primaryKey(),
  plays: text().notNull(),
});

/** Of each play shard: the newest round in which we know that something counts, and the newest that is in the sums. */
export const playShards = sqliteTable("play_shards", {
  shard: text().primaryKey(),
  newsRound: integer("news_round").notNull(),
  addedRound: integer("added_round").notNull(),
});

export const ROLL_UP_PHASES = ["idle", "closing", "adding"] as const;

/**
 * The one roll-up. `step` counts its moves, and each move is one transaction that first raises it from the number it was
 * made for: a move that was made already sets it to null, which the column refuses, and does nothing.
 */
export const rollUp = sqliteTable(
  "roll_up",
  {
    id: integer().primaryKey(),
    step: integer().notNull(),
    phase: text({ enum: ROLL_UP_PHASES }).notNull(),
    /** When it made its last move; 0 where whoever comes next may go on at once. */
    movedAt: integer("moved_at").notNull(),
    /** The next one to be added, of so many. */
    part: integer().notNull(),
    parts: integer().notNull(),
    /** JSON `[{shard, after, through}, …]`: the rounds that are being added. */
    plan: text().notNull(),
  },
  (table) => [
    check("roll_up_one", sql`${table.id} = 1`),
    check("roll_up_phase", sql`${table.phase} IN ('idle', 'closing', 'adding')`),
  ],
);

/**
 * One row for each playback that counted before there were sums. Nothing is written to it any more. The rows that the
 * sums began with are looked up, so that none of them is added again.
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
    /** When this row was written. */
    recordedAt: integer("recorded_at").notNull(),
    /** 1 where the sums began with it; 0 where it was written later, by the version before. */
    inSums: integer("in_sums").notNull().default(0),
  },
  (table) => [
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
