import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  announce,
  answered,
  append,
  askOffset,
  bindings,
  type Caller,
  call,
  claimUpload,
  newCaller,
  newRelease,
  noise,
  readUpload,
  refused,
  tusHeaders,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { PART_BYTES } from "./tus-append.ts";
import { masterUploadKey, tailsPrefix } from "./upload-keys.ts";
import type { UploadTicket } from "./uploads-contract.ts";

let artist: Caller;
let job: Caller;
let releaseId: string;
let tracks = 0;

beforeAll(async () => {
  [artist, job] = await Promise.all([newCaller("artist"), newCaller("job")]);
  releaseId = (await newRelease(artist)).id;
});

function announceBytes(bytes: Uint8Array<ArrayBuffer>): Promise<UploadTicket> {
  tracks += 1;
  return announce(artist, { releaseId, bytes, track: { track_number: tracks } });
}

async function offsetOf(ticket: UploadTicket): Promise<number> {
  const answer = await askOffset(ticket);
  return answer.status === 200 ? Number(answer.headers.get("upload-offset")) : -1;
}

function create(ticket: UploadTicket, headers: Record<string, string>, bytes?: BodyInit): Promise<Response> {
  return call("POST", ticket.upload_url, {
    headers: { "tus-resumable": "1.0.0", ...headers },
    ...(bytes === undefined ? {} : { bytes }),
  });
}

async function checksumOf(bytes: Uint8Array<ArrayBuffer>, algorithm: string): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest(algorithm, bytes))));
}

function appendSummed(ticket: UploadTicket, offset: number, bytes: BodyInit, checksum: string): Promise<Response> {
  return call("PATCH", ticket.upload_url, { bytes, headers: { ...tusHeaders(offset), "upload-checksum": checksum } });
}

describe("creation", () => {
  it("finds the announced upload, as often as it is asked for [ING-31]", async () => {
    const bytes = noise(10_000, 1);
    const ticket = await announceBytes(bytes);
    for (const arrived of [0, 4_000]) {
      const answer = await create(ticket, { "upload-length": "10000", "upload-metadata": "filename b25l" });
      expect(answer.status).toBe(201);
      expect(answer.headers.get("location")).toBe(ticket.upload_url);
      expect(answer.headers.get("upload-offset")).toBe(String(arrived));
      expect(answer.headers.get("upload-expires")).not.toBeNull();
      if (arrived === 0) await answered(append(ticket, 0, bytes.slice(0, 4_000)), 204);
    }
  });

  it("takes the bytes that come with it, and none where some are here [ING-31]", async () => {
    const bytes = noise(10_000, 2);
    const ticket = await announceBytes(bytes);
    const headers = { "upload-length": "10000", "content-type": "application/offset+octet-stream" };
    const begun = await create(ticket, headers, bytes.slice(0, 3_000));
    expect([begun.status, begun.headers.get("upload-offset")]).toEqual([201, "3000"]);
    const again = await create(ticket, headers, bytes);
    expect([again.status, again.headers.get("upload-offset")]).toEqual([201, "3000"]);
    await answered(append(ticket, 3_000, bytes.slice(3_000)), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
  });

  it.each([
    { "upload-length": "9999" },
    { "upload-defer-length": "1" },
    { "upload-length": "10000", "upload-concat": "partial" },
  ])("is of the announced length and in one piece: not %o [ING-31]", async (headers) => {
    const ticket = await announceBytes(noise(10_000, 3));
    await refused(create(ticket, headers), 400, "bad-request");
  });

  it("takes a PATCH that comes as a POST [ING-31]", async () => {
    const bytes = noise(500, 4);
    const ticket = await announceBytes(bytes);
    await answered(create(ticket, { ...tusHeaders(0), "x-http-method-override": "PATCH" }, bytes), 204);
    expect(await offsetOf(ticket)).toBe(500);
  });
});

describe("a checksum", () => {
  it.each([
    ["sha1", "SHA-1"],
    ["sha256", "SHA-256"],
    ["sha512", "SHA-512"],
  ])("in %s lets a chunk count as a whole or not at all, over parts and a tail [ING-32]", async (name, algorithm) => {
    const bytes = noise(2 * PART_BYTES + 7_000, 5);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes.slice(0, 5_000)), 204);
    const chunk = bytes.slice(5_000, PART_BYTES + 9_000);
    const sum = `${name} ${await checksumOf(chunk, algorithm)}`;
    const broken = chunk.slice();
    broken[PART_BYTES - 1] = (broken[PART_BYTES - 1] ?? 0) ^ 1;
    await refused(appendSummed(ticket, 5_000, broken, sum), 460, "checksum-mismatch");
    expect(await offsetOf(ticket)).toBe(5_000);
    await answered(appendSummed(ticket, 5_000, chunk, sum), 204);
    expect(await offsetOf(ticket)).toBe(PART_BYTES + 9_000);
    const rest = bytes.slice(PART_BYTES + 9_000);
    await answered(appendSummed(ticket, PART_BYTES + 9_000, rest, `${name} ${await checksumOf(rest, algorithm)}`), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
    await vi.waitFor(async () => {
      expect((await bindings.MASTERS.list({ prefix: tailsPrefix(ticket.upload.id) })).objects).toEqual([]);
    });
  });

  it("of a chunk that ends where a part does counts that part [ING-32]", async () => {
    const bytes = noise(PART_BYTES + 1, 6);
    const ticket = await announceBytes(bytes);
    const part = bytes.slice(0, PART_BYTES);
    await answered(appendSummed(ticket, 0, part, `sha1 ${await checksumOf(part, "SHA-1")}`), 204);
    expect(await offsetOf(ticket)).toBe(PART_BYTES);
    await answered(append(ticket, PART_BYTES, bytes.slice(PART_BYTES)), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
  });

  it("of another algorithm or form is refused [ING-32]", async () => {
    const ticket = await announceBytes(noise(100, 7));
    for (const checksum of ["crc32 AAAA", "sha1", "sha1 !!"]) {
      await refused(appendSummed(ticket, 0, noise(100, 7), checksum), 400, "bad-request");
    }
    const spoken = await call("OPTIONS", ticket.upload_url);
    expect(spoken.headers.get("tus-checksum-algorithm")).toBe("sha1,sha256,sha512");
  });
});

describe("termination", () => {
  it("rejects the upload as cancelled and clears its bytes away [ING-33]", async () => {
    const bytes = noise(PART_BYTES + 5_000, 8);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes.slice(0, PART_BYTES + 100)), 204);
    const terminate = () => call("DELETE", ticket.upload_url, { headers: { "tus-resumable": "1.0.0" } });
    await answered(terminate(), 204);
    expect((await readUpload(artist, ticket.upload.id)).reason?.code).toBe("cancelled");
    await refused(terminate(), 404, "not-found");
    await refused(append(ticket, PART_BYTES + 100, bytes.slice(PART_BYTES + 100)), 404, "not-found");
    await vi.waitFor(async () => {
      expect((await bindings.UPLOADS.getByName(ticket.upload.id).progress())?.phase).toBe("settled");
      expect((await bindings.MASTERS.list({ prefix: tailsPrefix(ticket.upload.id) })).objects).toEqual([]);
    });
  });

  it("is refused once all bytes are here [ING-33]", async () => {
    const bytes = noise(100, 9);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes), 204);
    await refused(call("DELETE", ticket.upload_url, { headers: { "tus-resumable": "1.0.0" } }), 409, "conflict");
    await untilState(artist, ticket.upload.id, "UPLOADED");
  });
});

describe("a plain PUT", () => {
  it("brings the whole file, also over what was begun, and again without effect [ING-34]", async () => {
    const bytes = noise(PART_BYTES + 77, 10);
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes.slice(0, 1_000)), 204);
    await answered(call("PUT", ticket.upload_url, { bytes }), 204);
    await answered(call("PUT", ticket.upload_url, { bytes }), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
    expect((await bindings.MASTERS.head(masterUploadKey(ticket.upload.id)))?.size).toBe(bytes.byteLength);
  });

  it("of another length is refused, and what came of one that was cut can be resumed [ING-34]", async () => {
    const bytes = noise(50_000, 11);
    const ticket = await announceBytes(bytes);
    await refused(call("PUT", ticket.upload_url, { bytes: bytes.slice(1) }), 422, "unprocessable");
    expect(await offsetOf(ticket)).toBe(0);
    // Without a length of its own, as a script sends what it reads from a pipe.
    const cut = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.slice(0, 20_000));
        controller.close();
      },
    });
    await refused(call("PUT", ticket.upload_url, { bytes: cut }), 422, "unprocessable");
    expect(await offsetOf(ticket)).toBe(20_000);
    await answered(append(ticket, 20_000, bytes.slice(20_000)), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
  });

  it("waits its turn [ING-24]", async () => {
    const bytes = noise(100, 12);
    const ticket = await announceBytes(bytes);
    expect((await bindings.UPLOADS.getByName(ticket.upload.id).beginWrite(0)).kind).toBe("granted");
    await refused(call("PUT", ticket.upload_url, { bytes }), 423, "locked");
  });
});

describe("the first bytes", () => {
  const zip = () => {
    const bytes = noise(60_000, 13);
    bytes.set([0x50, 0x4b, 3, 4]);
    return bytes;
  };

  it("that are no music end the upload with the reason and what to do [ING-30]", async () => {
    const bytes = zip();
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes.slice(0, 1)), 204);
    const problem = await refused(append(ticket, 1, bytes.slice(1, 20_000)), 415, "unsupported-media-type");
    expect(problem.detail).toContain("Unpack it");
    expect(await offsetOf(ticket)).toBe(-1);
    expect((await readUpload(artist, ticket.upload.id)).reason).toMatchObject({ code: "archive" });
    const next = await announce(artist, { releaseId, bytes: noise(500, 14), track: { track_number: tracks } });
    expect(next.upload.track_id).toBe(ticket.upload.track_id);
  });

  it("are looked at however they come: in a PUT, with the creation, under a checksum [ING-30]", async () => {
    const bytes = zip();
    const tus = { "content-type": "application/offset+octet-stream", "upload-length": String(bytes.byteLength) };
    const sum = `sha1 ${await checksumOf(bytes, "SHA-1")}`;
    const ways = [
      (ticket: UploadTicket) => call("PUT", ticket.upload_url, { bytes }),
      (ticket: UploadTicket) => create(ticket, tus, bytes),
      (ticket: UploadTicket) => appendSummed(ticket, 0, bytes, sum),
    ];
    for (const way of ways) {
      const ticket = await announceBytes(bytes);
      await refused(way(ticket), 415, "unsupported-media-type");
      expect((await readUpload(artist, ticket.upload.id)).state).toBe("REJECTED");
    }
  });

  it("end it also where a crash kept the object open [ING-30]", async () => {
    const bytes = zip();
    const ticket = await announceBytes(bytes);
    await refused(append(ticket, 0, bytes), 415, "unsupported-media-type");
    await runInDurableObject(bindings.UPLOADS.getByName(ticket.upload.id), (_object, { storage }) => {
      const progress = storage.kv.get<object>("progress");
      storage.kv.put("progress", { ...progress, phase: "open" });
    });
    await refused(append(ticket, 0, bytes), 415, "unsupported-media-type");
    expect((await readUpload(artist, ticket.upload.id)).reason?.code).toBe("archive");
  });

  it("say what type a master is, whatever its name and announced type were [ING-30]", async () => {
    const bytes = noise(9_000, 15);
    bytes.set(new TextEncoder().encode("fLaC"));
    const ticket = await announceBytes(bytes);
    await answered(append(ticket, 0, bytes), 204);
    await untilState(artist, ticket.upload.id, "UPLOADED");
    expect((await claimUpload(job, ticket.upload.id)).master.content_type).toBe("audio/flac");
  });
});
