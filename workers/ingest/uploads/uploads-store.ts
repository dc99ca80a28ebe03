import { and, count, desc, eq, getTableColumns, inArray, notExists, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { canTransition, type RejectCode, type UploadState } from "#domain/ingest/upload-states.ts";
import type { RecordingRow, UploadRow } from "#workers/ingest/catalog/catalog-store.ts";
import type { CatalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { masters, recordingArtists, recordings, uploads } from "#workers/shared/catalog/catalog-tables.ts";

export interface UploadWithRecording {
  readonly upload: UploadRow;
  readonly recording: RecordingRow;
}

async function findOne(
  database: CatalogDatabase,
  condition: ReturnType<typeof and>,
): Promise<UploadWithRecording | null> {
  const [row] = await database
    .select({ upload: uploads, recording: recordings })
    .from(uploads)
    .innerJoin(recordings, eq(recordings.id, uploads.recordingId))
    .where(condition);
  return row ?? null;
}

export function findUpload(database: CatalogDatabase, id: string): Promise<UploadWithRecording | null> {
  return findOne(database, eq(uploads.id, id));
}

export function findOwnUpload(
  database: CatalogDatabase,
  owner: string,
  id: string,
): Promise<UploadWithRecording | null> {
  return findOne(database, and(eq(uploads.id, id), eq(uploads.ownerAccountId, owner)));
}

export function findUploadByKey(
  database: CatalogDatabase,
  owner: string,
  key: string,
): Promise<UploadWithRecording | null> {
  return findOne(database, and(eq(uploads.ownerAccountId, owner), eq(uploads.idempotencyKey, key)));
}

export type TrackPlace = Pick<RecordingRow, "releaseId" | "discNumber" | "trackNumber">;

/** The recording that holds a place of a release, with the state of its newest upload. */
export async function findAtPlace(
  database: CatalogDatabase,
  place: TrackPlace,
): Promise<{ readonly recording: RecordingRow; readonly state: UploadState } | null> {
  const [row] = await database
    .select({ recording: recordings, state: uploads.state })
    .from(recordings)
    .innerJoin(uploads, eq(uploads.recordingId, recordings.id))
    .where(atPlace(place))
    .orderBy(desc(uploads.id))
    .limit(1);
  return row ?? null;
}

export async function countTracks(database: CatalogDatabase, releaseId: string): Promise<number> {
  const [row] = await database.select({ tracks: count() }).from(recordings).where(eq(recordings.releaseId, releaseId));
  return row?.tracks ?? 0;
}

function atPlace(place: TrackPlace) {
  return and(
    eq(recordings.releaseId, place.releaseId),
    eq(recordings.discNumber, place.discNumber),
    eq(recordings.trackNumber, place.trackNumber),
  );
}

export interface NewUpload {
  /** New, or the one at the same place of which nothing has arrived. */
  readonly recording: RecordingRow;
  readonly artistIds: readonly string[];
  readonly upload: UploadRow;
}

export interface InsertedUpload {
  /** Uploads of the same recording that waited for bytes: rejected now. */
  readonly replacedIds: readonly string[];
}

/**
 * Stores all of it, or nothing where meanwhile the key was used, the place was taken or the recording got bytes: then it
 * answers null. A batch is one transaction, so each condition is asked of what the statement before it left.
 */
export async function insertUpload(
  database: CatalogDatabase,
  { recording, artistIds, upload }: NewUpload,
): Promise<InsertedUpload | null> {
  const { id, title, isrc, explicit } = recording;
  const keyIsFree = isKeyFree(upload);
  const placeIsFree = notExists(database.select({ id: recordings.id }).from(recordings).where(atPlace(recording)));
  const releaseIsThere = sql`EXISTS (SELECT 1 FROM releases WHERE id = ${recording.releaseId})`;
  const recordingIsFree = sql`EXISTS (SELECT 1 FROM recordings WHERE id = ${id})
    AND NOT EXISTS (SELECT 1 FROM uploads WHERE recording_id = ${id} AND state <> 'REJECTED')`;
  const isStored = sql`EXISTS (SELECT 1 FROM uploads WHERE id = ${upload.id})`;
  const credits = artistIds.map((artistId, position) => ({ recordingId: id, position, artistId }));
  const [replaced, , inserted] = await database.batch([
    replacePending(database, upload),
    database
      .insert(recordings)
      .select(valuesWhere(recordings, recording, sql`${keyIsFree} AND ${placeIsFree} AND ${releaseIsThere}`)),
    database
      .insert(uploads)
      .select(valuesWhere(uploads, upload, sql`${keyIsFree} AND ${recordingIsFree}`))
      .returning({ id: uploads.id }),
    database
      .update(recordings)
      .set({ title, isrc, explicit, version: sql`${recordings.version} + 1` })
      .where(and(eq(recordings.id, id), isStored)),
    database.delete(recordingArtists).where(and(eq(recordingArtists.recordingId, id), isStored)),
    ...credits.map((credit) =>
      database.insert(recordingArtists).select(valuesWhere(recordingArtists, credit, isStored)),
    ),
  ]);
  return inserted.length === 0 ? null : { replacedIds: replaced.map((row) => row.id) };
}

/** Another file for a recording, whatever became of the ones before. Null where its key was used or it is gone. */
export async function insertMaster(database: CatalogDatabase, upload: UploadRow): Promise<InsertedUpload | null> {
  const isThere = sql`EXISTS (SELECT 1 FROM recordings WHERE id = ${upload.recordingId})`;
  const [replaced, inserted] = await database.batch([
    replacePending(database, upload),
    database
      .insert(uploads)
      .select(valuesWhere(uploads, upload, sql`${isKeyFree(upload)} AND ${isThere}`))
      .returning({ id: uploads.id }),
  ]);
  return inserted.length === 0 ? null : { replacedIds: replaced.map((row) => row.id) };
}

function isKeyFree({ ownerAccountId, idempotencyKey }: UploadRow): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM uploads
    WHERE owner_account_id = ${ownerAccountId} AND idempotency_key = ${idempotencyKey})`;
}

/** Uploads of the same recording that wait for bytes make way. */
function replacePending(database: CatalogDatabase, upload: UploadRow) {
  const isWaiting = and(eq(uploads.recordingId, upload.recordingId), eq(uploads.state, "PENDING"), isKeyFree(upload));
  return database
    .update(uploads)
    .set(rejected({ code: "replaced", detail: "" }))
    .where(isWaiting)
    .returning({ id: uploads.id });
}

/** A row to insert only under a condition: `SELECT <values> WHERE <condition>`. */
export function valuesWhere<Table extends SQLiteTable>(table: Table, row: Table["$inferSelect"], condition: SQL): SQL {
  const values = Object.entries(getTableColumns(table)).map(([name, column]) =>
    sql.param(row[name as keyof typeof row], column),
  );
  return sql`SELECT ${sql.join(values, sql`, `)} WHERE ${condition}`;
}

/**
 * Moves an upload on, if it is where the caller believes it is: false where it is not. Throws where no upload may take
 * the step, wherever it is; the database refuses it to whoever does not ask here.
 */
export async function moveUpload(
  database: CatalogDatabase,
  id: string,
  from: UploadState,
  to: Exclude<UploadState, "REJECTED">,
): Promise<boolean> {
  assertTransition(from, to);
  const moved = await database
    .update(uploads)
    .set({ state: to, updatedAt: Date.now(), transcodeProgress: null })
    .where(and(eq(uploads.id, id), eq(uploads.state, from)))
    .returning({ id: uploads.id });
  return moved.length > 0;
}

export interface Rejection {
  readonly code: RejectCode;
  readonly detail: string;
}

/**
 * Rejects an upload, if it is in one of these states and where `condition` holds: false where not. Throws as `moveUpload`
 * does.
 */
export async function rejectUpload(
  database: CatalogDatabase,
  id: string,
  from: readonly UploadState[],
  rejection: Rejection,
  condition?: SQL,
): Promise<boolean> {
  for (const state of from) assertTransition(state, "REJECTED");
  const moved = await database
    .update(uploads)
    .set(rejected(rejection))
    .where(and(eq(uploads.id, id), inArray(uploads.state, from), condition))
    .returning({ id: uploads.id });
  return moved.length > 0;
}

function assertTransition(from: UploadState, to: UploadState): void {
  if (!canTransition(from, to)) throw new RangeError(`no upload goes from ${from} to ${to}`);
}

function rejected({ code, detail }: Rejection) {
  const state: UploadState = "REJECTED";
  return { state, rejectCode: code, rejectDetail: detail, updatedAt: Date.now(), transcodeProgress: null };
}

export async function setTranscodeProgress(database: CatalogDatabase, id: string, progress: number): Promise<void> {
  await database
    .update(uploads)
    .set({ transcodeProgress: progress })
    .where(and(eq(uploads.id, id), eq(uploads.state, "TRANSCODING")));
}

type MasterRow = typeof masters.$inferSelect;

/**
 * PENDING to UPLOADED, with the master of its bytes: the one that was there, or this upload's object. As one, since a
 * master whose upload went another way would lose its object.
 */
export async function acceptUpload(
  database: CatalogDatabase,
  upload: UploadRow,
  { objectKey, contentType }: Pick<MasterRow, "objectKey" | "contentType">,
): Promise<void> {
  const { id, sha256, sizeBytes } = upload;
  const nowMs = Date.now();
  const master: MasterRow = {
    ...{ sha256, objectKey, sizeBytes, contentType, createdAt: nowMs },
    ...{ durationMs: null, sourceCodec: null, sourceSampleRate: null, sourceChannels: null },
    ...{ loudnessLufs: null, truePeakDbtp: null, encoder: null, waveform: null },
  };
  const isPending = sql`EXISTS (SELECT 1 FROM uploads WHERE id = ${id} AND state = 'PENDING')`;
  await database.batch([
    database
      .insert(masters)
      .select(valuesWhere(masters, master, isPending))
      .onConflictDoNothing(),
    database
      .update(uploads)
      .set({ state: "UPLOADED", updatedAt: nowMs })
      .where(and(eq(uploads.id, id), eq(uploads.state, "PENDING"))),
  ]);
}

export async function findMaster(database: CatalogDatabase, sha256: string): Promise<MasterRow | null> {
  const [row] = await database.select().from(masters).where(eq(masters.sha256, sha256));
  return row ?? null;
}

/** Whether an object of the bucket is a master, of whatever upload. */
export async function isMaster(database: CatalogDatabase, objectKey: string): Promise<boolean> {
  const found = await database.select({ sha256: masters.sha256 }).from(masters).where(eq(masters.objectKey, objectKey));
  return found.length > 0;
}
