/** What happens to an announced upload while its bytes come: taken in, turned away, or called off. */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { isGivenUp, isWhole, type UploadProgress } from "#durable-objects/ingest/upload-protocol.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";
import { type AppendedBytes, type AppendFault, appendToUpload, writeWholeUpload } from "./tus-append.ts";
import { type Rejection, rejectUpload } from "./uploads-store.ts";

/** Null where the upload is unknown, or given up. */
export async function fileProgress(env: IngestEnv, uploadId: string): Promise<UploadProgress | null> {
  const progress = await env.UPLOADS.getByName(uploadId).progress();
  return progress === null || isGivenUp(progress) ? null : progress;
}

export async function appendFile(
  env: IngestEnv,
  uploadId: string,
  offsetBytes: number,
  bytes: AppendedBytes,
): Promise<Result<UploadProgress, AppendFault>> {
  return afterJudgement(env, uploadId, await appendToUpload(env, uploadId, offsetBytes, bytes));
}

export type PutFault = AppendFault | { readonly kind: "incomplete"; readonly progress: UploadProgress };

export async function putFile(
  env: IngestEnv,
  uploadId: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<Result<UploadProgress, PutFault>> {
  const written = await afterJudgement(env, uploadId, await writeWholeUpload(env, uploadId, body));
  if (!written.ok || isWhole(written.value)) return written;
  return err({ kind: "incomplete", progress: written.value });
}

/** A file that its first bytes give away is rejected there and then. */
async function afterJudgement(
  env: IngestEnv,
  uploadId: string,
  written: Result<UploadProgress, AppendFault>,
): Promise<Result<UploadProgress, AppendFault>> {
  if (!written.ok && written.error.kind === "refused") await giveUp(env, uploadId, written.error.rejection);
  return written;
}

export type TerminateFault = { readonly kind: "unknown" } | { readonly kind: "whole" };

/** Called off by whoever was to send it. What is here whole has gone its way. */
export async function terminateFile(env: IngestEnv, uploadId: string): Promise<Result<null, TerminateFault>> {
  const progress = await fileProgress(env, uploadId);
  if (progress === null) return err({ kind: "unknown" });
  if (isWhole(progress)) return err({ kind: "whole" });
  await giveUp(env, uploadId, { code: "cancelled", detail: "" });
  return ok(null);
}

/**
 * The catalog first, which keeps the reason; its object then takes no more bytes and has what came cleared away. Cut off
 * in between, the next byte is answered in the same way, and the object's own time ends too.
 */
async function giveUp(env: IngestEnv, uploadId: string, rejection: Rejection): Promise<void> {
  await rejectUpload(catalogDatabase(env.CATALOG_0), uploadId, ["PENDING"], rejection);
  await env.UPLOADS.getByName(uploadId).expire();
  logEvent("ingest", "upload-rejected", { uploadId, code: rejection.code });
}
