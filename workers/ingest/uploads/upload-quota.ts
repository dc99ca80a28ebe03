/** The one place that speaks to the quota object, and the types that its library does not give. */
import { proxyDurable } from "itty-durable";
import type { QuotaAnswer, QuotaRequest } from "#durable-objects/ingest/upload-quota-object.ts";

interface QuotaStub {
  reserve(request: QuotaRequest): Promise<QuotaAnswer>;
}

export interface Reservation {
  /** Names the announcement: the same one reserves once. Of characters that a header can hold. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly nowMs: number;
}

export async function reserveUpload(
  env: IngestEnv,
  accountId: string,
  { name, sizeBytes, nowMs }: Reservation,
): Promise<QuotaAnswer> {
  const stub = proxyDurable(env.UPLOAD_QUOTAS, { parse: true }).get(`account:${accountId}`) as QuotaStub;
  const day = new Date(nowMs).toISOString().slice(0, 10);
  return stub.reserve({ day, reservation: name, sizeBytes });
}
