import type * as z from "zod";
import { TRACKS_PER_RELEASE_MAX } from "#domain/catalog/catalog-limits.ts";
import type { RecordingId, UploadId } from "#domain/foundation/ids.ts";
import { fingerprintOf, sha256Hex } from "#domain/foundation/sha256.ts";
import { DAY_MS, SECOND_MS } from "#domain/foundation/time.ts";
import {
  findOwnArtists,
  findOwnRelease,
  findOwnTrack,
  type RecordingRow,
  type ReleaseRow,
  type UploadRow,
} from "#workers/ingest/catalog/catalog-store.ts";
import { requireIsrc } from "#workers/ingest/catalog/track-editing.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { assertSameRequest } from "#workers/shared/http/idempotency.ts";
import { fieldProblem, ProblemError } from "#workers/shared/http/problem.ts";
import { reserveUpload } from "./upload-quota.ts";
import { signUrl } from "./upload-tokens.ts";
import type { fileSchema, Upload, UploadTicket, uploadBody } from "./uploads-contract.ts";
import * as store from "./uploads-store.ts";
import { toUpload } from "./uploads-wire.ts";

type UploadRequest = z.output<typeof uploadBody>;

export function filePath(uploadId: string): string {
  return `/v1/ingest/files/${uploadId}`;
}

/** Announces an upload, once: the same key with the same request finds what it announced before. */
export async function createUpload(
  env: IngestEnv,
  principal: Principal,
  idempotencyKey: string,
  body: UploadRequest,
): Promise<UploadTicket> {
  const database = catalogDatabase(env.CATALOG_0);
  const request = { idempotencyKey, requestSha256: await fingerprintOf(body) };
  const known = await findSameRequest(env, principal, request);
  if (known !== null) return ticketFor(env, known);
  const release = await findOwnRelease(database, principal.accountId, body.release_id);
  if (release === null) throw fieldProblem("release_id", "this account has no such release");
  const announced = await toNewUpload(env, principal, release, body, request);
  const ticket = await announce(env, principal, announced, () => store.insertUpload(database, announced));
  if (ticket === null) throw placeTaken(announced.recording);
  return ticket;
}

/** Another file for one of the account's tracks. What listeners hear stays until the new one is ready. */
export async function announceMaster(
  env: IngestEnv,
  principal: Principal,
  idempotencyKey: string,
  trackId: string,
  file: z.output<typeof fileSchema>,
): Promise<UploadTicket> {
  const database = catalogDatabase(env.CATALOG_0);
  const request = { idempotencyKey, requestSha256: await fingerprintOf({ trackId, file }) };
  const known = await findSameRequest(env, principal, request);
  if (known !== null) return ticketFor(env, known);
  const track = await findOwnTrack(database, principal.accountId, trackId);
  if (track === null) throw new ProblemError("not-found");
  const upload = newUploadRow(principal, trackId, file, request);
  const announced = { recording: track.recording, upload };
  const ticket = await announce(env, principal, announced, () => store.insertMaster(database, upload));
  if (ticket === null) throw new ProblemError("not-found");
  return ticket;
}

/** Null where it could not be stored, and no request of the same key has stored it meanwhile. */
async function announce(
  env: IngestEnv,
  principal: Principal,
  announced: store.UploadWithRecording,
  insert: () => Promise<store.InsertedUpload | null>,
): Promise<UploadTicket | null> {
  const { upload } = announced;
  await reserveQuota(env, principal, upload);
  // Opened before the row is there: whatever is cut off from here on, the object's time ends and clears it away.
  await openUpload(env, upload);
  const inserted = await insert();
  if (inserted !== null) {
    for (const id of inserted.replacedIds) await env.UPLOADS.getByName(id).expire();
    return signTicket(env, announced);
  }
  await env.UPLOADS.getByName(upload.id).settle();
  const winner = await findSameRequest(env, principal, upload);
  return winner === null ? null : ticketFor(env, winner);
}

interface KeyedRequest {
  readonly idempotencyKey: string;
  readonly requestSha256: string;
}

/** The upload that this key announced, or null. Throws where it announced another one than this. */
async function findSameRequest(env: IngestEnv, principal: Principal, request: KeyedRequest) {
  const database = catalogDatabase(env.CATALOG_0);
  const known = await store.findUploadByKey(database, principal.accountId, request.idempotencyKey);
  if (known !== null) assertSameRequest(known.upload, request.requestSha256);
  return known;
}

async function toNewUpload(
  env: IngestEnv,
  principal: Principal,
  release: ReleaseRow,
  { track, file }: UploadRequest,
  request: KeyedRequest,
): Promise<store.NewUpload> {
  const isrc = requireIsrc(track.isrc ?? null, "track.isrc");
  const artistIds = [...new Set(track.artist_ids ?? [release.artistId])];
  const artists = await findOwnArtists(catalogDatabase(env.CATALOG_0), principal.accountId, artistIds);
  if (artists.length < artistIds.length) throw fieldProblem("track.artist_ids", "this account has no such artist");
  const recording = await recordingFor(env, {
    releaseId: release.id,
    discNumber: track.disc_number,
    trackNumber: track.track_number,
    id: freshId<RecordingId>(),
    title: track.title,
    isrc,
    explicit: track.explicit,
    masterSha256: null,
    publishedAt: null,
    createdAt: Date.now(),
    version: 1,
  });
  return { recording, artistIds, upload: newUploadRow(principal, recording.id, file, request) };
}

function newUploadRow(
  principal: Principal,
  recordingId: string,
  file: z.output<typeof fileSchema>,
  request: KeyedRequest,
): UploadRow {
  const nowMs = Date.now();
  return {
    ...request,
    id: freshId<UploadId>(),
    ownerAccountId: principal.accountId,
    recordingId,
    state: "PENDING",
    rejectCode: null,
    rejectDetail: null,
    fileName: file.name,
    sizeBytes: file.size_bytes,
    contentType: file.content_type,
    sha256: file.sha256,
    transcodeProgress: null,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
}

/**
 * A place holds one track. Where nothing of it has arrived, since its last upload was rejected or still waits for bytes,
 * the artist tries again with another file, and it stays the same track.
 */
async function recordingFor(env: IngestEnv, wanted: RecordingRow): Promise<RecordingRow> {
  const database = catalogDatabase(env.CATALOG_0);
  const there = await store.findAtPlace(database, wanted);
  if (there === null) {
    if ((await store.countTracks(database, wanted.releaseId)) < TRACKS_PER_RELEASE_MAX) return wanted;
    throw fieldProblem("release_id", `a release has at most ${TRACKS_PER_RELEASE_MAX} tracks`);
  }
  const isEmpty = there.state === "REJECTED" || there.state === "PENDING";
  if (!isEmpty || there.recording.publishedAt !== null) throw placeTaken(wanted);
  const { id, createdAt, version } = there.recording;
  return { ...wanted, id, createdAt, version };
}

function placeTaken({ discNumber, trackNumber }: store.TrackPlace): ProblemError {
  return fieldProblem("track.track_number", `the release has a track ${trackNumber} on disc ${discNumber} already`);
}

async function reserveQuota(env: IngestEnv, principal: Principal, upload: UploadRow): Promise<void> {
  const { idempotencyKey, sizeBytes, createdAt: nowMs } = upload;
  const name = await sha256Hex(Uint8Array.from(new TextEncoder().encode(idempotencyKey)));
  const quota = await reserveUpload(env, principal.accountId, { name, sizeBytes, nowMs });
  if (quota.granted) return;
  const secondsLeft = Math.ceil((DAY_MS - (nowMs % DAY_MS)) / SECOND_MS);
  throw new ProblemError("quota-exceeded", {
    detail: `Today this account has announced ${quota.uploads} uploads of ${quota.sizeBytes} bytes. Go on tomorrow.`,
    headers: { "retry-after": String(secondsLeft) },
  });
}

export async function getUpload(env: IngestEnv, principal: Principal, id: string): Promise<Upload> {
  const { upload, recording } = await requireOwn(env, principal, id);
  return toUpload(upload, recording);
}

export async function renewUploadUrl(env: IngestEnv, principal: Principal, id: string): Promise<UploadTicket> {
  const own = await requireOwn(env, principal, id);
  if (own.upload.state !== "PENDING") {
    throw new ProblemError("conflict", { detail: `All bytes of this upload are here; it is ${own.upload.state}.` });
  }
  return ticketFor(env, own);
}

async function requireOwn(env: IngestEnv, principal: Principal, id: string): Promise<store.UploadWithRecording> {
  const own = await store.findOwnUpload(catalogDatabase(env.CATALOG_0), principal.accountId, id);
  if (own === null) throw new ProblemError("not-found");
  return own;
}

async function ticketFor(env: IngestEnv, known: store.UploadWithRecording): Promise<UploadTicket> {
  // Only an upload that waits for bytes gets an object: one that is done with must not begin again.
  if (known.upload.state === "PENDING") await openUpload(env, known.upload);
  return signTicket(env, known);
}

async function signTicket(env: IngestEnv, { upload, recording }: store.UploadWithRecording): Promise<UploadTicket> {
  const { id, sizeBytes, contentType } = upload;
  const { url, expiresAt } = await signUrl(env, "upload", filePath(id), { sizeBytes, contentType });
  return { upload: toUpload(upload, recording), upload_url: url, expires_at: expiresAt };
}

async function openUpload(env: IngestEnv, { id, sizeBytes }: UploadRow): Promise<void> {
  await env.UPLOADS.getByName(id).open(id, sizeBytes);
}
