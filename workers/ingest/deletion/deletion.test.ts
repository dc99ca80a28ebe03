import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { LADDER } from "#domain/ingest/ladder.ts";
import { ask } from "#workers/edge/edge-fixtures.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  newArtist,
  newCaller,
  newRelease,
  refused,
} from "#workers/ingest/ingest-fixtures.ts";
import { callWith, isAnnounced, isGranted } from "#workers/ingest/takedowns/takedowns-fixtures.ts";
import { deleteTrack, publishTrack, rowsOf, storedFiles } from "./deletion-fixtures.ts";

const NOBODYS_ID = "0".repeat(22);
const RUNGS = LADDER.length;
let artist: Caller;
let stranger: Caller;
let admin: Caller;
let listener: Caller;
let job: Caller;

beforeAll(async () => {
  artist = await newCaller("artist");
  stranger = await newCaller("artist");
  admin = await newCaller("admin");
  listener = await newCaller("listener");
  job = await newCaller("job");
});

afterEach(() => {
  vi.useRealTimers();
});

function takeDown(as: Caller, trackId: string): Promise<Response> {
  const body = { track_id: trackId, reason: "not theirs" };
  return call("POST", "/v1/ingest/takedowns", { as, body });
}

async function searchTotal(query: string, kind: "tracks" | "albums" | "artists"): Promise<number> {
  const found = await answered<Record<string, { total: number }>>(call("GET", `/v1/search?q=${query}`), 200);
  return found[kind]?.total ?? -1;
}

describe("a track that is deleted", () => {
  it("is nowhere any more, and its files are gone [ING-90] [ING-92]", async () => {
    const title = `w${crypto.randomUUID().replaceAll("-", "")}`;
    const track = await publishTrack(artist, job, {}, { title });
    await vi.waitFor(async () => expect(await storedFiles(track)).toEqual([true, RUNGS, RUNGS]), 10_000);
    await answered(deleteTrack(artist, track.trackId), 204);
    await refused(call("GET", `/v1/tracks/${track.trackId}`), 404, "not-found");
    await refused(call("GET", `/v1/ingest/tracks/${track.trackId}`, { as: artist }), 404, "not-found");
    await refused(call("GET", `/v1/ingest/uploads/${track.upload.id}`, { as: artist }), 404, "not-found");
    // It was the release's only one: for listeners that is gone too, and its artist.
    await refused(call("GET", `/v1/albums/${track.releaseId}`), 404, "not-found");
    for (const kind of ["tracks", "albums", "artists"] as const) expect(await searchTotal(title, kind)).toBe(0);
    expect(await storedFiles(track)).toEqual([false, 0, 0]);
    for (const table of ["masters", "uploads"]) expect(await rowsOf(table, "sha256", track.upload.file.sha256)).toBe(0);
    expect(await rowsOf("renditions", "master_sha256", track.upload.file.sha256)).toBe(0);
  });

  it("is refused at the edge within a minute, also by URLs signed before [ING-91]", async () => {
    const track = await publishTrack(artist, job);
    const body = { track_id: track.trackId };
    const playback = await answered<{ renditions: { url: string }[] }>(
      call("POST", "/v1/playbacks", { as: listener, body, country: "DE" }),
      201,
    );
    const url = playback.renditions[0]?.url ?? "";
    expect((await ask(url)).status).toBe(200);
    await answered(deleteTrack(artist, track.trackId), 204);
    expect(await isAnnounced(track.trackId)).toBe(true);
    expect(await isGranted(track.trackId)).toBe(false);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    expect((await ask(url)).status).toBe(451);
  });

  it("is deleted once, however often it is asked for, and by its owner alone [ING-90]", async () => {
    const { trackId } = await publishTrack(artist, job);
    await refused(deleteTrack(stranger, trackId), 404, "not-found");
    await refused(deleteTrack(admin, trackId), 404, "not-found");
    const answers = await Promise.all([deleteTrack(artist, trackId), deleteTrack(artist, trackId)]);
    for (const answer of answers) await answered(answer, 204);
    await answered(deleteTrack(artist, trackId), 204);
    await refused(deleteTrack(stranger, trackId), 404, "not-found");
    await refused(deleteTrack(artist, NOBODYS_ID), 404, "not-found");
  });

  it("leaves its name and its splits for the plays that are still paid [ING-90]", async () => {
    const track = await publishTrack(artist, job);
    const shares = [{ party: "Ada", role: "performer", basis_points: 10_000 }];
    await answered(call("PUT", `/v1/ingest/tracks/${track.trackId}/splits`, { as: artist, body: { shares } }), 200);
    await answered(deleteTrack(artist, track.trackId), 204);
    const kept = await bindings.CATALOG_0.prepare("SELECT name, release_id FROM deletions WHERE entity_id = ?")
      .bind(track.trackId)
      .first();
    expect(kept).toEqual({ name: "One", release_id: track.releaseId });
    expect(await rowsOf("split_shares", "recording_id", track.trackId)).toBe(1);
  });

  it("keeps the other tracks of its release [ING-90]", async () => {
    const first = await publishTrack(artist, job);
    const second = await publishTrack(artist, job, { releaseId: first.releaseId, number: 2 });
    await answered(deleteTrack(artist, first.trackId), 204);
    const album = await answered<{ total_tracks: number }>(call("GET", `/v1/albums/${first.releaseId}`), 200);
    expect(album.total_tracks).toBe(1);
    await answered(call("GET", `/v1/tracks/${second.trackId}`), 200);
    expect(await storedFiles(second)).toMatchObject([true, RUNGS, expect.any(Number)]);
  });

  it("stays where the service took it down, and goes where only its owner did [ING-93]", async () => {
    const [theirs, own] = [await publishTrack(artist, job), await publishTrack(artist, job)];
    await answered(takeDown(admin, theirs.trackId), 201);
    const problem = await refused(deleteTrack(artist, theirs.trackId), 409, "conflict");
    expect(problem.detail).toContain("took this down");
    await refused(call("DELETE", `/v1/ingest/releases/${theirs.releaseId}`, { as: artist }), 409, "conflict");
    expect(await rowsOf("recordings", "id", theirs.trackId)).toBe(1);
    expect(await storedFiles(theirs)).toMatchObject([true, RUNGS, expect.any(Number)]);
    await answered(takeDown(artist, own.trackId), 201);
    await answered(deleteTrack(artist, own.trackId), 204);
  });
});

describe("files that several tracks share", () => {
  it("stay until the last of them is deleted, whoever sent them first [ING-92]", async () => {
    const first = await publishTrack(artist, job);
    const second = await publishTrack(stranger, job, { bytes: first.bytes });
    await answered(deleteTrack(artist, first.trackId), 204);
    expect(await storedFiles(first)).toMatchObject([true, RUNGS, expect.any(Number)]);
    await answered(call("GET", `/v1/tracks/${second.trackId}`), 200);
    await answered(deleteTrack(stranger, second.trackId), 204);
    expect((await storedFiles(first)).slice(0, 2)).toEqual([false, 0]);
  });

  it("stay also where another master became the same rendition [ING-92]", async () => {
    const [one, other] = [await publishTrack(artist, job), await publishTrack(artist, job)];
    await bindings.CATALOG_0.prepare(
      `UPDATE renditions SET sha256 = (SELECT sha256 FROM renditions WHERE master_sha256 = ?1 AND profile = 'flac')
         WHERE master_sha256 = ?2 AND profile = 'flac'`,
    )
      .bind(one.upload.file.sha256, other.upload.file.sha256)
      .run();
    await answered(deleteTrack(artist, one.trackId), 204);
    expect((await storedFiles(one)).slice(0, 2)).toEqual([false, 1]);
  });
});

describe("a release that is deleted", () => {
  it("goes with its tracks, deals and cover, once [ING-94]", async () => {
    const title = `w${crypto.randomUUID().replaceAll("-", "")}`;
    const first = await publishTrack(artist, job, {}, { title });
    const second = await publishTrack(artist, job, { releaseId: first.releaseId, number: 2 });
    const path = `/v1/ingest/releases/${first.releaseId}`;
    const png = Uint8Array.from([
      0x89,
      0x50,
      0x4e,
      0x47,
      0x0d,
      0x0a,
      0x1a,
      0x0a,
      ...crypto.getRandomValues(new Uint8Array(8)),
    ]);
    const { sha256 } = await answered<{ sha256: string }>(
      call("PUT", `${path}/cover`, { as: artist, bytes: png }),
      200,
    );
    await refused(call("DELETE", path, { as: stranger }), 404, "not-found");
    await answered(call("DELETE", path, { as: artist }), 204);
    await answered(call("DELETE", path, { as: artist }), 204);
    await refused(call("GET", path, { as: artist }), 404, "not-found");
    for (const track of [first, second]) {
      await refused(call("GET", `/v1/tracks/${track.trackId}`), 404, "not-found");
      expect(await isAnnounced(track.trackId)).toBe(true);
      expect((await storedFiles(track)).slice(0, 2)).toEqual([false, 0]);
    }
    expect(await searchTotal(title, "albums")).toBe(0);
    expect(await rowsOf("deals", "release_id", first.releaseId)).toBe(0);
    expect(await bindings.RENDITIONS.head(`c/${sha256}.png`)).toBeNull();
  });

  it("can be one without tracks [ING-94]", async () => {
    const { id } = await newRelease(artist);
    await answered(call("DELETE", `/v1/ingest/releases/${id}`, { as: artist }), 204);
    await refused(call("DELETE", `/v1/ingest/releases/${NOBODYS_ID}`, { as: artist }), 404, "not-found");
  });
});

describe("an artist", () => {
  it("is deleted when nothing names them any more [ING-95]", async () => {
    const guest = await newArtist(artist);
    const release = await newRelease(artist);
    const path = `/v1/ingest/artists/${release.artist.id}`;
    await refused(call("DELETE", path, { as: artist }), 409, "conflict");
    await refused(call("DELETE", path, { as: stranger }), 404, "not-found");
    await answered(call("DELETE", `/v1/ingest/releases/${release.id}`, { as: artist }), 204);
    for (const id of [release.artist.id, guest.id]) {
      for (let time = 0; time < 2; time++)
        await answered(call("DELETE", `/v1/ingest/artists/${id}`, { as: artist }), 204);
    }
    await refused(call("GET", path, { as: artist }), 404, "not-found");
  });
});

describe("what a deletion leaves undone", () => {
  it("is said, and done by the queue [ING-90]", async () => {
    const { trackId } = await publishTrack(artist, job);
    const broken = { delete: () => Promise.reject(new Error("the store is down")) };
    const path = `/v1/ingest/tracks/${trackId}`;
    await refused(Promise.resolve(callWith(artist, { RIGHTS: broken }, "DELETE", path)), 503, "unavailable");
    expect(await isGranted(trackId)).toBe(true);
    await vi.waitFor(async () => expect(await isGranted(trackId)).toBe(false), 20_000);
    await answered(deleteTrack(artist, trackId), 204);
  });

  it("begins with nothing where the queue does not take the message [ING-90]", async () => {
    const { trackId } = await publishTrack(artist, job);
    const broken = { sendBatch: () => Promise.reject(new Error("the queue is down")) };
    const answer = await callWith(artist, { INGEST_QUEUE: broken }, "DELETE", `/v1/ingest/tracks/${trackId}`);
    expect(answer.status).toBe(500);
    await answered(call("GET", `/v1/tracks/${trackId}`), 200);
  });
});
