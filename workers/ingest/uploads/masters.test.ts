/** Another file for a track that has one. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import {
  announce,
  answered,
  append,
  bindings,
  type Caller,
  call,
  claimUpload,
  complete,
  key,
  newCaller,
  newRelease,
  noise,
  readUpload,
  refused,
  send,
  storeLadder,
  transcode,
  untilState,
  uploadBodyOf,
} from "#workers/ingest/ingest-fixtures.ts";
import type { Upload, UploadTicket } from "./uploads-contract.ts";

let artist: Caller;
let job: Caller;
let seed = 11_000;

beforeAll(async () => {
  [artist, job] = await Promise.all([newCaller("artist"), newCaller("job")]);
});

function newBytes(): Uint8Array<ArrayBuffer> {
  seed += 1;
  return noise(2_000, seed);
}

async function masterOf(trackId: string): Promise<string | null> {
  const statement = bindings.CATALOG_0.prepare("SELECT master_sha256 AS sha256 FROM recordings WHERE id = ?");
  return statement.bind(trackId).first<string | null>("sha256");
}

async function announceMaster(trackId: string, bytes: Uint8Array<ArrayBuffer>, name?: string, as = artist) {
  const { file } = await uploadBodyOf({ releaseId: "", bytes });
  return call("POST", `/v1/ingest/tracks/${trackId}/masters`, { as, body: { file }, headers: key(name) });
}

async function sendMaster(trackId: string): Promise<Upload> {
  const bytes = newBytes();
  const ticket = await answered<UploadTicket>(announceMaster(trackId, bytes), 201);
  await answered(append(ticket, 0, bytes), 204);
  return ticket.upload;
}

async function published(release_at = "2020-01-01T00:00:00Z"): Promise<Upload> {
  const release = await newRelease(artist, { release_at });
  const upload = await send(artist, { releaseId: release.id, bytes: newBytes() });
  await transcode(job, upload.id);
  return untilState(artist, upload.id, Date.parse(release_at) > Date.now() ? "READY" : "PUBLISHED");
}

describe("a new master", () => {
  it("takes the place of the one that is heard when it is ready, and not before [ING-35]", async () => {
    const first = await published();
    const next = await sendMaster(first.track_id);
    expect(next).toMatchObject({ track_id: first.track_id, title: first.title, state: "PENDING" });
    await untilState(artist, next.id, "UPLOADED");
    expect(await masterOf(first.track_id)).toBe(first.file.sha256);
    await answered(call("GET", `/v1/tracks/${first.track_id}`), 200);
    await transcode(job, next.id);
    await untilState(artist, next.id, "PUBLISHED");
    expect(await masterOf(first.track_id)).toBe(next.file.sha256);
  });

  it("that is rejected leaves what is heard [ING-35]", async () => {
    const first = await published();
    const next = await sendMaster(first.track_id);
    const lease = await claimUpload(job, next.id);
    const failure = { reject_code: "silent", detail: "" };
    await answered(call("POST", `/v1/ingest/transcodes/${lease.id}/fail`, { as: job, body: failure }), 204);
    await untilState(artist, next.id, "REJECTED");
    expect(await masterOf(first.track_id)).toBe(first.file.sha256);
    await answered(call("GET", `/v1/tracks/${first.track_id}`), 200);
  });

  it("counts by when it was announced, in whatever order the jobs end [ING-36]", async () => {
    const first = await published();
    const second = await sendMaster(first.track_id);
    const slow = await claimUpload(job, second.id);
    const third = await sendMaster(first.track_id);
    await transcode(job, third.id);
    await untilState(artist, third.id, "PUBLISHED");
    await answered(complete(job, slow, await storeLadder(job, slow)), 204);
    expect((await readUpload(artist, second.id)).reason?.code).toBe("replaced");
    expect(await masterOf(first.track_id)).toBe(third.file.sha256);
  });

  it("takes the place of one that waits for its date [ING-36]", async () => {
    const first = await published("2030-01-01T00:00:00Z");
    const next = await sendMaster(first.track_id);
    await transcode(job, next.id);
    expect((await untilState(artist, first.id, "REJECTED")).reason?.code).toBe("replaced");
    await untilState(artist, next.id, "READY");
    await bindings.CATALOG_0.prepare("UPDATE releases SET release_at = 0 WHERE id = ?").bind(first.release_id).run();
    await runDurableObjectAlarm(bindings.RELEASE_CLOCKS.getByName(first.release_id));
    await untilState(artist, next.id, "PUBLISHED");
    expect(await masterOf(first.track_id)).toBe(next.file.sha256);
  });

  it("takes the place of a file that still waits for its bytes [ING-35]", async () => {
    const { id: releaseId } = await newRelease(artist);
    const waiting = await announce(artist, { releaseId, bytes: newBytes() });
    const next = await sendMaster(waiting.upload.track_id);
    expect((await readUpload(artist, waiting.upload.id)).reason?.code).toBe("replaced");
    await untilState(artist, next.id, "UPLOADED");
  });

  it("is announced once under its key, and for a track of one's own [ING-10] [ING-11] [ING-1]", async () => {
    const { track_id: trackId } = await published();
    const [bytes, name] = [newBytes(), crypto.randomUUID()];
    const tickets = await Promise.all([announceMaster(trackId, bytes, name), announceMaster(trackId, bytes, name)]);
    const ids = await Promise.all(tickets.map(async (ticket) => (await answered<UploadTicket>(ticket, 201)).upload.id));
    expect(new Set(ids).size).toBe(1);
    await refused(announceMaster(trackId, newBytes(), name), 422, "idempotency-key-reused");
    const stranger = await newCaller("artist");
    await refused(announceMaster(trackId, bytes, undefined, stranger), 404, "not-found");
    await refused(announceMaster("0".repeat(22), bytes), 404, "not-found");
  });
});
