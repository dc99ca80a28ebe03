import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import type { TranscodeClaim } from "./transcode-queue-object.ts";

const bindings = env as unknown as RealtimeEnv;

function emptyQueue() {
  return bindings.TRANSCODE_QUEUE.getByName(crypto.randomUUID());
}

type Queue = ReturnType<typeof emptyQueue>;

async function enqueue(queue: Queue, ...names: readonly string[]): Promise<void> {
  for (const name of names) await queue.enqueue({ uploadId: name, masterSha256: `master of ${name}` });
}

async function claimed(queue: Queue): Promise<TranscodeClaim> {
  const { claim } = await queue.claim(60);
  if (claim === null) throw new Error("there is no work");
  return claim;
}

async function makeDue(queue: Queue, uploadId: string, dueAt = Date.now()): Promise<void> {
  await runInDurableObject(queue, (_object, { storage }) =>
    storage.sql.exec("UPDATE work SET due_at = ? WHERE upload_id = ?", dueAt, uploadId),
  );
}

describe("the transcode queue", () => {
  it("gives what has waited longest first, each to one job [ING-50]", async () => {
    const queue = emptyQueue();
    await enqueue(queue, "a", "b", "c");
    await makeDue(queue, "b", Date.now() - 1_000);
    const claims = await Promise.all([1, 2, 3, 4].map(() => queue.claim(60)));
    const uploadIds = claims.map(({ claim }) => claim?.uploadId ?? null);
    expect(uploadIds[0]).toBe("b");
    expect(uploadIds.sort()).toEqual(["a", "b", "c", null]);
  });

  it("knows its leases after it was evicted [ING-50]", async () => {
    const queue = emptyQueue();
    await enqueue(queue, "a");
    const { leaseId } = await claimed(queue);
    await evictDurableObject(queue);
    expect(await queue.leased(leaseId)).toEqual({ uploadId: "a", done: false });
    expect((await queue.claim(60)).claim).toBeNull();
  });

  it("takes an upload once, also when it is being worked on or is done [ING-41]", async () => {
    const queue = emptyQueue();
    await enqueue(queue, "a", "a");
    const { leaseId } = await claimed(queue);
    await enqueue(queue, "a");
    expect(await queue.leased(leaseId)).toEqual({ uploadId: "a", done: false });
    await queue.finish("a");
    await enqueue(queue, "a");
    expect((await queue.claim(60)).claim).toBeNull();
    expect(await queue.leased(leaseId)).toEqual({ uploadId: "a", done: true });
  });

  it("counts faults apart from claims: jobs that were killed do not use up the tries of a fault [ING-54]", async () => {
    const queue = emptyQueue();
    await enqueue(queue, "a");
    for (let i = 0; i < 10; i++) {
      await claimed(queue);
      await makeDue(queue, "a");
    }
    expect(await queue.fail((await claimed(queue)).leaseId, "a first fault")).toBe("retried");
  });

  it("lets go of what is done after a day [ING-53]", async () => {
    const queue = emptyQueue();
    await enqueue(queue, "a", "b");
    const { leaseId, uploadId } = await claimed(queue);
    await queue.finish(uploadId);
    await makeDue(queue, uploadId, Date.now() - DAY_MS - 1);
    await queue.finish((await claimed(queue)).uploadId);
    expect(await queue.leased(leaseId)).toBeNull();
  });
});
