/** From READY to PUBLISHED: rights first, then everything else, at the release's instant and not before. */
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import { moveUpload } from "#workers/ingest/uploads/uploads-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { applyStandings, putRecords } from "./availability-records.ts";
import * as store from "./publishing-store.ts";

/** Tracks that one message publishes: each takes a few calls, of which an invocation has a thousand. */
const PUBLISH_PAGE = 100;

/** Every rendition of an upload is stored: goes through the states that are left, each only if it is its turn. */
export async function passAsReady(env: IngestEnv, uploadId: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  await moveUpload(database, uploadId, "UPLOADED", "TRANSCODING");
  await moveUpload(database, uploadId, "TRANSCODING", "READY");
  await publishOrSchedule(env, uploadId);
}

/**
 * Publishes an upload that is READY, or sets the clock for it. The availability record is written either way: it holds
 * the instants of the deals itself, so the edge refuses until then and needs to be told nothing at the hour.
 * True where it is published now.
 */
export async function publishOrSchedule(env: IngestEnv, uploadId: string): Promise<boolean> {
  const ready = await store.findToPublish(catalogDatabase(env.CATALOG_0), uploadId);
  if (ready === null || ready.upload.state !== "READY") return false;
  const { upload, release } = ready;
  await applyStandings(env, [upload.recordingId], (standings) => putRecords(env, standings));
  const nowMs = Date.now();
  if (release.releaseAt > nowMs) {
    await env.RELEASE_CLOCKS.getByName(release.id).wakeAt(release.id, release.releaseAt);
    return false;
  }
  await store.publishUpload(env.CATALOG_0, ready, nowMs);
  return true;
}

/** The release's instant has come: everything of it that is ready goes out. Answers how many tracks that were. */
export async function publishRelease(env: IngestEnv, releaseId: string): Promise<number> {
  const database = catalogDatabase(env.CATALOG_0);
  const uploadIds = await store.listReadyUploads(database, releaseId, PUBLISH_PAGE);
  let published = 0;
  for (const uploadId of uploadIds) if (await publishOrSchedule(env, uploadId)) published += 1;
  // One of the page that went another way meanwhile must not keep the rest back; a page of which none went out says
  // that the instant has not come, or that somebody else is at it.
  if (uploadIds.length === PUBLISH_PAGE && published > 0) {
    const message: IngestMessage = { kind: "release-due", releaseId };
    await env.INGEST_QUEUE.send(message);
  }
  return published;
}
