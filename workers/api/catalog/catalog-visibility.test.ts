/** What is not out is nowhere: not by its id, in no list, in no search, and not to be played. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { publishRelease } from "#workers/ingest/publishing/publishing-actions.ts";
import * as contract from "./catalog-contract.ts";
import {
  ask,
  bindings,
  type Caller,
  expectAnswer,
  expectProblem,
  type SeededRelease,
  SLOW_MS,
  seedArtist,
  seedRelease,
  signIn,
} from "./catalog-fixtures.ts";

const HOUR_MS = 3_600_000;
/** Less than an access token lasts. */
const COMES_OUT_IN_MS = 5 * 60_000;

let listener: Caller;

beforeAll(async () => {
  listener = await signIn("listener");
}, SLOW_MS);

afterEach(() => {
  vi.useRealTimers();
});

/** Where a listener comes across a release, a track or an artist. */
async function placesOf(artistId: string, release: SeededRelease, word: string): Promise<Record<string, boolean>> {
  const [trackId = ""] = release.trackIds;
  const country = "DE";
  const isThere = async (path: string) => {
    const answer = await ask(path, { country });
    if (answer.status !== 200) await expectProblem(answer, 404, "not-found");
    return answer.status === 200;
  };
  const news = await expectAnswer(await ask("/v1/browse/new-releases?limit=50"), contract.getNewReleases, 200);
  const found = await expectAnswer(await ask(`/v1/search?q=${word}`, { country }), contract.search, 200);
  const hasId = (items: readonly { id: string }[] = [], id = "") => items.some((item) => item.id === id);
  const body = { track_id: trackId };
  const playback = await ask("/v1/playbacks", { method: "POST", token: listener.token, country, body });
  return {
    track: await isThere(`/v1/tracks/${trackId}`),
    album: await isThere(`/v1/albums/${release.id}`),
    albumTracks: await isThere(`/v1/albums/${release.id}/tracks`),
    artist: await isThere(`/v1/artists/${artistId}`),
    artistAlbums: await isThere(`/v1/artists/${artistId}/albums`),
    artistTopTracks: await isThere(`/v1/artists/${artistId}/top-tracks`),
    newReleases: hasId(news.albums.items, release.id),
    searchedTracks: hasId(found.tracks?.items, trackId),
    searchedArtists: hasId(found.artists?.items, artistId),
    searchedAlbums: hasId(found.albums?.items, release.id),
    playback: playback.status === 201,
  };
}

const PLACES = [
  "track",
  "album",
  "albumTracks",
  "artist",
  "artistAlbums",
  "artistTopTracks",
  "newReleases",
  "searchedTracks",
  "searchedArtists",
  "searchedAlbums",
  "playback",
];
const EVERYWHERE = Object.fromEntries(PLACES.map((place) => [place, true]));
const NOWHERE = Object.fromEntries(PLACES.map((place) => [place, false]));

describe("a release", { timeout: SLOW_MS }, () => {
  it("is everywhere once it is out [CAT-8]", async () => {
    const artistId = await seedArtist("Visible Aardvark");
    const release = await seedRelease({ artistId, title: "Aardvark", tracks: [{ title: "Aardvark", hasAudio: true }] });
    expect(await placesOf(artistId, release, "aardvark")).toEqual(EVERYWHERE);
  });

  it("is nowhere before its instant, and everywhere when it is published after it [CAT-8]", async () => {
    const artistId = await seedArtist("Coming Badger");
    const releaseAt = Date.now() + COMES_OUT_IN_MS;
    const tracks = [{ title: "Badger", hasAudio: true }];
    const release = await seedRelease({ artistId, title: "Badger", releaseAt, tracks });
    expect(await placesOf(artistId, release, "badger")).toEqual(NOWHERE);
    vi.useFakeTimers({ toFake: ["Date"], now: releaseAt - 1 });
    await publishRelease(bindings, release.id);
    expect(await placesOf(artistId, release, "badger")).toEqual(NOWHERE);
    vi.setSystemTime(releaseAt);
    await publishRelease(bindings, release.id);
    expect(await placesOf(artistId, release, "badger")).toEqual(EVERYWHERE);
  });

  it("is nowhere while none of its tracks is published, though its instant is past [CAT-8]", async () => {
    const artistId = await seedArtist("Unready Civet");
    const tracks = [{ title: "Civet", isPublished: false, hasAudio: true }];
    const release = await seedRelease({ artistId, title: "Civet", tracks });
    expect(await placesOf(artistId, release, "civet")).toEqual(NOWHERE);
  });

  it("is nowhere again when it is moved to a later day after it was out [CAT-8]", async () => {
    const artistId = await seedArtist("Moved Dingo");
    const release = await seedRelease({ artistId, title: "Dingo", tracks: [{ title: "Dingo", hasAudio: true }] });
    expect(await placesOf(artistId, release, "dingo")).toEqual(EVERYWHERE);
    const move = bindings.CATALOG_0.prepare("UPDATE releases SET release_at = ?2 WHERE id = ?1");
    await move.bind(release.id, Date.now() + HOUR_MS).run();
    expect(await placesOf(artistId, release, "dingo")).toEqual(NOWHERE);
  });

  it("is nowhere when it is taken back, whatever its tracks say [CAT-8]", async () => {
    const artistId = await seedArtist("Withdrawn Egret");
    const release = await seedRelease({ artistId, title: "Egret", tracks: [{ title: "Egret", hasAudio: true }] });
    await bindings.CATALOG_0.prepare("UPDATE releases SET published_at = NULL WHERE id = ?1").bind(release.id).run();
    expect(await placesOf(artistId, release, "egret")).toEqual(NOWHERE);
  });
});

describe("a track that is not out on a release that is", { timeout: SLOW_MS }, () => {
  it("is left out of the release, its count, its artists and its guests [CAT-8]", async () => {
    const artistId = await seedArtist("Partly Ferret");
    const guestId = await seedArtist("Concealed Ferret");
    const release = await seedRelease({
      artistId,
      title: "Ferrets",
      tracks: [{ title: "Out" }, { title: "Tarrying", artistIds: [guestId], isPublished: false }],
    });
    const [out, waiting] = release.trackIds;
    const album = await expectAnswer(await ask(`/v1/albums/${release.id}`), contract.getAlbum, 200);
    expect(album.total_tracks).toBe(1);
    expect(album.tracks).toMatchObject({ total: 1, items: [{ id: out }] });
    await expectProblem(await ask(`/v1/tracks/${waiting}`), 404, "not-found");
    await expectProblem(await ask(`/v1/artists/${guestId}`), 404, "not-found");
    for (const word of ["tarrying", "concealed"]) {
      const found = await expectAnswer(await ask(`/v1/search?q=${word}`), contract.search, 200);
      for (const page of [found.tracks, found.artists, found.albums])
        expect(page).toMatchObject({ items: [], total: 0 });
    }
  });
});
