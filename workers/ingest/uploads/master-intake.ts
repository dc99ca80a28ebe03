/**
 * From the parts of an upload to a master that is known by its bytes. Every step can be done again, by two at the same
 * time too: what counts is the state in the catalog, which moves once.
 */

import { hexOf } from "#domain/foundation/sha256.ts";
import { FIRST_BYTES, judgeFirstBytes } from "#domain/ingest/first-bytes.ts";
import { isWhole } from "#durable-objects/ingest/upload-protocol.ts";
import type { UploadRow } from "#workers/ingest/catalog/catalog-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { masterUploadKey, tailsPrefix } from "./upload-keys.ts";
import * as store from "./uploads-store.ts";

/**
 * R2's codes for parts that can never become an object: one too small, no such multipart upload, a part that is not the
 * one named, unequal parts.
 */
const BROKEN_PARTS_PATTERN = /\((10011|10024|10025|10048)\)/;
const TAILS_PAGE = 100;

/** Checks a PENDING upload's bytes against what was announced and moves it to UPLOADED, or to REJECTED. */
export async function takeInMaster(env: IngestEnv, upload: UploadRow): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const rejectAs = (detail: string) =>
    store.rejectUpload(database, upload.id, ["PENDING"], { code: "checksum-mismatch", detail });
  const assembled = await assemble(env, upload.id);
  if (assembled === "incomplete") return;
  if (assembled === "broken") {
    await rejectAs("The parts that arrived do not make up one file.");
    return;
  }
  const objectKey = masterUploadKey(upload.id);
  const sha256 = await hashObject(env, objectKey);
  if (sha256 !== upload.sha256) {
    await rejectAs(`SHA-256 is ${sha256}, not ${upload.sha256}.`);
    return;
  }
  await store.acceptUpload(database, upload, { objectKey, contentType: await contentTypeOf(env, objectKey, upload) });
}

/** By its bytes; where the first of them do not tell, as it was announced. */
async function contentTypeOf(env: IngestEnv, key: string, { contentType }: UploadRow): Promise<string> {
  const object = await env.MASTERS.get(key, { range: { offset: 0, length: FIRST_BYTES } });
  if (object === null) throw new Error(`${key} was put together and is not there`);
  const verdict = judgeFirstBytes(new Uint8Array(await object.arrayBuffer()));
  return verdict.kind === "audio" ? verdict.mimeType : contentType;
}

/** Makes one object of the parts. A message alone proves nothing: the upload itself must say that all bytes came. */
async function assemble(env: IngestEnv, uploadId: string): Promise<"assembled" | "incomplete" | "broken"> {
  const progress = await env.UPLOADS.getByName(uploadId).progress();
  if (progress === null || !isWhole(progress) || progress.multipartId === null) return "incomplete";
  const key = masterUploadKey(uploadId);
  if ((await env.MASTERS.head(key)) !== null) return "assembled";
  try {
    await env.MASTERS.resumeMultipartUpload(key, progress.multipartId).complete([...progress.parts]);
    return "assembled";
  } catch (error) {
    if ((await env.MASTERS.head(key)) !== null) return "assembled";
    if (BROKEN_PARTS_PATTERN.test(String(error))) return "broken";
    throw error;
  }
}

async function hashObject(env: IngestEnv, key: string): Promise<string> {
  const object = await env.MASTERS.get(key);
  if (object === null) throw new Error(`${key} was put together and is not there`);
  const digest = new crypto.DigestStream("SHA-256");
  await object.body.pipeTo(digest);
  return hexOf(await digest.digest);
}

/**
 * Clears away what an upload that is no longer PENDING has left in the bucket, but for a master. It need not be
 * in the catalog: an announcement may never have reached it, or its track be deleted.
 */
export async function clearUpload(env: IngestEnv, uploadId: string): Promise<void> {
  const object = env.UPLOADS.getByName(uploadId);
  const key = masterUploadKey(uploadId);
  const multipartId = (await object.progress())?.multipartId ?? null;
  if (multipartId !== null) await abortMultipart(env.MASTERS.resumeMultipartUpload(key, multipartId));
  const tails = await env.MASTERS.list({ prefix: tailsPrefix(uploadId), limit: TAILS_PAGE });
  await env.MASTERS.delete(tails.objects.map((tail) => tail.key));
  // The same bytes are kept once, under the key of the upload that brought them first.
  if (!(await store.isMaster(catalogDatabase(env.CATALOG_0), key))) await env.MASTERS.delete(key);
  await object.settle();
}

/** One that was completed or aborted before is gone, which is all that is wanted. */
async function abortMultipart(multipart: R2MultipartUpload): Promise<void> {
  try {
    await multipart.abort();
  } catch (error) {
    if (!BROKEN_PARTS_PATTERN.test(String(error))) throw error;
  }
}
