import { runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { renditionKey } from "#domain/delivery/audio-token.ts";
import { sha256Hex } from "#domain/foundation/sha256.ts";
import { REJECT_REASONS } from "#domain/ingest/upload-states.ts";
import { FAULT_PAUSES_MS, TRANSCODE_CLAIMS_MAX } from "#durable-objects/ingest/transcode-queue-object.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  claim,
  claimUpload,
  complete,
  leasePath,
  newCaller,
  newRelease,
  noise,
  readUpload,
  refused,
  send,
  storeLadder,
  TECHNICAL,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { signUrl } from "#workers/ingest/uploads/upload-tokens.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { TRANSCODE_QUEUE_NAME } from "./transcodes-actions.ts";
import type { TranscodeLease } from "./transcodes-contract.ts";
import { saveTranscode } from "./transcodes-store.ts";

const NO_LEASE = "0".repeat(22);
let artist: Caller;
let job: Caller;
let releaseId: string;
let tracks = 0;

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
  releaseId = (await newRelease(artist)).id;
});

const queue = () => bindings.TRANSCODE_QUEUE.getByName(TRANSCODE_QUEUE_NAME);

/** Each test finds the queue empty. */
beforeEach(async () => {
  await runInDurableObject(queue(), (_object, { storage }) => storage.sql.exec("DELETE FROM work"));
});

async function uploaded(bytes?: Uint8Array<ArrayBuffer>): Promise<Upload> {
  tracks += 1;
  const track = { track_number: tracks };
  const upload = await send(artist, { releaseId, bytes: bytes ?? noise(1_500, 400 + tracks), track });
  return untilState(artist, upload.id, "UPLOADED");
}

function post(lease: TranscodeLease, step: string, body: unknown): Promise<Response> {
  return call("POST", leasePath(lease, step), { as: job, body });
}

const heartbeat = (lease: TranscodeLease, progress: number) => post(lease, "heartbeat", { progress });
const fail = (lease: TranscodeLease, code: string | null, detail = "it broke") =>
  post(lease, "fail", { reject_code: code, detail });

/** Makes what is due later due now: the end of a lease, or of a pause. */
async function passTime(uploadId: string): Promise<void> {
  await runInDurableObject(queue(), (_object, { storage }) =>
    storage.sql.exec("UPDATE work SET due_at = ? WHERE upload_id = ?", Date.now(), uploadId),
  );
}

async function restMs(uploadId: string): Promise<number> {
  const dueAt = await runInDurableObject(queue(), (_object, { storage }) =>
    storage.sql.exec<{ due_at: number }>("SELECT due_at FROM work WHERE upload_id = ?", uploadId).one(),
  );
  return dueAt.due_at - Date.now();
}

describe("a lease", () => {
  it("is for jobs alone [ING-2]", async () => {
    await refused(claim(artist), 403, "forbidden");
    await refused(call("POST", "/v1/ingest/transcodes/claim", { body: { worker: "w" } }), 401, "unauthenticated");
    await refused(call("POST", `/v1/ingest/transcodes/${NO_LEASE}/fail`, { as: artist, body: {} }), 403, "forbidden");
  });

  it("brings the master, and nobody else gets the work meanwhile [ING-50]", async () => {
    const bytes = noise(1_500, 399);
    const upload = await uploaded(bytes);
    const lease = await claimUpload(job, upload.id);
    expect(lease).toMatchObject({
      attempt: 1,
      master: { sha256: upload.file.sha256, size_bytes: 1_500, content_type: "audio/wav", file_name: "one.wav" },
    });
    expect((await claim(job)).status).toBe(204);
    const master = await call("GET", lease.master.url);
    expect(master.headers.get("content-length")).toBe("1500");
    expect(new Uint8Array(await master.arrayBuffer())).toEqual(bytes);
    expect((await readUpload(artist, upload.id)).state).toBe("TRANSCODING");
  });

  it("is held by heartbeats, which say how far the work is [ING-51]", async () => {
    const upload = await uploaded();
    const lease = await claimUpload(job, upload.id, 60);
    const { expires_at } = await answered<{ expires_at: string }>(heartbeat(lease, 0.25), 200);
    expect(Date.parse(expires_at)).toBeGreaterThanOrEqual(Date.parse(lease.expires_at));
    expect((await readUpload(artist, upload.id)).transcode_progress).toBe(0.25);
    await refused(heartbeat({ ...lease, id: NO_LEASE }, 0.5), 409, "lease-lost");
    await passTime(upload.id);
    await answered(heartbeat(lease, 0.5), 200);
    expect((await claim(job)).status).toBe(204);
  });

  it("that ran out goes to the next, and the first has lost it in every way [ING-52]", async () => {
    const upload = await uploaded();
    const stale = await claimUpload(job, upload.id);
    const renditions = await storeLadder(job, stale);
    await passTime(upload.id);
    const lease = await claimUpload(job, upload.id);
    expect(lease.attempt).toBe(2);
    expect(lease.id).not.toBe(stale.id);
    const offer = { profile: "flac", sha256: "0".repeat(64), size_bytes: 1 };
    for (const answer of [
      heartbeat(stale, 0.9),
      post(stale, "renditions", offer),
      complete(job, stale, renditions),
      fail(stale, "corrupt"),
      fail(stale, null),
    ]) {
      await refused(answer, 409, "lease-lost");
    }
    expect((await readUpload(artist, upload.id)).state).toBe("TRANSCODING");
    await answered(complete(job, lease, renditions), 204);
    expect((await readUpload(artist, upload.id)).state).toBe("PUBLISHED");
  });

  it("completes once, and again without effect [ING-53]", async () => {
    const upload = await uploaded();
    const lease = await claimUpload(job, upload.id);
    const renditions = await storeLadder(job, lease);
    await answered(complete(job, lease, renditions), 204);
    const published = await readUpload(artist, upload.id);
    await answered(complete(job, lease, renditions), 204);
    await answered(fail(lease, "corrupt"), 204);
    await refused(heartbeat(lease, 1), 409, "lease-lost");
    expect(await readUpload(artist, upload.id)).toEqual(published);
    expect((await claim(job)).status).toBe(204);
  });
});

describe("a fault of ours", () => {
  it("gives the work back, later each time, and gives it up at the last [ING-54]", async () => {
    const upload = await uploaded();
    for (const pauseMs of FAULT_PAUSES_MS) {
      await answered(fail(await claimUpload(job, upload.id), null), 204);
      expect((await readUpload(artist, upload.id)).state).toBe("TRANSCODING");
      expect((await claim(job)).status).toBe(204);
      const left = await restMs(upload.id);
      expect(left).toBeLessThanOrEqual(pauseMs);
      expect(left).toBeGreaterThan(pauseMs - 1_500);
      await passTime(upload.id);
    }
    await answered(fail(await claimUpload(job, upload.id), null, "the disk is full"), 204);
    const { state, reason } = await readUpload(artist, upload.id);
    expect(state).toBe("REJECTED");
    expect(reason).toEqual({
      code: "transcode-failed",
      message: REJECT_REASONS["transcode-failed"],
      detail: "the disk is full",
    });
    await passTime(upload.id);
    expect((await claim(job)).status).toBe(204);
  });

  it("that no job lives to tell ends too [ING-54]", async () => {
    const upload = await uploaded();
    for (let i = 0; i < TRANSCODE_CLAIMS_MAX; i++) {
      await claimUpload(job, upload.id);
      await passTime(upload.id);
    }
    expect((await claim(job)).status).toBe(204);
    expect((await readUpload(artist, upload.id)).reason?.code).toBe("transcode-failed");
  });

  it("is told to the artist also where ingest was cut off after the work was given up [ING-55]", async () => {
    const upload = await uploaded();
    const { id } = await claimUpload(job, upload.id);
    await runInDurableObject(queue(), (_object, { storage }) => storage.sql.exec("UPDATE work SET faults = 4"));
    expect(await queue().fail(id, "out of memory")).toBe("parked");
    expect((await readUpload(artist, upload.id)).state).toBe("TRANSCODING");
    expect((await claim(job)).status).toBe(204);
    expect((await readUpload(artist, upload.id)).reason).toMatchObject({
      code: "transcode-failed",
      detail: "out of memory",
    });
    expect(await queue().depth()).toEqual({ waiting: 0, parked: 0 });
  });
});

describe("a fault of the file", () => {
  it("rejects the upload with its code and detail [ING-56]", async () => {
    const upload = await uploaded();
    await answered(fail(await claimUpload(job, upload.id), "not-audio", "It is a PDF."), 204);
    const { state, reason, transcode_progress } = await readUpload(artist, upload.id);
    expect({ state, reason, transcode_progress }).toEqual({
      state: "REJECTED",
      reason: { code: "not-audio", message: REJECT_REASONS["not-audio"], detail: "It is a PDF." },
      transcode_progress: null,
    });
    expect((await claim(job)).status).toBe(204);
  });

  it("cannot reject what is READY: that goes on instead [ING-56]", async () => {
    const upload = await uploaded();
    const lease = await claimUpload(job, upload.id);
    const renditions = await storeLadder(job, lease);
    await saveTranscode(catalogDatabase(bindings.CATALOG_0), upload.file.sha256, TECHNICAL, renditions);
    await bindings.CATALOG_0.prepare("UPDATE uploads SET state = 'READY' WHERE id = ?").bind(upload.id).run();
    await answered(fail(lease, "corrupt"), 204);
    expect((await readUpload(artist, upload.id)).state).toBe("PUBLISHED");
  });

  it("has a code that we know [ING-56]", async () => {
    const upload = await uploaded();
    const lease = await claimUpload(job, upload.id);
    for (const code of ["bad-taste", "toString", "__proto__"]) await refused(fail(lease, code), 422, "unprocessable");
    expect((await readUpload(artist, upload.id)).state).toBe("TRANSCODING");
  });
});

describe("work that a crash left half done", () => {
  it("is made good by the next claim: renditions saved, state not moved [ING-55]", async () => {
    const upload = await uploaded();
    const lease = await claimUpload(job, upload.id);
    const renditions = await storeLadder(job, lease);
    await saveTranscode(catalogDatabase(bindings.CATALOG_0), upload.file.sha256, TECHNICAL, renditions);
    await passTime(upload.id);
    expect((await claim(job)).status).toBe(204);
    expect((await readUpload(artist, upload.id)).state).toBe("PUBLISHED");
  });

  it("is made good by the next claim: READY, not published [ING-55]", async () => {
    const upload = await uploaded();
    const lease = await claimUpload(job, upload.id);
    const renditions = await storeLadder(job, lease);
    await saveTranscode(catalogDatabase(bindings.CATALOG_0), upload.file.sha256, TECHNICAL, renditions);
    await bindings.CATALOG_0.prepare("UPDATE uploads SET state = 'READY' WHERE id = ?").bind(upload.id).run();
    await passTime(upload.id);
    expect((await claim(job)).status).toBe(204);
    expect((await readUpload(artist, upload.id)).state).toBe("PUBLISHED");
  });
});

describe("uploads of the same bytes", () => {
  it("are transcoded once, one after the other [ING-44]", async () => {
    const bytes = noise(1_700, 398);
    const [first, second] = [await uploaded(bytes), await uploaded(bytes)];
    const lease = await claimUpload(job, first.id);
    expect((await claim(job)).status).toBe(204);
    await answered(complete(job, lease, await storeLadder(job, lease)), 204);
    for (const { id } of [first, second]) expect((await readUpload(artist, id)).state).toBe("PUBLISHED");
    expect((await claim(job)).status).toBe(204);
  });

  it("are each tried where the first one's work is given back [ING-44]", async () => {
    const bytes = noise(1_800, 397);
    const [first, second] = [await uploaded(bytes), await uploaded(bytes)];
    await answered(fail(await claimUpload(job, first.id), null), 204);
    await transcode(job, second.id);
    await untilState(artist, first.id, "PUBLISHED");
  });
});

describe("renditions", () => {
  async function offered(bytes: Uint8Array<ArrayBuffer>, sizeBytes = bytes.byteLength) {
    const lease = await claimUpload(job, (await uploaded()).id);
    const sha256 = await sha256Hex(bytes);
    const { upload_url: url } = await answered<{ upload_url: string | null }>(
      post(lease, "renditions", { profile: "flac", sha256, size_bytes: sizeBytes }),
      200,
    );
    return { lease, url: url ?? "", key: renditionKey({ sha256, extension: "flac" }), sha256 };
  }

  it("are stored under the hash of their bytes, once [ING-57]", async () => {
    const bytes = noise(40_000, 390);
    const { lease, url, key, sha256 } = await offered(bytes);
    await answered(call("PUT", url, { bytes }), 201);
    await answered(call("PUT", url, { bytes }), 201);
    expect((await bindings.RENDITIONS.head(key))?.httpMetadata?.contentType).toBe("audio/flac");
    const again = { profile: "flac", sha256, size_bytes: 40_000 };
    expect(await answered(post(lease, "renditions", again), 200)).toEqual({ upload_url: null });
  });

  it.each([
    ["other bytes of the same length", noise(40_000, 1)],
    ["too few", noise(39_999, 391)],
    ["too many", noise(40_001, 391)],
    ["none", new Uint8Array()],
  ])("are refused where the bytes are not those that were offered: %s [ING-57]", async (_what, wrong) => {
    const bytes = noise(40_000, 391);
    const { url, key } = await offered(bytes);
    await refused(call("PUT", url, { bytes: wrong }), 422, "unprocessable");
    // Without a declared length, it is what comes that counts.
    await refused(call("PUT", url, { bytes: new Blob([wrong]).stream() }), 422, "unprocessable");
    expect(await bindings.RENDITIONS.head(key)).toBeNull();
  });

  it("are refused with a URL for another name, another use, or after its hour [ING-3]", async () => {
    const bytes = noise(500, 392);
    const { url } = await offered(bytes);
    const [path = "", token = ""] = url.split("?token=");
    const otherName = path.replace(/[0-9a-f]{64}/, "a".repeat(64));
    const otherUse = await signUrl(bindings, "master", path, { objectKey: "u/x" });
    for (const bad of [`${otherName}?token=${token}`, otherUse.url]) {
      await refused(call("PUT", bad, { bytes }), 403, "token-invalid");
    }
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_700_000 });
    try {
      await refused(call("PUT", url, { bytes }), 403, "token-expired");
    } finally {
      vi.useRealTimers();
    }
  });

  it("of a rung that the ladder has not are refused [ING-57]", async () => {
    const lease = await claimUpload(job, (await uploaded()).id);
    const offer = { profile: "wax-cylinder", sha256: "0".repeat(64), size_bytes: 1 };
    await refused(post(lease, "renditions", offer), 422, "unprocessable");
  });

  it("must all be there, with the size that is reported, for the work to be complete [ING-58]", async () => {
    const upload = await uploaded();
    const lease = await claimUpload(job, upload.id);
    const renditions = await storeLadder(job, lease);
    const first = renditions.find(({ profile }) => profile === "vorbis-96");
    if (first === undefined) throw new Error("the ladder has rungs");
    const rest = renditions.filter((report) => report !== first);
    for (const wrong of [
      rest,
      [...rest, { ...first, profile: "vorbis-160" }],
      [...rest, { ...first, size_bytes: first.size_bytes + 1 }],
      [...rest, { ...first, sha256: "0".repeat(64) }],
      [...renditions, { ...first, profile: "wax-cylinder" }],
    ]) {
      await refused(complete(job, lease, wrong), 422, "unprocessable");
    }
    expect((await readUpload(artist, upload.id)).state).toBe("TRANSCODING");
    await answered(complete(job, lease, renditions), 204);
  });
});

describe("a master's URL", () => {
  it("opens that master alone, and nothing without its token [ING-3]", async () => {
    const lease = await claimUpload(job, (await uploaded()).id);
    const [path = "", token = ""] = lease.master.url.split("?token=");
    const other = path.replace(/[0-9a-f]{64}/, "b".repeat(64));
    await refused(call("GET", `${other}?token=${token}`), 403, "token-invalid");
    await refused(call("GET", `${path}?token=${token}x`), 403, "token-invalid");
    await refused(call("GET", path, { as: job }), 400, "bad-request");
  });
});
