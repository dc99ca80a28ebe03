/** What a listener is shown of the catalog, and what of it may be played where. */
import { beforeAll, describe, expect, it } from "vitest";
import { freshId } from "#workers/shared/fresh-id.ts";
import * as contract from "./catalog-contract.ts";
import {
  ask,
  bindings,
  copyTrack,
  expectAnswer,
  expectProblem,
  type SeededRelease,
  SLOW_MS,
  seedArtist,
  seedPlays,
  seedRelease,
} from "./catalog-fixtures.ts";

let artistId: string;
let guestId: string;
let album: SeededRelease;

beforeAll(async () => {
  artistId = await seedArtist("Ada & the Rims");
  guestId = await seedArtist("Grace");
  album = await seedRelease({
    artistId,
    title: "Shots",
    label: "Rim Records",
    upc: "4006381333931",
    deals: [{ territories: ["DE", "FR"] }],
    tracks: [
      { title: "Second", trackNumber: 2, artistIds: [guestId, artistId], durationMs: 61_234 },
      { title: "First", trackNumber: 1, isrc: "AA6Q72000047", explicit: true },
      { title: "Third", discNumber: 2, trackNumber: 1 },
    ],
  });
}, SLOW_MS);

describe("a track", { timeout: SLOW_MS }, () => {
  it("is shown with its artists in the order of their credits, its release and its identifiers [CAT-8]", async () => {
    const [second = "", first = ""] = album.trackIds;
    const track = await expectAnswer(await ask(`/v1/tracks/${second}`, { country: "DE" }), contract.getTrack, 200);
    expect(track).toMatchObject({
      id: second,
      name: "Second",
      href: `/v1/tracks/${second}`,
      uri: `rimshot:track:${second}`,
      artists: [{ name: "Grace" }, { name: "Ada & the Rims" }],
      track_number: 2,
      duration_ms: 61_234,
      explicit: false,
      external_ids: {},
      album: { id: album.id, name: "Shots", total_tracks: 3, album_type: "album", artists: [{ id: artistId }] },
    });
    const other = await expectAnswer(await ask(`/v1/tracks/${first}`), contract.getTrack, 200);
    expect(other).toMatchObject({ explicit: true, external_ids: { isrc: "AA6Q72000047" } });
  });

  it.each(["0".repeat(22), "short", "%27%20OR%201=1--", "z".repeat(22)])(
    "of the id %s is not there [CAT-8]",
    async (id) => {
      await expectProblem(await ask(`/v1/tracks/${id}`, { country: "DE" }), 404, "not-found");
    },
  );

  it("has its plays counted, and its popularity from them [CAT-13]", async () => {
    const [, , third = ""] = album.trackIds;
    const before = await expectAnswer(await ask(`/v1/tracks/${third}`), contract.getTrack, 200);
    expect(before).toMatchObject({ play_count: 0, popularity: 0 });
    await seedPlays(third, 10);
    const after = await expectAnswer(await ask(`/v1/tracks/${third}`), contract.getTrack, 200);
    expect(after).toMatchObject({ play_count: 10, popularity: 20 });
  });

  it("whose length was never measured is not there, and has no playback [CAT-19]", async () => {
    const { trackIds, id } = await seedRelease({
      artistId,
      title: "Unmeasured",
      tracks: [{ title: "A" }, { title: "B" }],
    });
    const [whole = "", unmeasured = ""] = trackIds;
    for (const durationMs of [0, null]) {
      await bindings.CATALOG_0.prepare(
        "UPDATE masters SET duration_ms = ?2 WHERE sha256 = (SELECT master_sha256 FROM recordings WHERE id = ?1)",
      )
        .bind(unmeasured, durationMs)
        .run();
      await expectProblem(await ask(`/v1/tracks/${unmeasured}`), 404, "not-found");
      const { tracks } = await expectAnswer(await ask(`/v1/albums/${id}`), contract.getAlbum, 200);
      expect(tracks.items.map((track) => track.id)).toEqual([whole]);
    }
  });
});

describe("an album", { timeout: SLOW_MS }, () => {
  it("comes with its tracks by disc and number [CAT-11]", async () => {
    const answer = await expectAnswer(await ask(`/v1/albums/${album.id}`, { country: "DE" }), contract.getAlbum, 200);
    expect(answer).toMatchObject({
      name: "Shots",
      label: "Rim Records",
      copyrights: [{ text: "Rim Records", type: "P" }],
      external_ids: { upc: "4006381333931" },
      total_tracks: 3,
      images: [{ url: `/covers/generated/${album.id}.svg` }],
      release_date: new Date().toISOString().slice(0, 10),
    });
    expect(answer.tracks.items.map((track) => track.name)).toEqual(["First", "Second", "Third"]);
  });

  it("shows its cover by its bytes once it has one [CAT-22]", async () => {
    const { id } = await seedRelease({ artistId, title: "Covered", tracks: [{ title: "C" }] });
    await bindings.CATALOG_0.prepare("UPDATE releases SET cover_sha256 = ?2, cover_extension = 'png' WHERE id = ?1")
      .bind(id, "c".repeat(64))
      .run();
    const { images } = await expectAnswer(await ask(`/v1/albums/${id}`), contract.getAlbum, 200);
    expect(images[0]?.url).toBe(`/covers/${"c".repeat(64)}.png`);
  });

  it("of more tracks than come with it is read to its end by following the links [CAT-21]", async () => {
    const box = await seedRelease({ artistId, title: "Box", tracks: [{ title: "Disc" }] });
    await copyTrack(box.trackIds[0] ?? "", 349);
    const answer = await expectAnswer(await ask(`/v1/albums/${box.id}`), contract.getAlbum, 200);
    expect(answer.total_tracks).toBe(350);
    expect(answer.tracks).toMatchObject({ limit: 300, total: 350, previous: null });
    const rest = await expectAnswer(await ask(answer.tracks.next ?? ""), contract.getAlbumTracks, 200);
    expect(rest).toMatchObject({ offset: 300, next: null });
    const numbers = [...answer.tracks.items, ...rest.items].map((track) => track.track_number);
    expect(numbers).toEqual(Array.from({ length: 350 }, (_unused, index) => index + 1));
    const itself = await expectAnswer(await ask(answer.tracks.href), contract.getAlbumTracks, 200);
    expect(itself).toEqual(answer.tracks);
    expect(await expectAnswer(await ask(rest.previous ?? ""), contract.getAlbumTracks, 200)).toEqual(answer.tracks);
    await expectProblem(await ask(`/v1/albums/${box.id}/tracks?limit=301`), 400, "bad-request");
    await expectProblem(await ask(`/v1/albums/${freshId()}/tracks`), 404, "not-found");
  });
});

describe("what may be played", { timeout: SLOW_MS }, () => {
  const playable = async (country?: string) => {
    const options = country === undefined ? {} : { country };
    const { tracks } = await expectAnswer(await ask(`/v1/albums/${album.id}`, options), contract.getAlbum, 200);
    const [track] = tracks.items;
    return { is_playable: track?.is_playable, restrictions: track?.restrictions };
  };

  it("is what the country has a deal for, and the rest says why it is not [CAT-12]", async () => {
    for (const country of ["DE", "FR"]) expect(await playable(country)).toEqual({ is_playable: true });
    const restricted = { is_playable: false, restrictions: { reason: "market" } };
    for (const country of ["US", "AT", "ZZ"]) expect(await playable(country)).toEqual(restricted);
  });

  it("is nothing where the country is not known [CAT-12]", async () => {
    const restricted = { is_playable: false, restrictions: { reason: "market" } };
    for (const country of [undefined, "XX", "T1", "de"]) expect(await playable(country)).toEqual(restricted);
  });

  it("is nothing without a record, and nothing where the record is of another version [CAT-12]", async () => {
    const { trackIds } = await seedRelease({ artistId, title: "Withdrawn", tracks: [{ title: "W" }] });
    const [id = ""] = trackIds;
    const isPlayable = async () => {
      const track = await expectAnswer(await ask(`/v1/tracks/${id}`, { country: "DE" }), contract.getTrack, 200);
      return track.is_playable;
    };
    expect(await isPlayable()).toBe(true);
    const record = JSON.parse((await bindings.RIGHTS.get(`availability/${id}`)) ?? "{}");
    await bindings.RIGHTS.put(`availability/${id}`, JSON.stringify({ ...record, v: 2 }));
    expect(await isPlayable()).toBe(false);
    await bindings.RIGHTS.delete(`availability/${id}`);
    expect(await isPlayable()).toBe(false);
  });

  it("is looked up for each of many tracks, however many a read may ask for [CAT-12]", async () => {
    const many = await seedRelease({ artistId, title: "Many", tracks: [{ title: "M" }] });
    await copyTrack(many.trackIds[0] ?? "", 150);
    const rows = await bindings.CATALOG_0.prepare(
      "SELECT id FROM recordings WHERE release_id = ?1 ORDER BY track_number",
    )
      .bind(many.id)
      .all<{ id: string }>();
    const ids = rows.results.map((row) => row.id);
    const record = (await bindings.RIGHTS.get(`availability/${many.trackIds[0]}`)) ?? "";
    const open = ids.filter((_id, index) => index % 50 === 1);
    await Promise.all(open.map((id) => bindings.RIGHTS.put(`availability/${id}`, record)));
    const { tracks } = await expectAnswer(
      await ask(`/v1/albums/${many.id}`, { country: "DE" }),
      contract.getAlbum,
      200,
    );
    const played = tracks.items.filter((track) => track.is_playable).map((track) => track.id);
    expect(played).toEqual([ids[0], ...open]);
  });
});

describe("an artist", { timeout: SLOW_MS }, () => {
  it("is shown with the cover of the newest release for a portrait [CAT-22]", async () => {
    const id = await seedArtist("Portrayed");
    const nowMs = Date.now();
    const covers = new Map<string, string>();
    for (const [title, ageMs] of [
      ["Old", 9_000],
      ["Newest", 1_000],
      ["Older", 20_000],
    ] as const) {
      const release = await seedRelease({ artistId: id, title, releaseAt: nowMs - ageMs, tracks: [{ title }] });
      covers.set(title, `/covers/generated/${release.id}.svg`);
    }
    const answer = await expectAnswer(await ask(`/v1/artists/${id}`), contract.getArtist, 200);
    expect(answer).toMatchObject({ id, type: "artist", name: "Portrayed", genres: [] });
    expect(answer.images).toEqual([{ url: covers.get("Newest"), height: null, width: null }]);
  });

  it("who is only a guest is there, without releases and with the tracks [CAT-9]", async () => {
    const guest = await expectAnswer(await ask(`/v1/artists/${guestId}`), contract.getArtist, 200);
    expect(guest).toMatchObject({ name: "Grace", images: [] });
    const albums = await expectAnswer(await ask(`/v1/artists/${guestId}/albums`), contract.getArtistAlbums, 200);
    expect(albums).toMatchObject({ items: [], total: 0 });
    const top = await expectAnswer(await ask(`/v1/artists/${guestId}/top-tracks`), contract.getArtistTopTracks, 200);
    expect(top.tracks.map((track) => track.name)).toEqual(["Second"]);
  });

  it("whom a release names without a credit on any of its tracks is there [CAT-9]", async () => {
    const various = await seedArtist("Various");
    const { id } = await seedRelease({
      artistId: various,
      title: "Sampler",
      type: "compilation",
      tracks: [{ title: "S", artistIds: [guestId] }],
    });
    const shown = await expectAnswer(await ask(`/v1/albums/${id}`), contract.getAlbum, 200);
    const href = shown.artists[0]?.href ?? "";
    expect(await expectAnswer(await ask(href), contract.getArtist, 200)).toMatchObject({ name: "Various" });
    const top = await expectAnswer(await ask(`${href}/top-tracks`), contract.getArtistTopTracks, 200);
    expect(top).toEqual({ tracks: [] });
  });

  it.each(["", "/albums", "/top-tracks"])("who has nothing out is not there, at %s [CAT-9]", async (path) => {
    const silent = await seedArtist("Silent");
    await seedRelease({
      artistId: silent,
      title: "Later",
      releaseAt: Date.now() + 3_600_000,
      tracks: [{ title: "L" }],
    });
    await seedRelease({ artistId: silent, title: "Unfinished", tracks: [{ title: "U", isPublished: false }] });
    for (const id of [silent, freshId<string>()]) {
      await expectProblem(await ask(`/v1/artists/${id}${path}`), 404, "not-found");
    }
  });

  it("has the most played tracks first, the newest of those played alike, and ten at most [CAT-11]", async () => {
    const popular = await seedArtist("Popular");
    const titles = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];
    const { trackIds } = await seedRelease({
      artistId: popular,
      title: "Hits",
      tracks: titles.map((title) => ({ title })),
    });
    await seedPlays(trackIds[1] ?? "", 3);
    await seedPlays(trackIds[4] ?? "", 7);
    const top = await expectAnswer(
      await ask(`/v1/artists/${popular}/top-tracks`, { country: "DE" }),
      contract.getArtistTopTracks,
      200,
    );
    const [first, second] = [trackIds[4] ?? "", trackIds[1] ?? ""];
    // Ids sort by time: the newest is the greatest.
    const others = trackIds
      .filter((id) => id !== first && id !== second)
      .toSorted()
      .reverse();
    expect(top.tracks.map((track) => track.id)).toEqual([first, second, ...others].slice(0, 10));
    expect(top.tracks.slice(0, 3).map((track) => track.play_count)).toEqual([7, 3, 0]);
  });
});
