/** Hands work to transcode jobs by lease and takes in what they made. */
import { renditionKey } from "#domain/delivery/audio-token.ts";
import { ladderProfile, REQUIRED_PROFILES } from "#domain/ingest/ladder.ts";
import { isNewRelease } from "#domain/ingest/transcode-order.ts";
import { isRejectCode, type RejectCode } from "#domain/ingest/upload-states.ts";
import type { UploadRow } from "#workers/ingest/catalog/catalog-store.ts";
import { passAsReady, publishOrSchedule } from "#workers/ingest/publishing/publishing-actions.ts";
import { findToPublish, hasRenditions } from "#workers/ingest/publishing/publishing-store.ts";
import { askForReplica } from "#workers/ingest/replication/replicate-rendition.ts";
import { signUrl } from "#workers/ingest/uploads/upload-tokens.ts";
import * as uploads from "#workers/ingest/uploads/uploads-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";
import { storeFingerprint } from "./fingerprint-intake.ts";
import type { RenditionReport, TechnicalReport, TranscodeLease } from "./transcodes-contract.ts";
import { saveTranscode } from "./transcodes-store.ts";

/** One queue for all work; more come when one object cannot keep up. */
export const TRANSCODE_QUEUE_NAME = "main";

/** Finished uploads that a claim may come across and clear away before it gives up looking. */
const STALE_CLAIMS_MAX = 16;

function transcodeQueue(env: IngestEnv) {
  return env.TRANSCODE_QUEUE.getByName(TRANSCODE_QUEUE_NAME);
}

/** Asks for the renditions of an upload's master, unless they were all made before. */
export async function enqueueTranscode(env: IngestEnv, upload: UploadRow): Promise<void> {
  const { id: uploadId, sha256: masterSha256, ownerAccountId: accountId } = upload;
  const database = catalogDatabase(env.CATALOG_0);
  if (await hasRenditions(database, masterSha256)) return passAsReady(env, uploadId);
  const found = await findToPublish(database, uploadId);
  const isNew = found !== null && isNewRelease(found.release.releaseAt, Date.now());
  await transcodeQueue(env).enqueue({ uploadId, masterSha256, accountId, isNewRelease: isNew });
}

export async function claimTranscode(
  env: IngestEnv,
  worker: string,
  leaseSeconds: number,
): Promise<TranscodeLease | null> {
  for (let i = 0; i < STALE_CLAIMS_MAX; i++) {
    const { claim, parked } = await transcodeQueue(env).claim(leaseSeconds);
    for (const { uploadId, detail } of parked) await rejectForGood(env, uploadId, "transcode-failed", detail);
    if (claim === null) return null;
    const { leaseId, uploadId, attempt, expiresAt } = claim;
    const lease = await leaseFor(env, uploadId);
    if (lease !== null) {
      logEvent("ingest", "transcode-claimed", { uploadId, worker, attempt });
      return { ...lease, id: leaseId, attempt, expires_at: new Date(expiresAt).toISOString() };
    }
    await transcodeQueue(env).finish(uploadId);
  }
  return null;
}

/** Null where there is nothing left to do for this upload, or only what a crash left undone: that is done here. */
async function leaseFor(
  env: IngestEnv,
  uploadId: string,
): Promise<Pick<TranscodeLease, "upload_id" | "master"> | null> {
  const database = catalogDatabase(env.CATALOG_0);
  const found = await uploads.findUpload(database, uploadId);
  if (found === null) return null;
  const { upload } = found;
  if (upload.state === "READY") await publishOrSchedule(env, uploadId);
  if (upload.state !== "UPLOADED" && upload.state !== "TRANSCODING") return null;
  if (await hasRenditions(database, upload.sha256)) {
    await passAsReady(env, uploadId);
    return null;
  }
  const master = await uploads.findMaster(database, upload.sha256);
  if (master === null) throw new Error(`upload ${uploadId} is ${upload.state} without a master`);
  await uploads.moveUpload(database, uploadId, "UPLOADED", "TRANSCODING");
  const path = `/v1/ingest/masters/${master.sha256}`;
  const { url } = await signUrl(env, "master", path, { objectKey: master.objectKey });
  return {
    upload_id: uploadId,
    master: {
      url,
      sha256: master.sha256,
      size_bytes: master.sizeBytes,
      content_type: master.contentType,
      file_name: upload.fileName,
    },
  };
}

export async function heartbeatTranscode(env: IngestEnv, leaseId: string, progress: number): Promise<string> {
  const work = await requireLease(env, leaseId);
  const expiresAt = await transcodeQueue(env).heartbeat(leaseId);
  if (expiresAt === null) throw leaseLost();
  await uploads.setTranscodeProgress(catalogDatabase(env.CATALOG_0), work.uploadId, progress);
  return new Date(expiresAt).toISOString();
}

export interface OfferedRendition {
  readonly profile: string;
  readonly sha256: string;
  readonly size_bytes: number;
}

/** Where to put a rendition, or null where its bytes are stored already. */
export async function offerRendition(
  env: IngestEnv,
  leaseId: string,
  offered: OfferedRendition,
): Promise<string | null> {
  await requireLease(env, leaseId);
  const profile = ladderProfile(offered.profile);
  if (profile === undefined)
    throw new ProblemError("unprocessable", { detail: `The ladder has no ${offered.profile}.` });
  const name = { sha256: offered.sha256, extension: profile.extension };
  const key = renditionKey(name);
  const stored = await env.RENDITIONS.head(key);
  if (stored !== null && stored.size === offered.size_bytes) {
    // It may be older than the replica; the copy is made only where there is none.
    await askForReplica(env, key);
    return null;
  }
  const path = `/v1/ingest/renditions/${name.sha256}.${name.extension}`;
  const claims = { sizeBytes: offered.size_bytes, contentType: profile.mimeType };
  return (await signUrl(env, "rendition", path, claims)).url;
}

export async function completeTranscode(
  env: IngestEnv,
  leaseId: string,
  technical: TechnicalReport,
  reports: readonly RenditionReport[],
): Promise<void> {
  const work = await requireLease(env, leaseId);
  if (work.done) return;
  const database = catalogDatabase(env.CATALOG_0);
  const found = await uploads.findUpload(database, work.uploadId);
  // Its track was deleted meanwhile: nobody waits for what was made.
  if (found === null) return transcodeQueue(env).finish(work.uploadId);
  await requireWholeLadder(env, reports);
  const { sha256 } = found.upload;
  await storeFingerprint(env, sha256, technical.fingerprint ?? null);
  if (!(await saveTranscode(database, sha256, technical, reports))) throw beingDeleted();
  // Every upload of the same bytes is ready with this one.
  for (const uploadId of await transcodeQueue(env).waitingFor(sha256)) {
    await passAsReady(env, uploadId);
    await transcodeQueue(env).finish(uploadId);
  }
  logEvent("ingest", "transcode-complete", { uploadId: work.uploadId, renditions: reports.length });
}

/**
 * All that must be made, once each, and nothing that the ladder has not; every object in its place with its size: a
 * report is believed no further than that.
 */
async function requireWholeLadder(env: IngestEnv, reports: readonly RenditionReport[]): Promise<void> {
  const made = new Set(reports.map((report) => report.profile));
  const isWhole = REQUIRED_PROFILES.every(({ id }) => made.has(id));
  if (made.size !== reports.length || !isWhole) {
    throw new ProblemError("unprocessable", { detail: "Report each rung of the ladder once." });
  }
  const missing = await Promise.all(
    reports.map(async ({ profile, sha256, size_bytes }) => {
      const extension = ladderProfile(profile)?.extension;
      const stored = extension === undefined ? null : await env.RENDITIONS.head(renditionKey({ sha256, extension }));
      return stored?.size === size_bytes ? [] : [profile];
    }),
  );
  if (missing.flat().length === 0) return;
  throw new ProblemError("unprocessable", { detail: `Not stored as reported: ${missing.flat().join(", ")}.` });
}

/** `rejectCode` null is a fault of ours: the work goes back, until it has failed too often. */
export async function failTranscode(
  env: IngestEnv,
  leaseId: string,
  fault: { readonly rejectCode: string | null; readonly detail: string },
): Promise<void> {
  const work = await requireLease(env, leaseId);
  if (work.done) return;
  const { rejectCode, detail } = fault;
  if (rejectCode !== null) {
    if (!isRejectCode(rejectCode)) {
      throw new ProblemError("unprocessable", { detail: `There is no reject code ${rejectCode}.` });
    }
    await rejectForGood(env, work.uploadId, rejectCode, detail);
    return;
  }
  const answer = await transcodeQueue(env).fail(leaseId, detail);
  if (answer === null) throw leaseLost();
  if (answer === "parked") await rejectForGood(env, work.uploadId, "transcode-failed", detail);
}

/**
 * Rejects what is not READY yet, and ends the work on it: in this order, so that a crash in between is made good. What is
 * READY already, where a crash kept it from going on, goes on now.
 */
async function rejectForGood(env: IngestEnv, uploadId: string, code: RejectCode, detail: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const isRejected = await uploads.rejectUpload(database, uploadId, ["UPLOADED", "TRANSCODING"], { code, detail });
  if (isRejected) logEvent("ingest", "upload-rejected", { uploadId, code });
  else await publishOrSchedule(env, uploadId);
  await transcodeQueue(env).finish(uploadId);
}

async function requireLease(env: IngestEnv, leaseId: string) {
  const work = await transcodeQueue(env).leased(leaseId);
  if (work === null) throw leaseLost();
  return work;
}

/** The same renditions were another track's, which was deleted just now: in a minute they are gone, and can be sent again. */
function beingDeleted(): ProblemError {
  return new ProblemError("unavailable", {
    detail: "Files of these names are being deleted. Offer them again.",
    headers: { "retry-after": "60" },
  });
}

function leaseLost(): ProblemError {
  return new ProblemError("lease-lost", { detail: "Stop this work: another job has it, or it is done." });
}
