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

/** Enqueues so much work of an account; each piece is named by it. */
async function enqueueFor(queue: Queue, accountId: string, count: number, isNewRelease = false): Promise<void> {
  for (let i = 0; i < count; i++) {
    const uploadId = `${accountId}${isNewRelease ? "-new" : ""}-${i}`;
    await queue.enqueue({ uploadId, masterSha256: `master of ${uploadId}`, accountId, isNewRelease });
  }
}

async function claimedInOrder(queue: Queue, count: number): Promise<string[]> {
  const order: string[] = [];
  for (let i = 0; i < count; i++) order.push((await claimed(queue)).uploadId);
  return order;
}

describe("whose work is next", () => {
  it("is that of each account in its turn, however much one of them has [ING-81]", async () => {
    const queue = emptyQueue();
    await enqueueFor(queue, "label", 50);
    await enqueueFor(queue, "ann", 2);
    await enqueueFor(queue, "bob", 1);
    expect(await claimedInOrder(queue, 6)).toEqual(["label-0", "ann-0", "bob-0", "label-1", "ann-1", "label-2"]);
  });

  it("is not that of whoever comes again and again: an account joins at the end [ING-81]", async () => {
    const queue = emptyQueue();
    await enqueueFor(queue, "ann", 2);
    await enqueueFor(queue, "bob", 2);
    const [first = ""] = await claimedInOrder(queue, 1);
    await queue.finish(first);
    await queue.enqueue({ uploadId: "ann-again", masterSha256: "another", accountId: "ann" });
    expect(await claimedInOrder(queue, 4)).toEqual(["bob-0", "ann-1", "bob-1", "ann-again"]);
  });

  it("passes over an account whose work is all being worked on or rests [ING-81]", async () => {
    const queue = emptyQueue();
    await enqueueFor(queue, "ann", 1);
    await enqueueFor(queue, "bob", 3);
    const { leaseId } = await claimed(queue);
    expect(await claimedInOrder(queue, 2)).toEqual(["bob-0", "bob-1"]);
    await queue.fail(leaseId, "the disk is full");
    expect(await claimedInOrder(queue, 1)).toEqual(["bob-2"]);
    expect((await queue.claim(60)).claim).toBeNull();
    await makeDue(queue, "ann-0");
    expect(await claimedInOrder(queue, 1)).toEqual(["ann-0"]);
  });

  it("is a new release's before a back catalog's, but for each fourth claim [ING-80]", async () => {
    const queue = emptyQueue();
    await enqueueFor(queue, "label", 10);
    await enqueueFor(queue, "ann", 6, true);
    const order = await claimedInOrder(queue, 9);
    expect(order.map((name) => name.startsWith("ann"))).toEqual([
      ...[true, true, true, false],
      ...[true, true, true, false],
      false,
    ]);
  });

  it("is a new release's also within an account [ING-80]", async () => {
    const queue = emptyQueue();
    await enqueueFor(queue, "label", 3);
    await enqueueFor(queue, "label", 1, true);
    expect(await claimedInOrder(queue, 2)).toEqual(["label-new-0", "label-0"]);
  });

  it("keeps no account in the circle that has nothing left [ING-81]", async () => {
    const queue = emptyQueue();
    await enqueueFor(queue, "ann", 1);
    await enqueueFor(queue, "bob", 2);
    await queue.finish((await claimed(queue)).uploadId);
    await claimed(queue);
    const left = await runInDurableObject(queue, (_object, { storage }) =>
      storage.sql.exec<{ account_id: string }>("SELECT account_id FROM turns").toArray(),
    );
    expect(left.map(({ account_id }) => account_id)).toEqual(["bob"]);
  });

  it("is known to an object from before there were turns [ING-81]", async () => {
    const queue = emptyQueue();
    await enqueue(queue, "old");
    await runInDurableObject(queue, (_object, { storage }) => {
      storage.sql.exec("DROP TABLE turns; DROP INDEX work_by_account");
      storage.sql.exec("ALTER TABLE work DROP COLUMN account_id; ALTER TABLE work DROP COLUMN is_new");
    });
    await evictDurableObject(queue);
    await enqueueFor(queue, "ann", 1);
    expect(await claimedInOrder(queue, 2)).toEqual(["old", "ann-0"]);
  });
});
