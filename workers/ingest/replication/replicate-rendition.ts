/**
 * Copies a rendition into the bucket that the edge reads when the first one fails. Renditions never change and are
 * named by their bytes: doing it again is nothing, and a copy that is not the same is not taken.
 */
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";

const RENDITION_KEY_PATTERN = /^a\/([0-9a-f]{64})\.[a-z0-9]{2,4}$/;

/** The copy is made by the queue, which tries again for hours: a replica that is down keeps no upload back. */
export async function askForReplica(env: IngestEnv, key: string): Promise<void> {
  const message: IngestMessage = { kind: "replicate-rendition", key };
  await env.INGEST_QUEUE.send(message);
}

/** Throws where a bucket fails, or holds other bytes than the key names. */
export async function replicateRendition(env: IngestEnv, key: string): Promise<void> {
  const sha256 = RENDITION_KEY_PATTERN.exec(key)?.[1];
  if (sha256 === undefined) throw new Error(`${key} is no key of a rendition`);
  const [original, copy] = await Promise.all([env.RENDITIONS.head(key), env.RENDITIONS_REPLICA.head(key)]);
  if (original === null) {
    logEvent("ingest", "replica-without-original", { key }, "warn");
    return;
  }
  if (copy?.size === original.size) return;
  const object = await env.RENDITIONS.get(key);
  if (object === null) throw new Error(`${key} was there a moment ago`);
  const { httpMetadata } = object;
  // R2 refuses what does not hash to the name, so a damaged original is not spread. It is read while the primary fails
  // and at no other time, so storing it is what it costs.
  await env.RENDITIONS_REPLICA.put(key, object.body, {
    sha256,
    storageClass: "InfrequentAccess",
    ...(httpMetadata === undefined ? {} : { httpMetadata }),
  });
  logEvent("ingest", "rendition-replicated", { key, sizeBytes: object.size });
}
