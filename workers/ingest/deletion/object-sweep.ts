/**
 * Deletes objects that nothing refers to any more. Masters, renditions and covers are shared by their bytes, so what is to
 * go is noted in the batch that takes the last reference away, and looked at again here. While an object is being deleted
 * nothing may refer to it anew (`saveTranscode`, `setCover`): a song that is sent again at that moment waits, and is never
 * left without its file.
 */
import { SECOND_MS } from "#domain/foundation/time.ts";
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";
import { nextDueAt, noteCleared, type SweptObject, takeDueObjects } from "./object-sweep-store.ts";

/** R2 deletes at most 1,000 at once. */
const SWEEP_PAGE = 500;
const MESSAGE_DELAY_SECONDS_MAX = 12 * 3_600;

/** Throws where a bucket fails: after the lease it is tried again. */
export async function sweepObjects(env: IngestEnv): Promise<void> {
  const objects = await takeDueObjects(env.CATALOG_0, Date.now(), SWEEP_PAGE);
  if (objects.length > 0) {
    await deleteObjects(env, objects);
    await noteCleared(env.CATALOG_0, objects, Date.now());
    logEvent("ingest", "objects-deleted", { objects: objects.length });
  }
  await askForSweep(env);
}

async function deleteObjects(env: IngestEnv, objects: readonly SweptObject[]): Promise<void> {
  const keys = objects.map(({ objectKey }) => objectKey);
  // Masters, and what they sound like.
  const kept = keys.filter((key) => key.startsWith("u/") || key.startsWith("f/"));
  const served = keys.filter((key) => !kept.includes(key));
  await Promise.all([
    kept.length === 0 ? null : env.MASTERS.delete(kept),
    ...(served.length === 0 ? [] : [env.RENDITIONS.delete(served), env.RENDITIONS_REPLICA.delete(served)]),
  ]);
}

/** Has the next sweep made when there is something to do. */
export async function askForSweep(env: IngestEnv): Promise<void> {
  const dueAt = await nextDueAt(env.CATALOG_0);
  if (dueAt === null) return;
  const delaySeconds = Math.ceil(Math.max(0, dueAt - Date.now()) / SECOND_MS);
  const message: IngestMessage = { kind: "sweep-objects" };
  await env.INGEST_QUEUE.send(message, { delaySeconds: Math.min(delaySeconds, MESSAGE_DELAY_SECONDS_MAX) });
}
