/** Half a minute for anybody, where the track may be played. */
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { AUDIO_TOKEN_SECONDS } from "#domain/delivery/audio-token.ts";
import { getAlbum, getTrack } from "#workers/api/catalog/catalog-contract.ts";
import {
  ask,
  bindings,
  expectAnswer,
  expectProblem,
  type SeededRelease,
  SLOW_MS,
  seedArtist,
  seedRelease,
  signIn,
} from "#workers/api/catalog/catalog-fixtures.ts";
import { audioClaimsOf, ENDS_IN_MS, wholeSecond } from "#workers/api/playbacks/playbacks-fixtures.ts";
import { freshId } from "#workers/shared/fresh-id.ts";

const { default: edge } = exports as unknown as { readonly default: Pick<Fetcher, "fetch"> };
const ENDS_AT = wholeSecond(Date.now() + ENDS_IN_MS);

let release: SeededRelease;
let withPreview: string;
let without: string;

beforeAll(async () => {
  release = await seedRelease({
    artistId: await seedArtist("Tasted"),
    title: "Tastes",
    deals: [{ territories: ["DE", "FR"] }],
    tracks: [
      { title: "Taste", hasAudio: true, hasPreview: true },
      { title: "Of before", trackNumber: 2, hasAudio: true },
    ],
  });
  [withPreview = "", without = ""] = release.trackIds;
}, SLOW_MS);

const preview = (id: string, country = "DE", token?: string) =>
  ask(`/v1/tracks/${id}/preview`, { country, ...(token === undefined ? {} : { token }) });

async function openedAt(response: Response): Promise<string> {
  expect(response.status).toBe(302);
  expect(response.headers.get("cache-control")).toBe("private, no-store");
  return response.headers.get("location") ?? "";
}

async function storedPreview(id: string) {
  return bindings.CATALOG_0.prepare(
    `SELECT renditions.sha256, renditions.size_bytes FROM renditions
     JOIN recordings ON recordings.master_sha256 = renditions.master_sha256
     WHERE recordings.id = ?1 AND renditions.profile = 'preview'`,
  )
    .bind(id)
    .first<{ sha256: string; size_bytes: number }>();
}

describe("a preview", () => {
  it("redirects anybody to its bytes, signed for minutes and for their country [PRV-1]", async () => {
    const url = await openedAt(await preview(withPreview));
    const stored = await storedPreview(withPreview);
    expect(url.startsWith(`/audio/${stored?.sha256}.mp3?token=`)).toBe(true);
    const claims = await audioClaimsOf({ url });
    expect(claims).toMatchObject({ quality: "preview", track: withPreview, country: "DE" });
    expect(claims.exp - claims.nbf).toBe(AUDIO_TOKEN_SECONDS);
    const audio = await edge.fetch(`https://rimshot.example${url}`, { cf: { country: "DE" } as never });
    expect(audio.status).toBe(200);
    expect((await audio.arrayBuffer()).byteLength).toBe(stored?.size_bytes);
    const elsewhere = await edge.fetch(`https://rimshot.example${url}`, { cf: { country: "FR" } as never });
    expect(elsewhere.status).toBe(403);
  });

  it("takes turns of the account that asks, and of nobody else for a guest [PRV-2]", async () => {
    const listener = await signIn("listener");
    const own = await audioClaimsOf({ url: await openedAt(await preview(withPreview, "DE", listener.token)) });
    expect(own.sub).toBe(listener.accountId);
    const guests = await Promise.all(
      [1, 2].map(async () => audioClaimsOf({ url: await openedAt(await preview(withPreview)) })),
    );
    expect(new Set([own.sub, ...guests.map(({ sub }) => sub)]).size).toBe(3);
  });

  it("is refused where the track may not be played, and where nobody can tell [PRV-3]", async () => {
    await expectProblem(await preview(withPreview, "US"), 451, "not-available-in-country");
    await expectProblem(await preview(withPreview, "XX"), 451, "country-unknown");
  });

  it("ends with the deal [PRV-3]", async () => {
    const ending = await seedRelease({
      artistId: await seedArtist("Brief"),
      title: "Brief",
      deals: [{ territories: ["DE"], endsAt: ENDS_AT }],
      tracks: [{ title: "Brief", hasAudio: true, hasPreview: true }],
    });
    const claims = await audioClaimsOf({ url: await openedAt(await preview(ending.trackIds[0] ?? "")) });
    expect(claims.exp * 1_000).toBe(ENDS_AT);
  });

  it("is not found where none was made, or listeners know no such track [PRV-4]", async () => {
    await expectProblem(await preview(without), 404, "not-found");
    await expectProblem(await preview(freshId()), 404, "not-found");
    const early = await seedRelease({
      artistId: await seedArtist("Early"),
      title: "Early",
      releaseAt: Date.now() + 3_600_000,
      tracks: [{ title: "Early", hasAudio: true, hasPreview: true }],
    });
    await expectProblem(await preview(early.trackIds[0] ?? ""), 404, "not-found");
  });

  it("stands in the catalog where there is one that may be heard [PRV-5]", async () => {
    const path = `/v1/tracks/${withPreview}/preview`;
    const track = await expectAnswer(await ask(`/v1/tracks/${withPreview}`, { country: "DE" }), getTrack, 200);
    expect(track.preview_url).toBe(path);
    const elsewhere = await expectAnswer(await ask(`/v1/tracks/${withPreview}`, { country: "US" }), getTrack, 200);
    expect(elsewhere.preview_url).toBeNull();
    const album = await expectAnswer(await ask(`/v1/albums/${release.id}`, { country: "DE" }), getAlbum, 200);
    expect(album.tracks.items.map(({ preview_url }) => preview_url)).toEqual([path, null]);
  });

  it("is no rung: no playback offers it [PRV-6]", async () => {
    const { token } = await signIn("listener");
    const body = { track_id: withPreview };
    const answer = await ask("/v1/playbacks", { method: "POST", body, country: "DE", token });
    const { renditions, waveform } = await answer.json<{ renditions: { profile: string }[]; waveform: string }>();
    expect(renditions.map(({ profile }) => profile)).not.toContain("preview");
    expect(waveform).toHaveLength(1_336);
  });
});
