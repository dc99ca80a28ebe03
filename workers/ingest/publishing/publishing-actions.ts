/** From READY to PUBLISHED: rights first, then everything else, at the release's instant and not before. */
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import { moveUpload } from "#workers/ingest/uploads/uploads-store.ts";
import { type CatalogDatabase, catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";
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

/** What became of an upload by this call; `unchanged` where it waits, was not READY, or somebody else moved it. */
export type PublishOutcome = "published" | "rejected" | "unchanged";

/**
 * Publishes an upload that is READY, or sets the clock for it. The availability record is written either way: it holds
 * the instants of the deals itself, so the edge refuses until then and needs to be told nothing at the hour. What the
 * service has taken down elsewhere is rejected.
 */
export async function publishOrSchedule(env: IngestEnv, uploadId: string): Promise<PublishOutcome> {
  const database = catalogDatabase(env.CATALOG_0);
  const ready = await store.findToPublish(database, uploadId);
  if (ready === null || ready.upload.state !== "READY") return "unchanged";
  if (await rejectWithdrawn(database, uploadId)) return "rejected";
  const { upload, release } = ready;
  const nowMs = Date.now();
  // Of several files of a recording the newest that is ready counts, in whatever order they become ready.
  const superseded = await store.rejectSuperseded(env.CATALOG_0, upload.recordingId, nowMs);
  if (superseded.includes(uploadId)) return "rejected";
  await applyStandings(env, [upload.recordingId], (standings) => putRecords(env, standings));
  if (release.releaseAt > nowMs) {
    await env.RELEASE_CLOCKS.getByName(release.id).wakeAt(release.id, release.releaseAt);
    return "unchanged";
  }
  if (await store.publishUpload(env.CATALOG_0, ready, nowMs)) return "published";
  // A takedown of the same bytes may have come since they were looked for.
  return (await rejectWithdrawn(database, uploadId)) ? "rejected" : "unchanged";
}

async function rejectWithdrawn(database: CatalogDatabase, uploadId: string): Promise<boolean> {
  const isRejected = await store.rejectWithdrawn(database, uploadId);
  if (isRejected) logEvent("ingest", "upload-rejected", { uploadId, code: "withdrawn" });
  return isRejected;
}

/** The release's instant has come: everything of it that is ready goes out. Answers how many tracks that were. */
export async function publishRelease(env: IngestEnv, releaseId: string): Promise<number> {
  const database = catalogDatabase(env.CATALOG_0);
  const uploadIds = await store.listReadyUploads(database, releaseId, PUBLISH_PAGE);
  const outcomes: PublishOutcome[] = [];
  for (const uploadId of uploadIds) outcomes.push(await publishOrSchedule(env, uploadId));
  // One of the page that went another way meanwhile must not keep the rest back; a page of which none moved says that
  // the instant has not come, or that somebody else is at it.
  if (uploadIds.length === PUBLISH_PAGE && outcomes.some((outcome) => outcome !== "unchanged")) {
    const message: IngestMessage = { kind: "release-due", releaseId };
    await env.INGEST_QUEUE.send(message);
  }
  return outcomes.filter((outcome) => outcome === "published").length;
}
