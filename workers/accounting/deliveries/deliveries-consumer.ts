/**
 * Takes reports of what the edge has sent: archive, add to the hour's sums, acknowledge. A report that comes twice
 * overwrites its own object and is in the sums once.
 */
import type { DeliveryReport } from "#domain/delivery/delivery-report.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import { retryDelaySeconds } from "#workers/shared/queues/retry-delay.ts";
import { addToHours } from "./deliveries-store.ts";
import { deliveryReportSchema } from "./delivery-report-schema.ts";

const WORKER = "accounting";
const RETRY_DELAY_SECONDS_MAX = 3_600;
const HOUR_LENGTH = "2026-11-23T20".length;

export async function consumeDeliveries(env: AccountingEnv, batch: MessageBatch): Promise<void> {
  await Promise.all(batch.messages.map((message) => consume(env, message)));
}

async function consume(env: AccountingEnv, message: Message): Promise<void> {
  try {
    const parsed = deliveryReportSchema.safeParse(message.body);
    if (parsed.success) {
      await archiveReport(env.ARCHIVE, parsed.data);
      await addToHours(env.LEDGER, parsed.data, Date.now());
    } else {
      // Retries cannot mend it, and a dead-letter queue forgets after some days.
      await env.ARCHIVE.put(`poison/deliveries/${message.id}.json`, JSON.stringify(message.body) ?? "null");
      logEvent(WORKER, "poison-message", { messageId: message.id, queue: "deliveries" }, "error");
    }
    message.ack();
  } catch (error) {
    logFailure(WORKER, message.id, error);
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts, RETRY_DELAY_SECONDS_MAX) });
  }
}

/** One line a playback and rendition: what was sent for a play, to be laid beside what was reported of it. */
async function archiveReport(archive: R2Bucket, { id, fromMs, toMs, deliveries }: DeliveryReport): Promise<void> {
  const lines = deliveries.map((delivery) => JSON.stringify({ report: id, fromMs, toMs, ...delivery }));
  const [day = "", hour = ""] = new Date(toMs).toISOString().slice(0, HOUR_LENGTH).split("T");
  await archive.put(`deliveries/${day}/${hour}/${id}.ndjson`, `${lines.join("\n")}\n`, {
    httpMetadata: { contentType: "application/x-ndjson" },
  });
}
