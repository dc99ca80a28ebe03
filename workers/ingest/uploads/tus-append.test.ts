import {
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { sha256Hex } from "#domain/foundation/sha256.ts";
import { UPLOAD_LIFETIME_MS, type UploadObject } from "#durable-objects/ingest/upload-object.ts";
import worker from "#workers/ingest/index.ts";
import {
  announce,
  answered,
  append,
  askOffset,
  bindings,
  type Caller,
  call,
  newCaller,
  newRelease,
  noise,
  ORIGIN,
  readUpload,
  refused,
  tusHeaders,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { PART_BYTES } from "./tus-append.ts";
import { masterUploadKey, tailsPrefix } from "./upload-keys.ts";
import type { UploadTicket } from "./uploads-contract.ts";

const MIB = 1024 ** 2;
let artist: Caller;
let releaseId: string;
let tracks = 0;

beforeAll(async () => {
  artist = await newCaller("artist");
  releaseId = (await newRelease(artist)).id;
});

function announceBytes(bytes: Uint8Array<ArrayBuffer>, file = {}): Promise<UploadTicket> {
  tracks += 1;
  return announce(artist, { releaseId, bytes, track: { track_number: tracks }, file });
}

function objectOf(ticket: UploadTicket): DurableObjectStub<UploadObject> {
  return bindings.UPLOADS.getByName(ticket.upload.id);
}

async function offsetOf(ticket: UploadTicket): Promise<number> {
  const answer = await askOffset(ticket);
  expect(answer.status).toBe(200);
  return Number(answer.headers.get("upload-offset"));
}

async function keysOf(prefix: string): Promise<string[]> {
  const listed = await bindings.MASTERS.list({ prefix });
  return listed.objects.map((object) => object.key);
}

/** A body that errors after these chunks, as when a connection breaks. */
function cutAfter(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.error(new Error("the line was cut"));
      else controller.enqueue(next);
    },
  });
}

/** The Worker itself, not by the wire: so a body can break where the test wants it to. */
async function appendStream(ticket: UploadTicket, offset: number, body: ReadableStream): Promise<Response> {
  const ctx = createExecutionContext();
  const request = new Request(ORIGIN + ticket.upload_url, { method: "PATCH", headers: tusHeaders(offset), body });
  const response = await worker.fetch(request, bindings, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

describe("bytes", () => {
  it("arrive bit for bit in odd pieces, over cuts and a piece sent twice [ING-20] [ING-21]", async () => {
    const bytes = noise(21 * MIB + 12_345, 1);
    const ticket = await announceBytes(bytes);
    const pieces = [1, 4_095, 5 * MIB + 7, PART_BYTES, 3 * MIB + 1];
    let offset = 0;
    for (const size of pieces) {
      const piece = bytes.slice(offset, offset + size);
      const answer = await append(ticket, offset, piece);
      expect(answer.status).toBe(204);
      expect(answer.headers.get("upload-offset")).toBe(String(offset + size));
      await answer.body?.cancel();
      const replayed = await append(ticket, offset, piece);
      expect(replayed.headers.get("upload-offset")).toBe(String(offset + size));
      await refused(replayed, 409, "offset-mismatch");
      offset += size;
    }
    const chunks = [100_000, 777, 2 * MIB].map((size, index, sizes) => {
      const before = sizes.slice(0, index).reduce((sum, each) => sum + each, offset);
      return bytes.slice(before, before + size);
    });
    await appendStream(ticket, offset, cutAfter(chunks));
    const reached = await offsetOf(ticket);
    expect(reached).toBeGreaterThan(offset);
    await answered(append(ticket, reached, bytes.slice(reached)), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
    const stored = await bindings.MASTERS.get(masterUploadKey(ticket.upload.id));
    expect(await sha256Hex(Uint8Array.from(new Uint8Array((await stored?.arrayBuffer()) ?? new ArrayBuffer())))).toBe(
      ticket.upload.file.sha256,
    );
  });

  it("of 100 MiB arrive bit for bit in chunks of 5 MiB, over three cuts and a chunk sent twice [ING-20]", {
    timeout: 120_000,
  }, async () => {
    const chunkBytes = 5 * MIB;
    const bytes = noise(100 * MIB, 17);
    const ticket = await announceBytes(bytes);
    let offset = 0;
    for (let request = 1; offset < bytes.byteLength; request++) {
      const chunk = bytes.subarray(offset, offset + chunkBytes);
      if ([3, 10, 18].includes(request)) await appendStream(ticket, offset, cutAfter([chunk.slice(0, 3 * MIB + 1)]));
      else await answered(append(ticket, offset, chunk), 204);
      if (request === 6) await refused(append(ticket, offset, chunk), 409, "offset-mismatch");
      offset = await offsetOf(ticket);
    }
    // Ingest has compared the SHA-256 of what is stored with the announced one.
    await untilState(artist, ticket.upload.id, "UPLOADED");
    expect((await bindings.MASTERS.head(masterUploadKey(ticket.upload.id)))?.size).toBe(bytes.byteLength);
  });

  it("keep everything that came before a cut [ING-21]", async () => {
    const bytes = noise(PART_BYTES + 500_000, 2);
    const ticket = await announceBytes(bytes);
    const chunks = [bytes.slice(0, PART_BYTES - 10), bytes.slice(PART_BYTES - 10, PART_BYTES + 333)];
    await appendStream(ticket, 0, cutAfter(chunks));
    expect(await offsetOf(ticket)).toBe(PART_BYTES + 333);
  });

  it("fill exactly one part, and exactly two [ING-20]", async () => {
    for (const parts of [1, 2]) {
      const bytes = noise(parts * PART_BYTES, 2 + parts);
      const ticket = await announceBytes(bytes);
      await answered(append(ticket, 0, bytes), 204);
      await untilState(artist, ticket.upload.id, "UPLOADED");
    }
  });

  it("leave no tails behind [ING-26]", async () => {
    const bytes = noise(70_000, 5);
    const ticket = await announceBytes(bytes);
    for (let at = 0; at < 60_000; at += 20_000) {
      await answered(append(ticket, at, bytes.slice(at, at + 20_000)), 204);
      expect(await keysOf(tailsPrefix(ticket.upload.id))).toHaveLength(1);
    }
    await answered(append(ticket, 60_000, bytes.slice(60_000)), 204);
    await vi.waitFor(async () => expect(await keysOf(tailsPrefix(ticket.upload.id))).toEqual([]));
  });

  it("are refused beyond the announced size, and those before stay [ING-22]", async () => {
    const bytes = noise(10_000, 6);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes.slice(0, 9_000)), 204);
    await refused(append(ticket, 9_000, bytes.slice(0, 1_001)), 413, "too-large");
    expect(await offsetOf(ticket)).toBe(9_000);
    await answered(append(ticket, 9_000, bytes.slice(9_000)), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
    await refused(append(ticket, 10_000, bytes.slice(0, 1)), 413, "too-large");
  });

  it("change nothing where none come [ING-23]", async () => {
    const bytes = noise(5_000, 7);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes.slice(0, 100)), 204);
    await answered(append(ticket, 100, new Uint8Array()), 204);
    expect(await offsetOf(ticket)).toBe(100);
    await answered(append(ticket, 100, bytes.slice(100)), 204);
    await answered(append(ticket, 5_000, new Uint8Array()), 204);
  });
});

describe("two writers", () => {
  it("take turns: the second is told 423 while the first sends [ING-24]", async () => {
    const bytes = noise(300_000, 8);
    const ticket = await announceBytes(bytes);
    const gate = Promise.withResolvers<void>();
    const slow = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await gate.promise;
        controller.enqueue(bytes);
        controller.close();
      },
    });
    const first = appendStream(ticket, 0, slow);
    await vi.waitFor(async () => refused(append(ticket, 0, bytes), 423, "locked"));
    gate.resolve();
    expect((await first).status).toBe(204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
  });

  it("do not wait for one that died: its lock ends by itself [ING-25]", async () => {
    const bytes = noise(1_000, 9);
    const ticket = await announceBytes(bytes);
    const dead = await objectOf(ticket).beginWrite(0);
    expect(dead.kind).toBe("granted");
    await refused(append(ticket, 0, bytes), 423, "locked");
    await expireLock(ticket);
    await answered(append(ticket, 0, bytes), 204);
    if (dead.kind !== "granted") return;
    expect(await objectOf(ticket).recordWrite(dead.lock, { ...dead.progress, offsetBytes: 500 })).toBe(false);
    expect(await offsetOf(ticket)).toBe(1_000);
  });

  it("cannot spoil each other's bytes when one comes back after its lock has ended [ING-25]", async () => {
    const bytes = noise(40_000, 10);
    const ticket = await announceBytes(bytes);
    const gate = Promise.withResolvers<void>();
    const late = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await gate.promise;
        controller.enqueue(noise(30_000, 11));
        controller.close();
      },
    });
    const first = appendStream(ticket, 0, late);
    await vi.waitFor(async () => refused(append(ticket, 0, bytes), 423, "locked"));
    await expireLock(ticket);
    await answered(append(ticket, 0, bytes.slice(0, 25_000)), 204);
    gate.resolve();
    expect((await first).status).toBe(423);
    expect(await offsetOf(ticket)).toBe(25_000);
    expect(await keysOf(tailsPrefix(ticket.upload.id))).toHaveLength(1);
    await answered(append(ticket, 25_000, bytes.slice(25_000)), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
  });
});

async function expireLock(ticket: UploadTicket): Promise<void> {
  await runInDurableObject(objectOf(ticket), (_object, { storage }) => {
    const held = storage.kv.get<{ id: string; expiresAt: number }>("lock");
    storage.kv.put("lock", { ...held, expiresAt: Date.now() });
  });
}

describe("the protocol", () => {
  it("is tus 1.0.0, with the end of the upload's time [ING-27]", async () => {
    const ticket = await announceBytes(noise(100, 12));
    const answer = await askOffset(ticket);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "tus-resumable": "1.0.0",
      "upload-offset": "0",
      "upload-length": "100",
      "cache-control": "no-store",
    });
    const expires = Date.parse(answer.headers.get("upload-expires") ?? "");
    expect(Math.abs(expires - Date.now() - UPLOAD_LIFETIME_MS)).toBeLessThan(60_000);
    const wrong = await append(ticket, 7, noise(10, 12));
    expect(wrong.headers.get("tus-resumable")).toBe("1.0.0");
    expect(wrong.headers.get("upload-offset")).toBe("0");
    await refused(wrong, 409, "offset-mismatch");
  });

  it("says what it speaks to anyone who asks [ING-27]", async () => {
    const answer = await call("OPTIONS", `/v1/ingest/files/${"0".repeat(22)}`);
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "tus-version": "1.0.0",
      "tus-extension": "creation,creation-with-upload,expiration,checksum,termination",
      "tus-max-size": String(2 * 1024 ** 3),
    });
  });

  it.each([
    [{ "tus-resumable": "0.2.2" }, 412, "unsupported-version"],
    [{ "content-type": "application/octet-stream" }, 415, "unsupported-media-type"],
    [{ "upload-offset": "-1" }, 400, "bad-request"],
    [{ "upload-offset": "" }, 400, "bad-request"],
  ])("refuses %o [ING-27]", async (headers, status, type) => {
    const ticket = await announceBytes(noise(100, 13));
    const bytes = noise(100, 13);
    await refused(call("PATCH", ticket.upload_url, { bytes, headers: { ...tusHeaders(0), ...headers } }), status, type);
    expect(await offsetOf(ticket)).toBe(0);
  });
});

describe("the end of an upload's time", () => {
  async function endTime(ticket: UploadTicket): Promise<void> {
    await runInDurableObject(objectOf(ticket), (_object, { storage }) => {
      const progress = storage.kv.get<object>("progress");
      storage.kv.put("progress", { ...progress, expiresAt: Date.now() - 1 });
    });
    expect(await runDurableObjectAlarm(objectOf(ticket))).toBe(true);
  }

  it("rejects it as abandoned and clears its bytes away [ING-28]", async () => {
    const bytes = noise(PART_BYTES + 10_000, 14);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes.slice(0, PART_BYTES + 5_000)), 204);
    const multipartId = (await objectOf(ticket).progress())?.multipartId ?? "";
    await endTime(ticket);
    const { reason } = await untilState(artist, ticket.upload.id, "REJECTED");
    expect(reason?.code).toBe("abandoned");
    await vi.waitFor(async () => expect((await objectOf(ticket).progress())?.phase).toBe("settled"));
    expect(await keysOf(tailsPrefix(ticket.upload.id))).toEqual([]);
    const multipart = bindings.MASTERS.resumeMultipartUpload(masterUploadKey(ticket.upload.id), multipartId);
    await expect(multipart.uploadPart(1, bytes)).rejects.toThrow("10024");
    expect((await askOffset(ticket)).status).toBe(404);
    await refused(append(ticket, PART_BYTES + 5_000, bytes.slice(PART_BYTES + 5_000)), 404, "not-found");
  });

  it("does not come early, nor while a writer sends [ING-28]", async () => {
    const ticket = await announceBytes(noise(1_000, 15));
    await runDurableObjectAlarm(objectOf(ticket));
    expect((await objectOf(ticket).progress())?.phase).toBe("open");
    await objectOf(ticket).beginWrite(0);
    await endTime(ticket);
    expect((await objectOf(ticket).progress())?.phase).toBe("open");
    await expireLock(ticket);
    expect(await runDurableObjectAlarm(objectOf(ticket))).toBe(true);
    await untilState(artist, ticket.upload.id, "REJECTED");
  });

  it("leaves nothing in the object a day after all is settled [ING-29]", async () => {
    const bytes = noise(1_000, 16);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes), 204);
    await vi.waitFor(async () => expect((await objectOf(ticket).progress())?.phase).toBe("settled"));
    expect(await offsetOf(ticket)).toBe(1_000);
    expect(await runDurableObjectAlarm(objectOf(ticket))).toBe(true);
    const left = await runInDurableObject(objectOf(ticket), (_object, { storage }) => storage.list());
    expect([...left.keys()]).toEqual([]);
    expect((await readUpload(artist, ticket.upload.id)).state).toBe("UPLOADED");
    expect((await askOffset(ticket)).status).toBe(404);
  });
});
