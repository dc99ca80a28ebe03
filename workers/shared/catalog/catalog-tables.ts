/**
 * The catalog database (D1 CATALOG_0..N). Written by ingest alone, read by the api. Columns hold the units their
 * names say; instants are milliseconds since 1970. Described in docs/storage-schema.md.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { RELEASE_TYPES } from "#domain/catalog/release-types.ts";
import { UPLOAD_STATES } from "#domain/ingest/upload-states.ts";

/** Words of ours as they stand in a CHECK, which takes no parameters. */
export function quoted(words: readonly string[]) {
  return sql.raw(words.map((word) => `'${word}'`).join(", "));
}

/** Counts the changes of a row: its entity tag. */
function version() {
  return integer().notNull().default(1);
}

export const artists = sqliteTable(
  "artists",
  {
    id: text().primaryKey(),
    ownerAccountId: text("owner_account_id").notNull(),
    name: text().notNull(),
    /** The name folded for matching: see domain/catalog/name-key.ts. */
    nameKey: text("name_key").notNull(),
    createdAt: integer("created_at").notNull(),
    version: version(),
  },
  (table) => [
    // An account has one artist of a name, so that an importer finds what the studio made.
    uniqueIndex("artists_by_owner_and_name").on(table.ownerAccountId, table.nameKey),
  ],
);

export const releases = sqliteTable(
  "releases",
  {
    id: text().primaryKey(),
    ownerAccountId: text("owner_account_id").notNull(),
    artistId: text("artist_id")
      .notNull()
      .references(() => artists.id),
    title: text().notNull(),
    titleKey: text("title_key").notNull(),
    type: text({ enum: RELEASE_TYPES }).notNull(),
    label: text().notNull(),
    upc: text(),
    releaseAt: integer("release_at").notNull(),
    /** Set when the first of its recordings is published. */
    publishedAt: integer("published_at"),
    coverSha256: text("cover_sha256"),
    coverExtension: text("cover_extension"),
    idempotencyKey: text("idempotency_key").notNull(),
    requestSha256: text("request_sha256").notNull(),
    createdAt: integer("created_at").notNull(),
    version: version(),
  },
  (table) => [
    uniqueIndex("releases_by_idempotency_key").on(table.ownerAccountId, table.idempotencyKey),
    // The studio's list, newest first; ids sort by time of creation.
    index("releases_by_owner").on(table.ownerAccountId, table.id),
    // An artist's page, and the home page's new releases.
    index("releases_by_artist").on(table.artistId, table.releaseAt),
    index("releases_by_date").on(table.releaseAt).where(sql`published_at IS NOT NULL`),
    // Whether a cover is still shown anywhere.
    index("releases_by_cover").on(table.coverSha256).where(sql`cover_sha256 IS NOT NULL`),
    check("releases_type", sql`${table.type} IN (${quoted(RELEASE_TYPES)})`),
  ],
);

/** A recording placed on a release: what the wire calls a track. */
export const recordings = sqliteTable(
  "recordings",
  {
    id: text().primaryKey(),
    releaseId: text("release_id")
      .notNull()
      .references(() => releases.id),
    title: text().notNull(),
    discNumber: integer("disc_number").notNull(),
    trackNumber: integer("track_number").notNull(),
    isrc: text(),
    explicit: integer({ mode: "boolean" }).notNull(),
    /** The master that listeners hear; null until one is published. */
    masterSha256: text("master_sha256").references(() => masters.sha256),
    publishedAt: integer("published_at"),
    createdAt: integer("created_at").notNull(),
    version: version(),
  },
  (table) => [
    index("recordings_by_release").on(table.releaseId, table.discNumber, table.trackNumber),
    // Whether a master is still heard anywhere.
    index("recordings_by_master").on(table.masterSha256).where(sql`master_sha256 IS NOT NULL`),
  ],
);

export const recordingArtists = sqliteTable(
  "recording_artists",
  {
    recordingId: text("recording_id")
      .notNull()
      .references(() => recordings.id),
    /** 0 is the main artist. */
    position: integer().notNull(),
    artistId: text("artist_id")
      .notNull()
      .references(() => artists.id),
  },
  (table) => [
    primaryKey({ columns: [table.recordingId, table.position] }),
    index("recording_artists_by_artist").on(table.artistId, table.recordingId),
  ],
);

/** One row for each distinct file of audio ever accepted, named by its bytes. */
export const masters = sqliteTable(
  "masters",
  {
    sha256: text().primaryKey(),
    /** In the bucket `masters`. */
    objectKey: text("object_key").notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    contentType: text("content_type").notNull(),
    /** What the transcode job measured; null until it has. */
    durationMs: integer("duration_ms"),
    sourceCodec: text("source_codec"),
    sourceSampleRate: integer("source_sample_rate"),
    sourceChannels: integer("source_channels"),
    loudnessLufs: real("loudness_lufs"),
    truePeakDbtp: real("true_peak_dbtp"),
    encoder: text(),
    /** Peaks for seek bars, in base64 (domain/delivery/waveform.ts); null where the job of the time measured none. */
    waveform: text(),
    createdAt: integer("created_at").notNull(),
  },
  // Whether an object that is to be cleared away is a master.
  (table) => [uniqueIndex("masters_by_object_key").on(table.objectKey)],
);

export const renditions = sqliteTable(
  "renditions",
  {
    masterSha256: text("master_sha256")
      .notNull()
      .references(() => masters.sha256),
    profile: text().notNull(),
    /** Names the bytes: the object is `a/<sha256>.<extension>` in the bucket `renditions`. */
    sha256: text().notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    bitrateKbps: integer("bitrate_kbps").notNull(),
    sampleRate: integer("sample_rate").notNull(),
    channels: integer().notNull(),
    totalFrames: integer("total_frames").notNull(),
    startSkipFrames: integer("start_skip_frames").notNull(),
    /** What a decoder needs before any sound; in fragmented MP4 the segment index follows it. Null: not measured. */
    headerBytes: integer("header_bytes"),
    /** As domain/delivery/seek-table.ts writes them; in rows of before, JSON: [[time in ms, byte offset], ...]. */
    seekPoints: text("seek_points").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.masterSha256, table.profile] }),
    // Whether another master has the same rendition.
    index("renditions_by_sha256").on(table.sha256),
  ],
);

export const uploads = sqliteTable(
  "uploads",
  {
    id: text().primaryKey(),
    ownerAccountId: text("owner_account_id").notNull(),
    recordingId: text("recording_id")
      .notNull()
      .references(() => recordings.id),
    state: text({ enum: UPLOAD_STATES }).notNull(),
    rejectCode: text("reject_code"),
    rejectDetail: text("reject_detail"),
    fileName: text("file_name").notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    contentType: text("content_type").notNull(),
    sha256: text().notNull(),
    transcodeProgress: real("transcode_progress"),
    idempotencyKey: text("idempotency_key").notNull(),
    requestSha256: text("request_sha256").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("uploads_by_idempotency_key").on(table.ownerAccountId, table.idempotencyKey),
    // The newest upload of a recording, for the studio.
    index("uploads_by_recording").on(table.recordingId, table.id),
    // Whether the service has taken the same bytes down.
    index("uploads_by_sha256").on(table.sha256),
    check("uploads_state", sql`${table.state} IN (${quoted(UPLOAD_STATES)})`),
    check("uploads_reason", sql`(${table.state} = 'REJECTED') = (${table.rejectCode} IS NOT NULL)`),
  ],
);

/** The transitions of domain/ingest/upload-states.ts, for the trigger that refuses any other. */
export const uploadTransitions = sqliteTable(
  "upload_transitions",
  { fromState: text("from_state").notNull(), toState: text("to_state").notNull() },
  (table) => [primaryKey({ columns: [table.fromState, table.toState] })],
);

export const deals = sqliteTable(
  "deals",
  {
    id: text().primaryKey(),
    releaseId: text("release_id")
      .notNull()
      .references(() => releases.id),
    /** JSON arrays of ISO 3166-1 codes; territories may be ["Worldwide"]. */
    territories: text().notNull(),
    excludedTerritories: text("excluded_territories").notNull(),
    /** JSON arrays of DDEX names. */
    commercialModels: text("commercial_models").notNull(),
    useTypes: text("use_types").notNull(),
    startsAt: integer("starts_at").notNull(),
    endsAt: integer("ends_at"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    index("deals_by_release").on(table.releaseId),
    check("deals_window", sql`${table.endsAt} IS NULL OR ${table.endsAt} > ${table.startsAt}`),
  ],
);

/** A recording that is not to be heard any more, whatever its deals say, until all its takedowns are lifted. */
export const takedowns = sqliteTable(
  "takedowns",
  {
    id: text().primaryKey(),
    recordingId: text("recording_id")
      .notNull()
      .references(() => recordings.id),
    requestedBy: text("requested_by").notNull(),
    reason: text().notNull(),
    requestedAt: integer("requested_at").notNull(),
    liftedBy: text("lifted_by"),
    liftedAt: integer("lifted_at"),
    /** When carrying it out was last begun; 0 where that may begin at once. */
    attemptedAt: integer("attempted_at").notNull().default(0),
    /** When it was last brought to the edge whole; null until it was. */
    carriedOutAt: integer("carried_out_at"),
  },
  (table) => [
    // At most one in force for a recording by one account.
    uniqueIndex("takedowns_in_force").on(table.recordingId, table.requestedBy).where(sql`lifted_at IS NULL`),
    check("takedowns_lifted", sql`(${table.liftedAt} IS NULL) = (${table.liftedBy} IS NULL)`),
  ],
);

/** What a row of the FTS5 table `search_text` (same rowid) stands for. */
export const searchEntries = sqliteTable(
  "search_entries",
  {
    rowid: integer().primaryKey(),
    kind: text({ enum: ["track", "artist", "album"] }).notNull(),
    entityId: text("entity_id").notNull(),
  },
  (table) => [uniqueIndex("search_entries_by_entity").on(table.kind, table.entityId)],
);
