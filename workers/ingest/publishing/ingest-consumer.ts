/**
 * The ingest queue. Messages come at least once and in any order: each handler looks at what is and does what is left
 * to do. A message that fails comes again; one that cannot be read goes to the dead-letter queue by failing each time.
 */
import * as z from "zod";
import { type IngestMessage, RECORDINGS_PER_MESSAGE_MAX } from "#domain/ingest/ingest-message.ts";
import { carryOutDeletions } from "#workers/ingest/deletion/deletion-actions.ts";
import { sweepObjects } from "#workers/ingest/deletion/object-sweep.ts";
import { replicateRendition } from "#workers/ingest/replication/replicate-rendition.ts";
import { carryOutTakedowns } from "#workers/ingest/takedowns/takedowns-actions.ts";
import { enqueueTranscode } from "#workers/ingest/transcodes/transcodes-actions.ts";
import { clearUpload, takeInMaster } from "#workers/ingest/uploads/master-intake.ts";
import * as uploads from "#workers/ingest/uploads/uploads-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import { retryDelaySeconds } from "#workers/shared/queues/retry-delay.ts";
import { publishOrSchedule, publishRelease } from "./publishing-actions.ts";

const RETRY_DELAY_SECONDS_MAX = 300;

const recordingIds = z.array(z.string()).max(RECORDINGS_PER_MESSAGE_MAX);
const messageSchema: z.ZodType<IngestMessage> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("upload-complete"), uploadId: z.string() }),
  z.object({ kind: z.literal("upload-abandoned"), uploadId: z.string() }),
  z.object({ kind: z.literal("release-due"), releaseId: z.string() }),
  z.object({ kind: z.literal("takedown-due"), recordingIds }),
  z.object({ kind: z.literal("recordings-deleted"), recordingIds }),
  z.object({ kind: z.literal("sweep-objects") }),
  z.object({ kind: z.literal("replicate-rendition"), key: z.string() }),
]);

/** Side by side, so that a release does not wait for a long file to be checked. */
export async function consumeIngestMessages(batch: MessageBatch, env: IngestEnv): Promise<void> {
  await Promise.all(batch.messages.map((message) => consume(env, message)));
}

async function consume(env: IngestEnv, message: Message): Promise<void> {
  try {
    await carryOut(env, messageSchema.parse(message.body));
    message.ack();
  } catch (error) {
    logFailure("ingest", `queue:${message.id}`, error);
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts, RETRY_DELAY_SECONDS_MAX) });
  }
}

async function carryOut(env: IngestEnv, message: IngestMessage): Promise<void> {
  switch (message.kind) {
    case "upload-complete":
      return receiveUpload(env, message.uploadId);
    case "upload-abandoned":
      return giveUpUpload(env, message.uploadId);
    case "replicate-rendition":
      return replicateRendition(env, message.key);
    case "recordings-deleted":
      return carryOutDeletions(env, message.recordingIds);
    case "sweep-objects":
      return sweepObjects(env);
    case "release-due": {
      const published = await publishRelease(env, message.releaseId);
      logEvent("ingest", "release-due", { releaseId: message.releaseId, published });
      return;
    }
    case "takedown-due":
      await carryOutTakedowns(env, message.recordingIds);
      logEvent("ingest", "takedown-due", { recordingIds: message.recordingIds });
  }
}

/** Checks the bytes against what was announced, then asks for a transcode. */
async function receiveUpload(env: IngestEnv, uploadId: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const announced = await uploads.findUpload(database, uploadId);
  if (announced?.upload.state === "PENDING") await takeInMaster(env, announced.upload);
  const found = await uploads.findUpload(database, uploadId);
  const upload = found?.upload ?? null;
  // Its bytes are not all here, whatever the message says: the upload's own clock goes on.
  if (upload?.state === "PENDING") return;
  if (upload?.state === "UPLOADED" || upload?.state === "TRANSCODING") await enqueueTranscode(env, upload);
  if (upload?.state === "READY") await publishOrSchedule(env, uploadId);
  logEvent("ingest", "upload-received", { uploadId, state: upload?.state ?? "unknown" });
  await clearUpload(env, uploadId);
}

/** Rejects an upload that was not finished in time. Its object has closed before it said so: no byte comes any more. */
async function giveUpUpload(env: IngestEnv, uploadId: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const progress = await env.UPLOADS.getByName(uploadId).progress();
  if (progress?.phase === "open") return;
  await uploads.rejectUpload(database, uploadId, ["PENDING"], { code: "abandoned", detail: "" });
  logEvent("ingest", "upload-abandoned", { uploadId });
  await clearUpload(env, uploadId);
}
