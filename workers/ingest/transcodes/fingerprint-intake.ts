/**
 * Keeps what recordings sound like, in the bucket of masters: four kilobytes that no request of a listener needs, which
 * in the catalog would be the most of a row.
 */
import { fingerprintKey } from "#workers/ingest/uploads/upload-keys.ts";
import type { RecordingFingerprint } from "./transcodes-contract.ts";

/** Written again with the same at each `complete`; null, from a job that made none, takes nothing away. */
export async function storeFingerprint(
  env: IngestEnv,
  masterSha256: string,
  fingerprint: RecordingFingerprint | null,
): Promise<void> {
  if (fingerprint === null) return;
  const httpMetadata = { contentType: "application/json" };
  await env.MASTERS.put(fingerprintKey(masterSha256), JSON.stringify(fingerprint), { httpMetadata });
}

/** Null for a master whose job made none: too short a recording, or a job of before. */
export async function readFingerprint(env: IngestEnv, masterSha256: string): Promise<RecordingFingerprint | null> {
  const object = await env.MASTERS.get(fingerprintKey(masterSha256));
  return object === null ? null : object.json<RecordingFingerprint>();
}
