import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { proxyDurable } from "itty-durable";
import { describe, expect, it } from "vitest";
import { QUOTA_BYTES_PER_DAY, type QuotaAnswer, type QuotaRequest } from "./upload-quota-object.ts";

const { UPLOAD_QUOTAS } = env as unknown as IngestEnv;

function reserve(name: string, request: QuotaRequest): Promise<QuotaAnswer> {
  return proxyDurable(UPLOAD_QUOTAS, { parse: true }).get(name).reserve(request);
}

describe("an account's quota", () => {
  it("remembers what the day reserved after it was evicted [ING-17]", async () => {
    const first = { day: "2026-11-23", reservation: "a", sizeBytes: QUOTA_BYTES_PER_DAY - 10 };
    expect(await reserve("quota-evicted", first)).toMatchObject({ granted: true, uploads: 1 });
    await evictDurableObject(UPLOAD_QUOTAS.get(UPLOAD_QUOTAS.idFromName("quota-evicted")));
    expect(await reserve("quota-evicted", first)).toMatchObject({ granted: true, uploads: 1 });
    expect(await reserve("quota-evicted", { ...first, reservation: "b", sizeBytes: 11 })).toMatchObject({
      granted: false,
      uploads: 1,
    });
  });

  it("begins anew with the next day, and never again with one that has passed [ING-17]", async () => {
    const yesterday = { day: "2026-11-22", reservation: "a", sizeBytes: QUOTA_BYTES_PER_DAY };
    expect((await reserve("quota-days", yesterday)).granted).toBe(true);
    expect(await reserve("quota-days", { ...yesterday, day: "2026-11-23", reservation: "b" })).toMatchObject({
      granted: true,
      uploads: 1,
    });
    expect((await reserve("quota-days", { ...yesterday, reservation: "c", sizeBytes: 1 })).granted).toBe(false);
  });
});
