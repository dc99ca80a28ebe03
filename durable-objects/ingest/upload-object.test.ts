import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import { REMIND_MS, SETTLED_KEPT_MS, UPLOAD_LIFETIME_MS, type UploadObject } from "./upload-object.ts";
import { type UploadWrite, WRITE_LEASE_MS, WRITE_RENEW_MS } from "./upload-protocol.ts";

const bindings = env as unknown as RealtimeEnv;
const SIZE = 1_000;

type Stub = DurableObjectStub<UploadObject>;

async function opened(): Promise<Stub> {
  const id = crypto.randomUUID();
  const stub = bindings.UPLOADS.getByName(id);
  await stub.open(id, SIZE);
  return stub;
}

function writeTo(offsetBytes: number): UploadWrite {
  return { offsetBytes, multipartId: "m", parts: [{ partNumber: 1, etag: "e" }], tail: null };
}

async function granted(stub: Stub, offsetBytes: number): Promise<string> {
  const answer = await stub.beginWrite(offsetBytes);
  if (answer.kind !== "granted") throw new Error(answer.kind);
  return answer.lock;
}

/** How long until the alarm; what is sent to the queue is of no upload, and ingest settles it. */
async function alarmInMs(stub: Stub): Promise<number | null> {
  const at = await runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
  return at === null ? null : at - Date.now();
}

describe("an upload's object", () => {
  it("gives the pen to one at a time, where the bytes end, and keeps it over an eviction [ING-24]", async () => {
    const stub = await opened();
    expect(await stub.beginWrite(5)).toEqual({ kind: "offset-mismatch", offsetBytes: 0 });
    const lock = await granted(stub, 0);
    await evictDurableObject(stub);
    expect(await stub.beginWrite(0)).toEqual({ kind: "locked" });
    expect(await stub.recordWrite(lock, writeTo(10))).toBe(true);
    expect(await stub.recordWrite("another", writeTo(20))).toBe(false);
    await stub.endWrite("another");
    expect(await stub.beginWrite(10)).toEqual({ kind: "locked" });
    await stub.endWrite(lock);
    expect((await stub.beginWrite(10)).kind).toBe("granted");
    expect(await stub.recordWrite(lock, writeTo(30))).toBe(false);
  });

  it("lets a writer say twice within a lease that it lives [ING-25]", () => {
    expect(WRITE_RENEW_MS * 2).toBeLessThan(WRITE_LEASE_MS);
  });

  it("ends its time before R2 drops the multipart upload [ING-28]", async () => {
    const stub = await opened();
    expect(UPLOAD_LIFETIME_MS).toBeLessThanOrEqual(7 * DAY_MS);
    const left = (await alarmInMs(stub)) ?? 0;
    expect(left).toBeLessThanOrEqual(UPLOAD_LIFETIME_MS);
    await stub.open("again", 5);
    expect(await stub.progress()).toMatchObject({ sizeBytes: SIZE, offsetBytes: 0, phase: "open" });
  });

  it("is unknown until it is opened, and asking writes nothing [ING-1]", async () => {
    const stub = bindings.UPLOADS.getByName(crypto.randomUUID());
    expect(await stub.progress()).toBeNull();
    expect(await stub.beginWrite(0)).toEqual({ kind: "unknown" });
    expect(await stub.recordWrite("lock", writeTo(1))).toBe(false);
    await stub.settle();
    await stub.expire();
    const stored = await runInDurableObject(stub, (_object, { storage }) => storage.list());
    expect(stored.size).toBe(0);
  });

  it("says that it is whole until ingest has settled it, then sleeps a day and is gone [ING-29]", async () => {
    const stub = await opened();
    const lock = await granted(stub, 0);
    await runInDurableObject(stub, async (object: UploadObject, { storage }) => {
      await object.recordWrite(lock, writeTo(SIZE));
      await object.alarm();
      expect((await storage.getAlarm()) ?? 0).toBeGreaterThan(Date.now() + REMIND_MS - 5_000);
    });
    await stub.expire();
    expect((await stub.progress())?.phase).not.toBe("expired");
    await stub.settle();
    expect((await alarmInMs(stub)) ?? 0).toBeGreaterThan(SETTLED_KEPT_MS - 60_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await stub.progress()).toBeNull();
    expect(await alarmInMs(stub)).toBeNull();
  });

  it("takes no bytes once its time is over, not even from the writer that holds the pen [ING-28]", async () => {
    const stub = await opened();
    const lock = await granted(stub, 0);
    await stub.expire();
    expect(await stub.recordWrite(lock, writeTo(10))).toBe(false);
    expect(await stub.beginWrite(0)).toEqual({ kind: "unknown" });
  });
});
