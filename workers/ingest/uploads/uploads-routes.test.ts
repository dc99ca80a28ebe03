import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { QUOTA_BYTES_PER_DAY, QUOTA_UPLOADS_PER_DAY } from "#durable-objects/ingest/upload-quota-object.ts";
import {
  announce,
  answered,
  append,
  askOffset,
  bindings,
  type Caller,
  call,
  key,
  newArtist,
  newCaller,
  newRelease,
  noise,
  readUpload,
  refused,
  send,
  tusHeaders,
  untilState,
  uploadBodyOf,
} from "#workers/ingest/ingest-fixtures.ts";
import { reserveUpload } from "./upload-quota.ts";
import { signUrl } from "./upload-tokens.ts";
import type { Upload, UploadTicket } from "./uploads-contract.ts";

const BYTES = noise(5_000, 100);
const NOBODYS_ID = "0".repeat(22);
let artist: Caller;
let stranger: Caller;

beforeAll(async () => {
  artist = await newCaller("artist");
  stranger = await newCaller("artist");
});

async function newReleaseId(as: Caller = artist): Promise<string> {
  return (await newRelease(as)).id;
}

function post(body: object, name: string = crypto.randomUUID(), as: Caller = artist): Promise<Response> {
  return call("POST", "/v1/ingest/uploads", { as, body, headers: key(name) });
}

async function countUploads(releaseId: string): Promise<number> {
  const release = await answered<{ tracks: readonly unknown[] }>(
    call("GET", `/v1/ingest/releases/${releaseId}`, { as: artist }),
    200,
  );
  return release.tracks.length;
}

describe("announcing an upload", () => {
  it("makes one however often it is said [ING-10]", async () => {
    const releaseId = await newReleaseId();
    const body = await uploadBodyOf({ releaseId, bytes: BYTES });
    const first = await answered<UploadTicket>(post(body, "said-twice"), 201);
    expect(first.upload).toMatchObject({ state: "PENDING", release_id: releaseId, title: "One", reason: null });
    const again = await answered<UploadTicket>(post(body, "said-twice"), 201);
    expect(again.upload).toEqual(first.upload);
    await answered(append(first, 0, BYTES), 204);
    await untilState(artist, first.upload.id, "UPLOADED");
    const late = await answered<UploadTicket>(post(body, "said-twice"), 201);
    expect(late.upload).toMatchObject({ id: first.upload.id, state: "UPLOADED" });
    expect(await countUploads(releaseId)).toBe(1);
  });

  it("makes one where it is said many times at once [ING-10]", async () => {
    const releaseId = await newReleaseId();
    const body = await uploadBodyOf({ releaseId, bytes: BYTES });
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(body, "at-once")));
    const tickets = await Promise.all(answers.map((answer) => answered<UploadTicket>(answer, 201)));
    expect(new Set(tickets.map((ticket) => ticket.upload.id)).size).toBe(1);
    expect(await countUploads(releaseId)).toBe(1);
  });

  it("refuses a key that named another request, also where both come at once [ING-11]", async () => {
    const releaseId = await newReleaseId();
    const bodies = await Promise.all(
      [1, 2].map((track_number) => uploadBodyOf({ releaseId, bytes: BYTES, track: { track_number } })),
    );
    const answers = await Promise.all(bodies.map((body) => post(body, "two-bodies")));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 422]);
    const loser = answers.findIndex((answer) => answer.status === 422);
    const refusedAnswer = answers[loser];
    if (refusedAnswer !== undefined) await refused(refusedAnswer, 422, "idempotency-key-reused");
    await refused(post(bodies[loser] ?? {}, "two-bodies"), 422, "idempotency-key-reused");
    expect(await countUploads(releaseId)).toBe(1);
  });

  it("keeps the keys of two accounts apart [ING-11]", async () => {
    const mine = await uploadBodyOf({ releaseId: await newReleaseId(), bytes: BYTES });
    const theirs = await uploadBodyOf({ releaseId: await newReleaseId(stranger), bytes: BYTES });
    const { upload } = await answered<UploadTicket>(post(mine, "shared-key"), 201);
    const other = await answered<UploadTicket>(post(theirs, "shared-key", stranger), 201);
    expect(other.upload.id).not.toBe(upload.id);
  });

  it("needs a key [ING-10]", async () => {
    const body = await uploadBodyOf({ releaseId: await newReleaseId(), bytes: BYTES });
    await refused(call("POST", "/v1/ingest/uploads", { as: artist, body }), 400, "idempotency-key-missing");
  });

  it.each([
    [{ track: { isrc: "AA6Q7200004" } }, 422, "track.isrc"],
    [{ track: { track_number: 0 } }, 400, "track.track_number"],
    [{ track: { title: "  " } }, 400, "track.title"],
    [{ file: { size_bytes: 0 } }, 400, "file.size_bytes"],
    [{ file: { size_bytes: 2 * 1024 ** 3 + 1 } }, 400, "file.size_bytes"],
    [{ file: { sha256: "ABC" } }, 400, "file.sha256"],
    [{ releaseId: NOBODYS_ID }, 422, "release_id"],
    [{ track: { artist_ids: [NOBODYS_ID] } }, 422, "track.artist_ids"],
  ])("names the field that is wrong: %o [ING-12]", async (wrong, status, path) => {
    const announcement = { releaseId: await newReleaseId(), bytes: BYTES, ...wrong };
    const problem = await refused(
      post(await uploadBodyOf(announcement)),
      status,
      status === 400 ? "bad-request" : "unprocessable",
    );
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
  });

  it("takes neither another account's release nor its artists [ING-13]", async () => {
    const theirs = await uploadBodyOf({ releaseId: await newReleaseId(stranger), bytes: BYTES });
    const problem = await refused(post(theirs), 422, "unprocessable");
    const nobodys = await refused(post({ ...theirs, release_id: NOBODYS_ID }), 422, "unprocessable");
    expect(problem).toEqual(nobodys);
    const guest = (await newArtist(stranger)).id;
    const body = await uploadBodyOf({ releaseId: await newReleaseId(), bytes: BYTES, track: { artist_ids: [guest] } });
    expect((await refused(post(body), 422, "unprocessable")).errors?.[0]?.path).toBe("track.artist_ids");
  });
});

describe("a place of a release", () => {
  it("holds one track once bytes of it are here [ING-14]", async () => {
    const releaseId = await newReleaseId();
    const { id } = await send(artist, { releaseId, bytes: BYTES });
    await untilState(artist, id, "UPLOADED");
    const problem = await refused(post(await uploadBodyOf({ releaseId, bytes: noise(10, 1) })), 422, "unprocessable");
    expect(problem.errors?.map((error) => error.path)).toEqual(["track.track_number"]);
    await announce(artist, { releaseId, bytes: BYTES, track: { disc_number: 2 } });
    expect(await countUploads(releaseId)).toBe(2);
  });

  it("is given to the newest file while none has arrived [ING-15]", async () => {
    const releaseId = await newReleaseId();
    const first = await announce(artist, { releaseId, bytes: BYTES });
    await answered(append(first, 0, BYTES.slice(0, 10)), 204);
    const second = await announce(artist, { releaseId, bytes: noise(20, 2), track: { title: "Better" } });
    expect(second.upload.track_id).toBe(first.upload.track_id);
    const { reason } = await readUpload(artist, first.upload.id);
    expect(reason?.code).toBe("replaced");
    expect((await askOffset(first)).status).toBe(404);
    await vi.waitFor(async () =>
      expect((await bindings.UPLOADS.getByName(first.upload.id).progress())?.phase).toBe("settled"),
    );
    expect(await countUploads(releaseId)).toBe(1);
    expect((await readUpload(artist, second.upload.id)).title).toBe("Better");
  });

  it("goes to one of many that ask at once [ING-14]", async () => {
    const releaseId = await newReleaseId();
    const bodies = await Promise.all(
      Array.from({ length: 6 }, (_unused, seed) => uploadBodyOf({ releaseId, bytes: noise(50, seed) })),
    );
    const answers = await Promise.all(bodies.map((body) => post(body)));
    const states = await Promise.all(
      answers.map(async (answer) => {
        const { upload } = await answered<UploadTicket>(answer, answer.status === 422 ? 422 : 201);
        return upload === undefined ? "REJECTED" : (await readUpload(artist, upload.id)).state;
      }),
    );
    expect(states.filter((state) => state === "PENDING")).toHaveLength(1);
    expect(await countUploads(releaseId)).toBe(1);
  });

  it("stays the same track when a rejected file is replaced [ING-15]", async () => {
    const releaseId = await newReleaseId();
    const wrong = await send(artist, { releaseId, bytes: BYTES, file: { sha256: "0".repeat(64) } });
    await untilState(artist, wrong.id, "REJECTED");
    const right = await send(artist, { releaseId, bytes: BYTES, track: { title: "At last", isrc: "AA6Q72000047" } });
    expect(right.track_id).toBe(wrong.track_id);
    await untilState(artist, right.id, "UPLOADED");
    const release = await answered<{ tracks: readonly { title: string; isrc: string; upload: Upload }[] }>(
      call("GET", `/v1/ingest/releases/${releaseId}`, { as: artist }),
      200,
    );
    expect(release.tracks).toHaveLength(1);
    expect(release.tracks[0]).toMatchObject({ title: "At last", isrc: "AA6Q72000047", upload: { id: right.id } });
  });
});

describe("an upload", () => {
  it("is for its own account alone: to others it is not there [ING-1]", async () => {
    const { upload } = await announce(artist, { releaseId: await newReleaseId(), bytes: BYTES });
    const nobodys = await refused(call("GET", `/v1/ingest/uploads/${NOBODYS_ID}`, { as: artist }), 404, "not-found");
    for (const [method, path] of [
      ["GET", `/v1/ingest/uploads/${upload.id}`],
      ["POST", `/v1/ingest/uploads/${upload.id}/url`],
    ] as const) {
      expect(await refused(call(method, path, { as: stranger }), 404, "not-found")).toEqual(nobodys);
      await refused(call(method, path), 401, "unauthenticated");
    }
  });

  it("takes a fresh URL while bytes are missing, and none later [ING-16]", async () => {
    const { upload } = await announce(artist, { releaseId: await newReleaseId(), bytes: BYTES });
    const path = `/v1/ingest/uploads/${upload.id}/url`;
    const renewed = await answered<UploadTicket>(call("POST", path, { as: artist }), 200);
    await answered(append(renewed, 0, BYTES), 204);
    await untilState(artist, upload.id, "UPLOADED");
    await refused(call("POST", path, { as: artist }), 409, "conflict");
  });

  it("is for artists: listeners and jobs are refused [ING-2]", async () => {
    const body = await uploadBodyOf({ releaseId: NOBODYS_ID, bytes: BYTES });
    for (const role of ["listener", "job"] as const) {
      await refused(post(body, "x", await newCaller(role)), 403, "forbidden");
    }
  });
});

describe("a signed URL", () => {
  const patch = (url: string) => call("PATCH", url, { bytes: BYTES, headers: tusHeaders(0) });

  it("opens nothing when it was tampered with, is for another path or another purpose [ING-3]", async () => {
    const releaseId = await newReleaseId();
    const ticket = await announce(artist, { releaseId, bytes: BYTES });
    const other = await announce(artist, { releaseId, bytes: BYTES, track: { track_number: 2 } });
    const [path = "", token = ""] = ticket.upload_url.split("?token=");
    const [otherPath = ""] = other.upload_url.split("?");
    const claims = { sizeBytes: 1, contentType: "audio/wav" };
    const otherUse = await signUrl(bindings, "rendition", path, claims);
    const flipped = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
    for (const url of [`${path}?token=${flipped}`, `${otherPath}?token=${token}`, otherUse.url, `${path}?token=x`]) {
      await refused(patch(url), 403, "token-invalid");
      expect((await call("HEAD", url, { headers: { "tus-resumable": "1.0.0" } })).status).toBe(403);
    }
    await refused(patch(path), 400, "bad-request");
  });

  it("opens nothing after its hour [ING-3]", async () => {
    const ticket = await announce(artist, { releaseId: await newReleaseId(), bytes: BYTES });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(ticket.expires_at) + 1_000 });
    try {
      await refused(patch(ticket.upload_url), 403, "token-expired");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the daily quota", () => {
  const nowMs = Date.now();

  it("refuses what goes beyond it until tomorrow [ING-17]", async () => {
    const owner = await newCaller("artist");
    const releaseId = await newReleaseId(owner);
    const sizeBytes = QUOTA_BYTES_PER_DAY - BYTES.byteLength;
    expect(await reserveUpload(bindings, owner.accountId, { name: "bulk", sizeBytes, nowMs })).toMatchObject({
      granted: true,
    });
    const body = await uploadBodyOf({ releaseId, bytes: BYTES });
    await answered(post(body, "fits", owner), 201);
    await answered(post(body, "fits", owner), 201);
    const answer = await post(
      await uploadBodyOf({ releaseId, bytes: noise(1, 1), track: { track_number: 2 } }),
      "beyond",
      owner,
    );
    expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(86_400);
    await refused(answer, 429, "quota-exceeded");
  });

  it("counts an announcement once, whatever its name is [ING-17]", async () => {
    const account = crypto.randomUUID();
    for (const name of ["a", "a", "__proto__", "__proto__", "constructor"]) {
      await reserveUpload(bindings, account, { name, sizeBytes: 10, nowMs });
    }
    const last = await reserveUpload(bindings, account, { name: "b", sizeBytes: 5, nowMs });
    expect(last).toEqual({ granted: true, uploads: 4, sizeBytes: 35 });
  });

  it("has a number of uploads too, and begins anew each day [ING-17]", async () => {
    const account = crypto.randomUUID();
    const stub = bindings.UPLOAD_QUOTAS.getByName(`account:${account}`);
    const day = new Date(nowMs).toISOString().slice(0, 10);
    const reserved = new Map(Array.from({ length: QUOTA_UPLOADS_PER_DAY }, (_unused, index) => [String(index), 1]));
    await runInDurableObject(stub, (_object, { storage }) => storage.put("data", { day, reserved }));
    expect((await reserveUpload(bindings, account, { name: "more", sizeBytes: 1, nowMs })).granted).toBe(false);
    expect((await reserveUpload(bindings, account, { name: "7", sizeBytes: 1, nowMs })).granted).toBe(true);
    const tomorrow = nowMs + 86_400_000;
    const next = await reserveUpload(bindings, account, { name: "more", sizeBytes: 1, nowMs: tomorrow });
    expect(next).toEqual({ granted: true, uploads: 1, sizeBytes: 1 });
    expect(await reserveUpload(bindings, account, { name: "late", sizeBytes: 1, nowMs })).toMatchObject({ uploads: 2 });
  });
});
