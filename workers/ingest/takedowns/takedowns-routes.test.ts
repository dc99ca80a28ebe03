import { beforeAll, describe, expect, it, vi } from "vitest";
import { availabilityKey } from "#domain/rights/availability.ts";
import { TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  newCaller,
  newRelease,
  noise,
  refused,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import type { Takedown, TakedownBody } from "./takedowns-contract.ts";

const PATH = "/v1/ingest/takedowns";
let artist: Caller;
let stranger: Caller;
let admin: Caller;
let job: Caller;
let listener: Caller;
let seed = 700;

beforeAll(async () => {
  artist = await newCaller("artist");
  stranger = await newCaller("artist");
  admin = await newCaller("admin");
  job = await newCaller("job");
  listener = await newCaller("listener");
});

interface Published {
  readonly release: StudioRelease;
  readonly trackIds: readonly string[];
}

async function published(tracks = 1): Promise<Published> {
  const release = await newRelease(artist);
  const uploads: Upload[] = [];
  for (let number = 1; number <= tracks; number++) {
    seed += 1;
    const upload = await send(artist, {
      releaseId: release.id,
      bytes: noise(2_000, seed),
      track: { track_number: number },
    });
    await transcode(job, upload.id);
    uploads.push(await untilState(artist, upload.id, "PUBLISHED"));
  }
  return { release, trackIds: uploads.map((upload) => upload.track_id) };
}

interface Items {
  readonly items: readonly Takedown[];
}

function takeDown(as: Caller, body: Partial<TakedownBody>): Promise<Response> {
  return call("POST", PATH, { as, body: { reason: "a sample that was not cleared", ...body } });
}

function lift(as: Caller, id: string): Promise<Response> {
  return call("DELETE", `${PATH}/${id}`, { as });
}

async function listed(as: Caller, releaseId: string): Promise<readonly Takedown[]> {
  return (await answered<Items>(call("GET", `${PATH}?release_id=${releaseId}`, { as }), 200)).items;
}

/** Since the last attempt to carry a takedown of it out. */
async function tenSecondsPass(trackId: string): Promise<void> {
  await bindings.CATALOG_0.prepare("UPDATE takedowns SET attempted_at = attempted_at - 10000 WHERE recording_id = ?")
    .bind(trackId)
    .run();
}

async function isGranted(trackId: string): Promise<boolean> {
  const record = await bindings.RIGHTS.get<{ grants: object }>(availabilityKey(trackId), "json");
  if (record === null) throw new Error("there is no record");
  return Object.keys(record.grants).length > 0;
}

async function isAnnounced(trackId: string): Promise<boolean> {
  const { recordingIds } = await bindings.TAKEDOWNS.getByName(TAKEDOWNS_NAME).recent();
  return (recordingIds as readonly string[]).includes(trackId);
}

/** As the record and the object say, which are to agree. */
async function isDown(trackId: string): Promise<boolean> {
  const [granted, announced] = [await isGranted(trackId), await isAnnounced(trackId)];
  expect(announced).toBe(!granted);
  return announced;
}

async function isPlayable(trackId: string): Promise<boolean> {
  const path = `/v1/tracks/${trackId}`;
  return (await answered<{ is_playable: boolean }>(call("GET", path, { country: "DE" }), 200)).is_playable;
}

function play(trackId: string): Promise<Response> {
  return call("POST", "/v1/playbacks", { as: listener, body: { track_id: trackId }, country: "DE" });
}

describe("a takedown", () => {
  it("of a track empties its record, tells the object, and nothing is signed for it any more [RGT-20]", async () => {
    const { release, trackIds } = await published(2);
    const [down = "", other = ""] = trackIds;
    expect(await isPlayable(down)).toBe(true);
    const { items } = await answered<Items>(takeDown(artist, { track_id: down }), 201);
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
        track_id: down,
        reason: "a sample that was not cleared",
        requested_at: expect.stringMatching(/Z$/),
        liftable: true,
      },
    ]);
    expect([await isDown(down), await isDown(other)]).toEqual([true, false]);
    expect([await isPlayable(down), await isPlayable(other)]).toEqual([false, true]);
    expect((await play(down)).status).toBe(451);
    await answered(play(other), 201);
    expect(await listed(artist, release.id)).toEqual(items);
  });

  it("of a release is one of each track it has, in their order [RGT-20]", async () => {
    const { release, trackIds } = await published(3);
    const [, second = ""] = trackIds;
    await answered(takeDown(artist, { track_id: second, reason: "earlier" }), 201);
    const { items } = await answered<Items>(takeDown(artist, { release_id: release.id }), 201);
    expect(items.map((item) => item.track_id)).toEqual(trackIds);
    expect(items[1]?.reason).toBe("earlier");
    for (const trackId of trackIds) expect(await isDown(trackId)).toBe(true);
    expect(await listed(artist, release.id)).toEqual(items);
  });

  it("asked for again is the same one, and is carried out again after ten seconds [RGT-21]", async () => {
    const { trackIds } = await published();
    const [trackId = ""] = trackIds;
    const first = await answered<Items>(takeDown(artist, { track_id: trackId }), 201);
    await bindings.RIGHTS.delete(availabilityKey(trackId));
    expect(await answered(takeDown(artist, { track_id: trackId, reason: "another" }), 200)).toEqual(first);
    expect(await bindings.RIGHTS.get(availabilityKey(trackId))).toBeNull();
    await tenSecondsPass(trackId);
    expect(await answered(takeDown(artist, { track_id: trackId, reason: "another" }), 200)).toEqual(first);
    expect(await isDown(trackId)).toBe(true);
    const same = await Promise.all([1, 2, 3, 4].map(() => takeDown(artist, { track_id: trackId })));
    expect(same.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
  });

  it("asked for by many at the same moment is one [RGT-21]", async () => {
    const { trackIds } = await published();
    const [trackId = ""] = trackIds;
    const answers = await Promise.all([1, 2, 3, 4].map(() => takeDown(artist, { track_id: trackId })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 201]);
    const bodies = await Promise.all(answers.map((answer) => answer.json<Items>()));
    expect(new Set(bodies.map(({ items }) => items[0]?.id)).size).toBe(1);
  });

  it("is a line in the log, of ids alone [RGT-20]", async () => {
    const { trackIds } = await published();
    const lines = vi.spyOn(console, "log").mockReturnValue(undefined);
    const { items } = await answered<Items>(takeDown(artist, { track_id: trackIds[0] }), 201);
    await answered(lift(artist, items[0]?.id ?? ""), 204);
    const logged = lines.mock.calls.map(([line]) => JSON.parse(String(line)) as { event: string });
    lines.mockRestore();
    const ids = { takedownId: items[0]?.id, recordingId: trackIds[0], accountId: artist.accountId };
    const wanted = { level: "info", worker: "ingest", ...ids };
    expect(logged.filter(({ event }) => /^takedown-(requested|lifted)$/.test(event))).toEqual([
      { ...wanted, event: "takedown-requested" },
      { ...wanted, event: "takedown-lifted" },
    ]);
  });
});

describe("lifting a takedown", () => {
  it("lets the deals hold again, and does so once [RGT-22]", async () => {
    const { release, trackIds } = await published();
    const [trackId = ""] = trackIds;
    const { items } = await answered<Items>(takeDown(artist, { track_id: trackId }), 201);
    const id = items[0]?.id ?? "";
    for (let times = 0; times < 2; times++) await answered(lift(artist, id), 204);
    expect(await isDown(trackId)).toBe(false);
    expect(await isPlayable(trackId)).toBe(true);
    await answered(play(trackId), 201);
    expect(await listed(artist, release.id)).toEqual([]);
    const again = await answered<Items>(takeDown(artist, { track_id: trackId }), 201);
    expect(again.items[0]?.id).not.toBe(id);
    // One that was lifted long ago lifts no other.
    await answered(lift(artist, id), 204);
    expect(await isDown(trackId)).toBe(true);
  });
});

describe("who may", () => {
  it("is the owner, and an admin; to others there is nothing there [RGT-27]", async () => {
    const { release, trackIds } = await published();
    const [trackId = ""] = trackIds;
    const nobodys = await refused(takeDown(stranger, { track_id: freshId() }), 404, "not-found");
    expect(await refused(takeDown(stranger, { track_id: trackId }), 404, "not-found")).toEqual(nobodys);
    expect(await refused(takeDown(stranger, { release_id: release.id }), 404, "not-found")).toEqual(nobodys);
    expect(await isDown(trackId)).toBe(false);
    const { items } = await answered<Items>(takeDown(artist, { track_id: trackId }), 201);
    const query = call("GET", `${PATH}?release_id=${release.id}`, { as: stranger });
    expect(await refused(query, 404, "not-found")).toEqual(nobodys);
    expect(await refused(lift(stranger, items[0]?.id ?? ""), 404, "not-found")).toEqual(nobodys);
    expect(await refused(lift(artist, freshId()), 404, "not-found")).toEqual(nobodys);
    expect(await isDown(trackId)).toBe(true);
    expect(await listed(admin, release.id)).toEqual(items);
    await answered(lift(admin, items[0]?.id ?? ""), 204);
    expect(await isDown(trackId)).toBe(false);
  });

  it("does not let the owner bring back what the service took down, whoever was first [RGT-27]", async () => {
    const { release, trackIds } = await published();
    const [trackId = ""] = trackIds;
    const own = await answered<Items>(takeDown(artist, { track_id: trackId }), 201);
    const theirs = await answered<Items>(takeDown(admin, { release_id: release.id, reason: "a court order" }), 201);
    expect(theirs.items).toMatchObject([own.items[0], { reason: "a court order", liftable: true }]);
    await answered(takeDown(admin, { release_id: release.id }), 200);
    const id = theirs.items[1]?.id ?? "";
    expect(await listed(artist, release.id)).toMatchObject([{ liftable: true }, { id, liftable: false }]);
    await answered(lift(artist, own.items[0]?.id ?? ""), 204);
    await refused(lift(artist, id), 403, "forbidden");
    expect(await listed(artist, release.id)).toMatchObject([{ id, liftable: false }]);
    expect(await isDown(trackId)).toBe(true);
    await answered(takeDown(artist, { track_id: trackId }), 201);
    expect(await listed(artist, release.id)).toHaveLength(2);
    expect(await isDown(trackId)).toBe(true);
  });

  it("keeps down what its owner took down when the service lifts its own takedown [RGT-27]", async () => {
    for (const order of [
      [artist, admin],
      [admin, artist],
    ]) {
      const { release, trackIds } = await published();
      const [trackId = ""] = trackIds;
      for (const as of order) await answered(takeDown(as, { track_id: trackId, reason: as.accountId }), 201);
      const both = await listed(artist, release.id);
      expect(both.map((one) => one.reason)).toEqual(order.map((as) => as.accountId));
      const ofService = both.find((one) => !one.liftable)?.id ?? "";
      await answered(lift(admin, ofService), 204);
      expect(await isDown(trackId)).toBe(true);
      expect((await play(trackId)).status).toBe(451);
      const left = await listed(artist, release.id);
      expect(left).toMatchObject([{ reason: artist.accountId, liftable: true }]);
      await answered(lift(artist, left[0]?.id ?? ""), 204);
      expect(await isDown(trackId)).toBe(false);
      await answered(play(trackId), 201);
    }
  });

  it("lets each admin lift what another one, or the owner, took down [RGT-27]", async () => {
    const { release, trackIds } = await published();
    const [trackId = ""] = trackIds;
    const other = await newCaller("admin");
    for (const as of [artist, admin, other]) await answered(takeDown(as, { track_id: trackId }), 201);
    const all = await listed(other, release.id);
    expect(all.map((one) => one.liftable)).toEqual([true, true, true]);
    for (const { id } of all) {
      expect(await isDown(trackId)).toBe(true);
      await answered(lift(other, id), 204);
    }
    expect(await isDown(trackId)).toBe(false);
  });
});

describe("bad input", () => {
  const reason = "because";
  const id = "0".repeat(22);

  it.each([
    ["neither a release nor a track", { reason }],
    ["both of them", { release_id: id, track_id: id, reason }],
    ["no reason", { track_id: id }],
    ["an empty reason", { track_id: id, reason: "  " }],
    ["a reason that cannot be seen", { track_id: id, reason: "\u00ad" }],
    ["a reason of 501 characters", { track_id: id, reason: "r".repeat(501) }],
    ["a field of another name", { track_id: id, reason, tracks: [id] }],
    ["an id that is none", { track_id: "x", reason }],
    ["a list", [{ track_id: id, reason }]],
  ])("is refused: %s [RGT-20]", async (_what, body) => {
    await refused(call("POST", PATH, { as: artist, body }), 400, "bad-request");
  });

  it("is refused: a release without a track, and a list of no release [RGT-20]", async () => {
    const { id: release_id } = await newRelease(artist);
    await refused(takeDown(artist, { release_id }), 422, "unprocessable");
    await refused(call("GET", PATH, { as: artist }), 400, "bad-request");
    const longest = await published();
    const reason = "r".repeat(500);
    const { items } = await answered<Items>(takeDown(artist, { track_id: longest.trackIds[0], reason }), 201);
    expect(items[0]?.reason).toBe(reason);
  });
});
