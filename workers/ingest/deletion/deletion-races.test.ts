/** Deletions that come in the midst of something else. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { availabilityKey } from "#domain/rights/availability.ts";
import {
  announce,
  answered,
  append,
  bindings,
  type Caller,
  call,
  claimUpload,
  complete,
  newCaller,
  newRelease,
  refused,
  send,
  storeLadder,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { applyStandings, putRecords } from "#workers/ingest/publishing/availability-records.ts";
import { masterUploadKey } from "#workers/ingest/uploads/upload-keys.ts";
import { deleteTrack, newBytes, publishTrack, renditionKeys, rowsOf, storedFiles } from "./deletion-fixtures.ts";
import { sweepObjects } from "./object-sweep.ts";
import { CLEARED_AGAIN_MS, noteCleared, takeDueObjects } from "./object-sweep-store.ts";

let artist: Caller;
let job: Caller;

beforeAll(async () => {
  [artist, job] = await Promise.all([newCaller("artist"), newCaller("job")]);
});

describe("a deletion in the midst of", () => {
  it("an upload takes no more bytes and clears those that came [ING-90]", async () => {
    const { id: releaseId } = await newRelease(artist);
    const bytes = newBytes();
    const ticket = await announce(artist, { releaseId, bytes });
    await answered(append(ticket, 0, bytes.slice(0, 500)), 204);
    await answered(deleteTrack(artist, ticket.upload.track_id), 204);
    await refused(append(ticket, 500, bytes.slice(500)), 404, "not-found");
    await vi.waitFor(async () => {
      expect((await bindings.UPLOADS.getByName(ticket.upload.id).progress())?.phase).toBe("settled");
    });
  });

  it("a transcode lets the job end its work, of which nothing is kept [ING-90]", async () => {
    const { id: releaseId } = await newRelease(artist);
    const upload = await send(artist, { releaseId, bytes: newBytes() });
    const lease = await claimUpload(job, upload.id);
    const renditions = await storeLadder(job, lease);
    await answered(deleteTrack(artist, upload.track_id), 204);
    await answered(complete(job, lease, renditions), 204);
    expect(await rowsOf("renditions", "master_sha256", upload.file.sha256)).toBe(0);
    await vi.waitFor(async () => expect(await bindings.MASTERS.head(masterUploadKey(upload.id))).toBeNull());
  });

  it("a publication leaves no record of it [ING-91]", async () => {
    const { trackId } = await publishTrack(artist, job);
    const applied = await applyStandings(bindings, [trackId], async (standings) => {
      if (standings.length > 0) await answered(deleteTrack(artist, trackId), 204);
      await putRecords(bindings, standings);
    });
    expect(applied).toEqual([]);
    expect(await bindings.RIGHTS.get(availabilityKey(trackId))).toBeNull();
  });

  it("the settling of the upload that brought a shared master keeps that master [ING-92]", async () => {
    const first = await publishTrack(artist, job);
    const second = await publishTrack(artist, job, { bytes: first.bytes });
    await answered(deleteTrack(artist, first.trackId), 204);
    await bindings.INGEST_QUEUE.send({ kind: "upload-complete", uploadId: first.upload.id });
    await vi.waitFor(async () => {
      expect(await runDurableObjectAlarm(bindings.UPLOADS.getByName(first.upload.id))).toBe(false);
    });
    expect((await storedFiles(first))[0]).toBe(true);
    expect(await rowsOf("masters", "sha256", second.upload.file.sha256)).toBe(1);
  });

  it("nothing is left alone by a message that says so [ING-90]", async () => {
    const track = await publishTrack(artist, job);
    await bindings.INGEST_QUEUE.send({ kind: "recordings-deleted", recordingIds: [track.trackId] });
    await bindings.INGEST_QUEUE.send({ kind: "sweep-objects" });
    // Another message of the same queue, sent later, has been carried out.
    await publishTrack(artist, job);
    await answered(call("GET", `/v1/tracks/${track.trackId}`), 200);
    expect(await bindings.RIGHTS.get(availabilityKey(track.trackId))).not.toBeNull();
    expect((await storedFiles(track))[0]).toBe(true);
  });
});

describe("the sweep", () => {
  const note = (key: string) =>
    bindings.CATALOG_0.prepare("INSERT INTO object_deletions (object_key, state, due_at) VALUES (?, 'unreferenced', 0)")
      .bind(key)
      .run();

  it("deletes twice, the second time what was on its way the first [ING-92]", async () => {
    const key = `a/${"d".repeat(64)}.ogg`;
    await note(key);
    await sweepObjects(bindings);
    await bindings.RENDITIONS_REPLICA.put(key, "late");
    await bindings.CATALOG_0.prepare("UPDATE object_deletions SET due_at = 0 WHERE object_key = ?").bind(key).run();
    await sweepObjects(bindings);
    expect(await bindings.RENDITIONS_REPLICA.head(key)).toBeNull();
    expect(await rowsOf("object_deletions", "object_key", key)).toBe(0);
    expect(CLEARED_AGAIN_MS).toBeGreaterThanOrEqual(60_000);
  });

  it("gives an object to one at a time, and again when that one is surely gone [ING-92]", async () => {
    const key = `u/${crypto.randomUUID()}`;
    await note(key);
    const nowMs = Date.now();
    const keysTaken = async (at: number) => {
      const taken = await takeDueObjects(bindings.CATALOG_0, at, 500);
      return taken.filter((object) => object.objectKey === key);
    };
    expect(await keysTaken(nowMs)).toHaveLength(1);
    expect(await keysTaken(nowMs + 15 * 60_000)).toHaveLength(0);
    const [again] = await keysTaken(nowMs + 21 * 60_000);
    expect(again).toEqual({ objectKey: key, isCleared: false });
    await noteCleared(bindings.CATALOG_0, [{ objectKey: key, isCleared: true }], nowMs);
  });

  it("lets nothing refer to what it deletes: the same music that comes back waits [ING-92]", async () => {
    const first = await publishTrack(artist, job);
    await answered(deleteTrack(artist, first.trackId), 204);
    const { id: releaseId } = await newRelease(artist);
    const again = await send(artist, { releaseId, bytes: first.bytes });
    const lease = await claimUpload(job, again.id);
    const renditions = await storeLadder(job, lease);
    const problem = await refused(complete(job, lease, renditions), 503, "unavailable");
    expect(problem.detail).toContain("are being deleted");
    await bindings.CATALOG_0.prepare("UPDATE object_deletions SET due_at = 0").run();
    await sweepObjects(bindings);
    for (const key of await renditionKeys(first)) expect(await bindings.RENDITIONS.head(key)).toBeNull();
    await refused(complete(job, lease, renditions), 422, "unprocessable");
    await answered(complete(job, lease, await storeLadder(job, lease)), 204);
    await untilState(artist, again.id, "PUBLISHED");
  });
});

it("every table that names a recording, release, artist or master is one that deletions know [ING-90]", async () => {
  const { results } = await bindings.CATALOG_0.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all<{
    name: string;
    sql: string;
  }>();
  const links = results.flatMap(({ name, sql }) =>
    [...sql.matchAll(/REFERENCES `(\w+)`/g)].map(([, named]) => `${name} ${named}`),
  );
  // Whoever adds one adds it to deletion-store.ts too, or nothing that it names can be deleted.
  expect(links.sort()).toEqual([
    "deals releases",
    "recording_artists artists",
    "recording_artists recordings",
    "recording_credits recordings",
    "recordings masters",
    "recordings releases",
    "releases artists",
    "renditions masters",
    "takedowns recordings",
    "uploads recordings",
  ]);
});
