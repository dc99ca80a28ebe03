/**
 * Deletes artists, releases and tracks. The batch in the catalog is what counts; what the edge goes by and the objects
 * follow from it, at once and by messages that were sent before it. Asked for again, whatever is left of it is done.
 */
import type { RecordingId } from "#domain/foundation/ids.ts";
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import { TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import { findOwnArtists } from "#workers/ingest/catalog/catalog-store.ts";
import { deleteRecords } from "#workers/ingest/publishing/availability-records.ts";
import { recordingMessages } from "#workers/ingest/publishing/recording-messages.ts";
import { findReleaseTarget, findTrackTarget } from "#workers/ingest/takedowns/takedowns-store.ts";
import { TRANSCODE_QUEUE_NAME } from "#workers/ingest/transcodes/transcodes-actions.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import * as store from "./deletion-store.ts";
import { sweepObjects } from "./object-sweep.ts";

/** A request brings this many recordings to the edge: an invocation has a thousand calls. The queue does the rest. */
const AT_ONCE_MAX = 300;
/** Uploads whose objects are told. The others find out at their next alarm, or when their work is claimed. */
const UPLOADS_TOLD_MAX = 200;
/** When the queue looks after what a request did at once. */
const LOOK_AGAIN_SECONDS = 5;

export async function deleteTrack(env: IngestEnv, principal: Principal, id: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const target = await findTrackTarget(database, id);
  if (target?.ownerAccountId !== principal.accountId) {
    if ((await store.findDeletion(database, principal.accountId, id))?.kind !== "track") throw notThere();
    return carryOutAtOnce(env, [id]);
  }
  await announceDeletion(env, [id]);
  const request = { id, owner: principal.accountId, nowMs: Date.now() };
  await afterDeletion(env, principal, id, await store.deleteTrack(env.CATALOG_0, request), [id]);
}

/** With all its tracks. */
export async function deleteRelease(env: IngestEnv, principal: Principal, id: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const target = await findReleaseTarget(database, id);
  if (target?.ownerAccountId !== principal.accountId) {
    if ((await store.findDeletion(database, principal.accountId, id))?.kind !== "release") throw notThere();
    return carryOutAtOnce(env, await store.listDeletedTracks(database, id));
  }
  await announceDeletion(env, target.recordingIds);
  const request = { id, owner: principal.accountId, nowMs: Date.now() };
  const deleted = await store.deleteRelease(env.CATALOG_0, request);
  // Those that were added meanwhile too.
  const recordingIds = await store.listDeletedTracks(database, id);
  await afterDeletion(env, principal, id, deleted, recordingIds);
}

export async function deleteArtist(env: IngestEnv, principal: Principal, id: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const request = { id, owner: principal.accountId, nowMs: Date.now() };
  if (await store.deleteArtist(env.CATALOG_0, request)) {
    logEvent("ingest", "deleted", { id, accountId: principal.accountId });
    return;
  }
  const [artist] = await findOwnArtists(database, principal.accountId, [id]);
  if (artist !== undefined) {
    throw new ProblemError("conflict", {
      detail: "Releases or tracks name this artist. Delete them, or name others there, first.",
    });
  }
  if ((await store.findDeletion(database, principal.accountId, id))?.kind !== "artist") throw notThere();
}

function notThere(): ProblemError {
  return new ProblemError("not-found");
}

async function afterDeletion(
  env: IngestEnv,
  principal: Principal,
  id: string,
  uploads: readonly store.DeletedUpload[] | null,
  recordingIds: readonly string[],
): Promise<void> {
  if (uploads === null) await requireDeleted(env, principal, id);
  else logEvent("ingest", "deleted", { id, accountId: principal.accountId, recordingIds });
  await stopUploads(env, uploads ?? []);
  await carryOutAtOnce(env, recordingIds);
}

/** It was there a moment ago: another request has deleted it, or a takedown keeps it. */
async function requireDeleted(env: IngestEnv, principal: Principal, id: string): Promise<void> {
  const deletion = await store.findDeletion(catalogDatabase(env.CATALOG_0), principal.accountId, id);
  if (deletion !== null) return;
  throw new ProblemError("conflict", {
    detail: "Rimshot took this down. It stays known until Rimshot restores it; then it can be deleted.",
  });
}

/** Before anything is deleted: whoever is cut off after it leaves a message that finds out, and goes on. */
async function announceDeletion(env: IngestEnv, recordingIds: readonly string[]): Promise<void> {
  const messages = recordingMessages("recordings-deleted", recordingIds, LOOK_AGAIN_SECONDS);
  const sweep: IngestMessage = { kind: "sweep-objects" };
  await env.INGEST_QUEUE.sendBatch([...messages, { body: sweep, delaySeconds: LOOK_AGAIN_SECONDS }]);
}

/** No byte of them is wanted any more, and no work. What is not told here clears itself away in time. */
async function stopUploads(env: IngestEnv, uploads: readonly store.DeletedUpload[]): Promise<void> {
  const queue = env.TRANSCODE_QUEUE.getByName(TRANSCODE_QUEUE_NAME);
  const told = uploads.slice(0, UPLOADS_TOLD_MAX).map(({ id, state }) => {
    if (state === "PENDING") return env.UPLOADS.getByName(id).expire();
    return state === "UPLOADED" || state === "TRANSCODING" ? queue.finish(id) : null;
  });
  for (const result of await Promise.allSettled(told)) {
    if (result.status === "rejected") logFailure("ingest", "deletion:uploads", result.reason);
  }
}

async function carryOutAtOnce(env: IngestEnv, recordingIds: readonly string[]): Promise<void> {
  const atOnce = recordingIds.slice(0, AT_ONCE_MAX);
  const later = recordingMessages("recordings-deleted", recordingIds.slice(AT_ONCE_MAX), 0);
  const results = await Promise.allSettled([
    carryOutDeletions(env, atOnce),
    sweepObjects(env),
    later.length === 0 ? null : env.INGEST_QUEUE.sendBatch(later),
  ]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return;
  logFailure("ingest", `deletion:${recordingIds[0]}`, failed.reason);
  throw new ProblemError("unavailable", {
    detail: "It is deleted, and not yet gone everywhere. This goes on until it is; you may send it again.",
    headers: { "retry-after": String(LOOK_AGAIN_SECONDS) },
  });
}

/** Has the edge refuse what is not there any more, also by URLs that were signed before. What is there is left alone. */
export async function carryOutDeletions(env: IngestEnv, recordingIds: readonly string[]): Promise<void> {
  const gone = await store.findGone(catalogDatabase(env.CATALOG_0), recordingIds);
  if (gone.length === 0) return;
  const results = await Promise.allSettled([
    env.TAKEDOWNS.getByName(TAKEDOWNS_NAME).announce(gone as RecordingId[]),
    deleteRecords(env, gone),
  ]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
