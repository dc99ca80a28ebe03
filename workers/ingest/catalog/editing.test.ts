import { beforeAll, describe, expect, it, vi } from "vitest";
import { availabilityKey } from "#domain/rights/availability.ts";
import {
  announce,
  answered,
  bindings,
  type Caller,
  call,
  newArtist,
  newCaller,
  newRelease,
  noise,
  refused,
  send,
  transcode,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { isGranted } from "#workers/ingest/takedowns/takedowns-fixtures.ts";
import type { StudioArtist, StudioRelease, StudioTrack } from "./catalog-contract.ts";
import type { ReleaseChange, TrackChange } from "./editing-contract.ts";

const DAY_MS = 86_400_000;
let artist: Caller;
let job: Caller;
let stranger: Caller;
let seed = 7_000;

beforeAll(async () => {
  [artist, job, stranger] = await Promise.all([newCaller("artist"), newCaller("job"), newCaller("artist")]);
});

interface Published {
  readonly release: StudioRelease;
  readonly trackId: string;
}

async function published(body: Parameters<typeof newRelease>[1] = {}): Promise<Published> {
  seed += 1;
  const release = await newRelease(artist, body);
  const upload = await send(artist, { releaseId: release.id, bytes: noise(2_000, seed) });
  await transcode(job, upload.id);
  await untilState(artist, upload.id, Date.parse(release.release_at) > Date.now() ? "READY" : "PUBLISHED");
  return { release, trackId: upload.track_id };
}

function word(): string {
  return `w${crypto.randomUUID().replaceAll("-", "")}`;
}

function patchTrack(
  id: string,
  body: TrackChange,
  headers: Record<string, string> = {},
  as = artist,
): Promise<Response> {
  return call("PATCH", `/v1/ingest/tracks/${id}`, { as, body, headers });
}

function patchRelease(id: string, body: ReleaseChange, headers: Record<string, string> = {}): Promise<Response> {
  return call("PATCH", `/v1/ingest/releases/${id}`, { as: artist, body, headers });
}

function readTrack(id: string): Promise<StudioTrack> {
  return answered<StudioTrack>(call("GET", `/v1/ingest/tracks/${id}`, { as: artist }), 200);
}

function readRelease(id: string): Promise<StudioRelease> {
  return answered<StudioRelease>(call("GET", `/v1/ingest/releases/${id}`, { as: artist }), 200);
}

type Found = Record<"tracks" | "albums" | "artists", { readonly total: number }>;

async function totals(query: string): Promise<readonly number[]> {
  const { tracks, albums, artists } = await answered<Found>(call("GET", `/v1/search?q=${query}`), 200);
  return [tracks.total, albums.total, artists.total];
}

describe("changing a track", () => {
  it("changes what is given, in the catalog and in search at once [ING-86]", async () => {
    const { trackId } = await published();
    const [title, guest] = [word(), await newArtist(artist, word())];
    const before = await readTrack(trackId);
    const credits = [{ name: "Ada", role: "composer" as const }];
    const artistIds = [before.artists[0]?.id ?? "", guest.id];
    const change = { title, isrc: "ZZ-RIM-26-00001", explicit: true, artist_ids: artistIds, credits };
    const changed = await answered<StudioTrack>(patchTrack(trackId, change), 200);
    expect(changed).toMatchObject({ title, isrc: "ZZRIM2600001", explicit: true, track_number: 1, credits });
    expect(changed.artists.map(({ id }) => id)).toEqual(artistIds);
    expect(await readTrack(trackId)).toEqual(changed);
    expect(await totals(title)).toEqual([1, 0, 0]);
    expect(await totals(guest.name)).toEqual([1, 0, 1]);
    expect(await totals(`${before.title} ${guest.name}`)).toEqual([0, 0, 0]);
    const cleared = { isrc: null, artist_ids: artistIds.slice(0, 1), credits: [] };
    expect(await answered(patchTrack(trackId, cleared), 200)).toMatchObject({ isrc: null, credits: [], title });
    expect(await totals(guest.name)).toEqual([0, 0, 0]);
  });

  it("is done to what the caller has seen, and once [ING-87]", async () => {
    const { trackId } = await published();
    const answer = await call("GET", `/v1/ingest/tracks/${trackId}`, { as: artist });
    const etag = answer.headers.get("etag") ?? "";
    expect((await answer.json<StudioTrack>()).etag).toBe(etag);
    const first = await answered<StudioTrack>(patchTrack(trackId, { title: "First" }, { "if-match": etag }), 200);
    expect(first.etag).not.toBe(etag);
    // The answer got lost, and the request comes again: it is as wanted.
    expect(await answered(patchTrack(trackId, { title: "First" }, { "if-match": etag }), 200)).toEqual(first);
    const late = await patchTrack(trackId, { title: "Second" }, { "if-match": etag });
    expect(late.headers.get("etag")).toBe(first.etag);
    await refused(late, 412, "precondition-failed");
    await refused(
      patchTrack(trackId, { title: "Second" }, { "if-match": `W/${first.etag}` }),
      412,
      "precondition-failed",
    );
    await answered(patchTrack(trackId, { title: "Second" }, { "if-match": `"x", ${first.etag}` }), 200);
    await answered(patchTrack(trackId, { title: "Third" }, { "if-match": "*" }), 200);
  });

  it("of several at once loses none of them [ING-87]", async () => {
    const { trackId } = await published();
    const changes: TrackChange[] = [{ title: "Together" }, { isrc: "ZZRIM2600002" }, { explicit: true }];
    await Promise.all(changes.map((change) => answered(patchTrack(trackId, change), 200)));
    expect(await readTrack(trackId)).toMatchObject({ title: "Together", isrc: "ZZRIM2600002", explicit: true });
  });

  it.each([
    [{ isrc: "nonsense" }, 422, "isrc"],
    [{ artist_ids: ["0".repeat(22)] }, 422, "artist_ids"],
    [{ track_number: 2 }, 422, "track_number"],
    [{ title: " " }, 400, "title"],
    [{ colour: "red" } as TrackChange, 400, ""],
  ])("to %o is refused and changes nothing [ING-86]", async (change, status, field) => {
    const { release, trackId } = await published();
    await announce(artist, { releaseId: release.id, bytes: noise(100, 1), track: { track_number: 2 } });
    const before = await readTrack(trackId);
    const problem = await refused(
      patchTrack(trackId, change),
      status,
      status === 422 ? "unprocessable" : "bad-request",
    );
    expect(problem.errors?.[0]?.path).toBe(field);
    expect(await readTrack(trackId)).toEqual(before);
  });

  it("is its owner's alone [ING-1]", async () => {
    const { trackId, release } = await published();
    await refused(patchTrack(trackId, { title: "Mine" }, {}, stranger), 404, "not-found");
    await refused(call("GET", `/v1/ingest/tracks/${trackId}`, { as: stranger }), 404, "not-found");
    const body = { title: "Mine" };
    await refused(call("PATCH", `/v1/ingest/releases/${release.id}`, { as: stranger, body }), 404, "not-found");
    const theirs = { as: stranger, body: { name: "Mine" } };
    await refused(call("PATCH", `/v1/ingest/artists/${release.artist.id}`, theirs), 404, "not-found");
  });
});

describe("changing an artist", () => {
  it("renames them wherever they are found [ING-88]", async () => {
    const { release } = await published();
    const name = word();
    const path = `/v1/ingest/artists/${release.artist.id}`;
    const { etag } = await answered<StudioArtist>(call("GET", path, { as: artist }), 200);
    const renamed = call("PATCH", path, { as: artist, body: { name }, headers: { "if-match": etag } });
    expect(await answered<StudioArtist>(renamed, 200)).toMatchObject({ id: release.artist.id, name });
    expect(await totals(name)).toEqual([1, 1, 1]);
    expect(await totals(release.artist.name)).toEqual([0, 0, 0]);
  });

  it("keeps the names of an account apart [ING-70]", async () => {
    const [one, other] = [await newArtist(artist, word()), await newArtist(artist, word())];
    const body = { name: one.name.toUpperCase() };
    const problem = await refused(
      call("PATCH", `/v1/ingest/artists/${other.id}`, { as: artist, body }),
      422,
      "unprocessable",
    );
    expect(problem.errors?.[0]?.path).toBe("name");
    await answered(call("PATCH", `/v1/ingest/artists/${one.id}`, { as: artist, body }), 200);
  });
});

describe("changing a release", () => {
  it("changes its facts, and its title in search [ING-89]", async () => {
    const { release } = await published({ upc: "036000291452" });
    const title = word();
    const changed = await answered<StudioRelease>(
      patchRelease(release.id, { title, type: "ep", label: "Rim", upc: null }),
      200,
    );
    expect(changed).toMatchObject({ title, type: "ep", label: "Rim", upc: null, deals: release.deals });
    expect(await totals(title)).toEqual([1, 1, 0]);
    await refused(
      patchRelease(release.id, { title: "Late" }, { "if-match": release.etag }),
      412,
      "precondition-failed",
    );
  });

  it("brings other deals to the edge, for tracks that are out and to come [ING-84]", async () => {
    const { release, trackId } = await published();
    expect(await isGranted(trackId)).toBe(true);
    await answered(patchRelease(release.id, { deals: [] }), 200);
    expect(await isGranted(trackId)).toBe(false);
    const deals = [{ territories: ["DE"] }];
    const changed = await answered<StudioRelease>(patchRelease(release.id, { deals }), 200);
    expect(changed.deals).toMatchObject([{ territories: ["DE"], starts_at: release.release_at }]);
    expect(await isGranted(trackId)).toBe(true);
    expect((await answered<StudioRelease>(patchRelease(release.id, { deals }), 200)).etag).toBe(changed.etag);
  });

  it("to a later day takes its tracks back, and to a past one publishes them [ING-84]", async () => {
    const { release, trackId } = await published();
    const later = new Date(Date.now() + DAY_MS).toISOString();
    const moved = await answered<StudioRelease>(patchRelease(release.id, { release_at: later }), 200);
    expect(moved.deals[0]?.starts_at).toBe(later);
    await refused(call("GET", `/v1/tracks/${trackId}`), 404, "not-found");
    const record = await bindings.RIGHTS.get<{ grants: Record<string, [number, string][]> }>(
      availabilityKey(trackId),
      "json",
    );
    for (const [segment] of Object.values(record?.grants ?? {})) expect(segment?.[0]).toBe(Date.parse(later));

    const ready = await published({ release_at: later });
    await answered(patchRelease(ready.release.id, { release_at: "2020-01-01T00:00:00Z" }), 200);
    await vi.waitFor(async () => expect((await readTrack(ready.trackId)).upload?.state).toBe("PUBLISHED"), 10_000);
    await answered(call("GET", `/v1/tracks/${ready.trackId}`), 200);
  });

  it("to a day after a deal's end is refused where the deal began with it [ING-84]", async () => {
    const deals = [{ territories: ["DE"], ends_at: new Date(Date.now() + DAY_MS).toISOString() }];
    const release = await newRelease(artist, { deals });
    const release_at = new Date(Date.now() + 2 * DAY_MS).toISOString();
    const problem = await refused(patchRelease(release.id, { release_at }), 422, "unprocessable");
    expect(problem.errors?.[0]?.path).toBe("release_at");
  });
});

describe("the order of tracks", () => {
  async function albumOf(count: number): Promise<{ release: StudioRelease; ids: string[] }> {
    const { id } = await newRelease(artist);
    for (let number = 1; number <= count; number++) {
      await announce(artist, { releaseId: id, bytes: noise(100, number), track: { track_number: number } });
    }
    const release = await readRelease(id);
    return { release, ids: release.tracks.map((track) => track.id) };
  }

  function order(release: StudioRelease, tracks: readonly object[], headers: Record<string, string> = {}) {
    return call("PUT", `/v1/ingest/releases/${release.id}/track-order`, { as: artist, body: { tracks }, headers });
  }

  it("is set for all of them at once, disc by disc [ING-85]", async () => {
    const { release, ids } = await albumOf(4);
    const [a, b, c, d] = ids;
    const wanted = [{ id: d }, { id: b }, { id: a, disc_number: 2 }, { id: c, disc_number: 2 }];
    const ordered = await answered<StudioRelease>(order(release, wanted, { "if-match": release.etag }), 200);
    expect(ordered.tracks.map((track) => [track.id, track.disc_number, track.track_number])).toEqual([
      [d, 1, 1],
      [b, 1, 2],
      [a, 2, 1],
      [c, 2, 2],
    ]);
    expect(await answered(order(release, wanted, { "if-match": release.etag }), 200)).toEqual(ordered);
    await refused(
      order(
        release,
        ids.map((id) => ({ id })),
        { "if-match": release.etag },
      ),
      412,
      "precondition-failed",
    );
  });

  it("names each track of the release, once [ING-85]", async () => {
    const { release, ids } = await albumOf(2);
    await refused(order(release, [{ id: ids[0] }]), 409, "conflict");
    await refused(order(release, [{ id: ids[0] }, { id: "0".repeat(22) }]), 409, "conflict");
    await refused(order(release, [{ id: ids[0] }, { id: ids[0] }]), 422, "unprocessable");
    expect(await readRelease(release.id)).toEqual(release);
  });
});
