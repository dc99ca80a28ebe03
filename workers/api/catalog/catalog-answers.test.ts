/** Who may keep an answer, what comes with it for whom, and what is left of it when others do not answer. */
import { beforeAll, describe, expect, it } from "vitest";
import { apiRoutes } from "#workers/api/index.ts";
import type { RouteContract } from "#workers/shared/http/route-contract.ts";
import * as contract from "./catalog-contract.ts";
import {
  ask,
  bindings,
  type Caller,
  expectAnswer,
  expectProblem,
  requestOf,
  type SeededRelease,
  SLOW_MS,
  seedArtist,
  seedPlays,
  seedRelease,
  signIn,
} from "./catalog-fixtures.ts";

let artistId: string;
let release: SeededRelease;
let trackId: string;
let listener: Caller;

beforeAll(async () => {
  listener = await signIn("listener");
  artistId = await seedArtist("Answering Heron");
  release = await seedRelease({
    artistId,
    title: "Herons",
    deals: [{ territories: ["DE"] }],
    tracks: [{ title: "Heron", hasAudio: true }],
  });
  trackId = release.trackIds[0] ?? "";
  await seedPlays(trackId, 4);
}, SLOW_MS);

/** An example of each route; one without an example fails here. */
function examplePath({ path }: RouteContract): string {
  const ids: Record<string, string> = { tracks: trackId, albums: release.id, artists: artistId };
  const kind = /^\/v1\/([a-z]+)\/:id/.exec(path)?.[1] ?? "";
  return path === contract.search.path ? `${path}?q=heron` : path.replace(":id", ids[kind] ?? "no example");
}

describe("an answer", { timeout: SLOW_MS }, () => {
  it("of each route is what its contract says, and no more, whoever asks and from wherever [CAT-20]", async () => {
    for (const route of contract.CATALOG_ROUTES) {
      for (const options of [{}, { country: "DE" }, { country: "US" }, { country: "DE", token: listener.token }]) {
        await expectAnswer(await ask(examplePath(route), options), route, 200);
      }
    }
  });

  it("would not pass with a field more, a field less or a field of another type [CAT-20]", async () => {
    const whole = await expectAnswer(await ask(`/v1/tracks/${trackId}`), contract.getTrack, 200);
    const { name, ...less } = whole;
    const otherAlbum = { ...whole.album, artists: [{ ...whole.album.artists[0], owner: name }] };
    for (const wrong of [
      { ...whole, isrc: null },
      less,
      { ...whole, duration_ms: 0.5 },
      { ...whole, album: otherAlbum },
    ]) {
      await expect(expectAnswer(Response.json(wrong), contract.getTrack, 200)).rejects.toThrow();
    }
  });

  it("is for the caller's own cache and for less than a minute, since it is the country's and the account's [CAT-14]", async () => {
    for (const path of contract.CATALOG_ROUTES.map(examplePath)) {
      const answer = await ask(path, { country: "DE" });
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get("cache-control"), path).toBe("private, max-age=15");
      expect(answer.headers.get("vary")?.toLowerCase(), path).toBe("authorization");
    }
  });

  it("that there is nothing is kept by nobody: what is not out may be in a moment [CAT-14]", async () => {
    for (const path of ["tracks", "albums", "artists"]) {
      await expectProblem(await ask(`/v1/${path}/${"0".repeat(22)}`), 404, "not-found");
    }
  });
});

describe("a track", { timeout: SLOW_MS }, () => {
  it("says whether the caller may play it, and signs nothing for anybody [CAT-15]", async () => {
    const job = await signIn("job");
    for (const token of [undefined, listener.token, job.token]) {
      for (const country of ["DE", "US", undefined]) {
        const options = { ...(token === undefined ? {} : { token }), ...(country === undefined ? {} : { country }) };
        const track = await expectAnswer(await ask(`/v1/tracks/${trackId}`, options), contract.getTrack, 200);
        expect(track.is_playable).toBe(country === "DE");
        expect(JSON.stringify(track)).not.toMatch(/token|\/audio\//);
      }
    }
  });

  it("is not what a bad token falls back to: it is refused [CAT-15]", async () => {
    const answer = await ask(`/v1/tracks/${trackId}`, { country: "DE", token: `${listener.token.slice(0, -4)}AAAA` });
    await expectProblem(answer, 401, "unauthenticated");
  });
});

describe("without accounting", { timeout: SLOW_MS }, () => {
  const countedPaths = () =>
    [
      [`/v1/tracks/${trackId}`, contract.getTrack],
      [`/v1/artists/${artistId}/top-tracks`, contract.getArtistTopTracks],
      ["/v1/search?q=heron&type=track", contract.search],
    ] as const;

  const askWith = (path: string, playCounts: () => Promise<never>) => {
    const ACCOUNTING = { playCounts } as unknown as ApiEnv["ACCOUNTING"];
    return apiRoutes.app.fetch(requestOf(path, { country: "DE" }), { ...bindings, ACCOUNTING });
  };

  it("pages are answered, and say that the counts are not known [CAT-13]", async () => {
    const fails = () => Promise.reject(new Error("accounting does not answer"));
    for (const [path, route] of countedPaths()) {
      const answer = await expectAnswer(await askWith(path, fails), route, 200);
      for (const unknown of ['"popularity":null', '"play_count":null']) {
        expect(JSON.stringify(answer), path).toContain(unknown);
      }
    }
    const track = await expectAnswer(await ask(`/v1/tracks/${trackId}`), contract.getTrack, 200);
    expect(track).toMatchObject({ play_count: 4, popularity: 13 });
  });

  it("pages do not wait for a count that does not come [CAT-13]", async () => {
    const answer = await askWith(`/v1/tracks/${trackId}`, () => new Promise<never>(() => undefined));
    expect(await expectAnswer(answer, contract.getTrack, 200)).toMatchObject({ play_count: null, popularity: null });
  });
});
