/** From the catalog to the count, over HTTP, against all five Workers in one local process. */
import { createHash, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { Album, SearchAnswer, Track } from "#workers/api/catalog/catalog-contract.ts";
import type { Playback, RecentlyPlayed } from "#workers/api/plays/plays-contract.ts";
import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import { accessTokenOf, ask, askJson, eventually } from "./service-fixtures.ts";

const system = inject("system");
const QUALIFYING_MS = 30_000;

let listener: string;
let releases: readonly StudioRelease[];
let playback: Playback;
let startedAt: number;

async function albumsIn(country: string): Promise<readonly Album[]> {
  const { albums } = await askJson<{ albums: { items: Album[] } }>("/v1/browse/new-releases?limit=50", { country });
  return Promise.all(albums.items.map(({ id }) => askJson<Album>(`/v1/albums/${id}`, { country })));
}

beforeAll(async () => {
  listener = await accessTokenOf("listener");
  const artist = await accessTokenOf("artist");
  releases = (await askJson<{ items: StudioRelease[] }>("/v1/ingest/releases", { token: artist })).items;
  const worldwide = (await albumsIn("US")).flatMap(({ tracks }) => tracks.items).find((track) => track.is_playable);
  playback = await askJson<Playback>("/v1/playbacks", {
    method: "POST",
    token: listener,
    body: { track_id: worldwide?.id },
  });
  startedAt = Date.now();
});

describe("the demo catalog", () => {
  it("has three artists, four releases and twelve tracks at least", async () => {
    const tracks = releases.flatMap((release) => release.tracks);
    expect(new Set(releases.map((release) => release.artist.id)).size).toBeGreaterThanOrEqual(3);
    expect(releases.length).toBeGreaterThanOrEqual(4);
    expect(tracks.length).toBeGreaterThanOrEqual(12);
    // Other tests publish for the same artist.
    const published = tracks.filter((track) => track.upload?.state === "PUBLISHED").length;
    expect(system.tracks).toBeGreaterThanOrEqual(12);
    expect(published).toBeGreaterThanOrEqual(system.tracks);
  });

  it("hides the release of a future date from listeners, and keeps it READY", async () => {
    const future = releases.filter((release) => Date.parse(release.release_at) > Date.now());
    expect(future).toHaveLength(1);
    for (const { id, title, tracks } of future) {
      expect(tracks.map((track) => track.upload?.state)).toEqual(tracks.map(() => "READY"));
      expect((await ask(`/v1/albums/${id}`)).status).toBe(404);
      expect((await ask(`/v1/tracks/${tracks[0]?.id}`, { token: listener })).status).toBe(404);
      const found = await askJson<SearchAnswer>(`/v1/search?q=${encodeURIComponent(title)}`);
      expect(found.albums?.items.map((album) => album.id)).not.toContain(id);
    }
  });
});

describe("rights", () => {
  it("refuse a playback in a country without a deal, before anything is signed", async () => {
    const blocked = (await albumsIn("DE")).flatMap(({ tracks }) => tracks.items).filter((track) => !track.is_playable);
    expect(blocked.length).toBeGreaterThan(0);
    const body = { track_id: blocked[0]?.id };
    const refused = await ask("/v1/playbacks", { method: "POST", token: listener, country: "DE", body });
    expect(refused.status).toBe(451);
    expect(await refused.json()).toMatchObject({ type: "urn:rimshot:problem:not-available-in-country" });
    const track = await askJson<Track>(`/v1/tracks/${blocked[0]?.id}`, { token: listener, country: "DE" });
    expect(track.restrictions).toEqual({ reason: "market" });
    const elsewhere = await askJson<Playback>("/v1/playbacks", {
      method: "POST",
      token: listener,
      country: "FR",
      body,
    });
    const url = elsewhere.renditions[0]?.url ?? "";
    expect((await ask(url, { country: "FR", headers: { range: "bytes=0-9" } })).status).toBe(206);
    expect((await ask(url, { country: "DE", headers: { range: "bytes=0-9" } })).status).toBe(451);
  });
});

describe("audio", () => {
  it("is, put together from its ranges, the file that its name says", async () => {
    for (const { url, size_bytes: size, profile } of playback.renditions) {
      const hash = createHash("sha256");
      const step = Math.ceil(size / 7);
      for (let first = 0; first < size; first += step) {
        const answer = await ask(url, { headers: { range: `bytes=${first}-${first + step - 1}` } });
        expect(answer.status).toBe(206);
        hash.update(Buffer.from(await answer.arrayBuffer()));
      }
      expect(hash.digest("hex"), profile).toBe(/\/audio\/([0-9a-f]{64})/.exec(url)?.[1]);
    }
  });

  it("is refused with a tampered token, and outside the file", async () => {
    const url = playback.renditions[0]?.url ?? "";
    const tampered = url.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    expect((await ask(tampered)).status).toBe(403);
    const outside = await ask(url, { headers: { range: "bytes=999999999-" } });
    expect(outside.status).toBe(416);
    expect(outside.headers.get("content-range")).toBe(`bytes */${playback.renditions[0]?.size_bytes}`);
  });
});

describe("counting", () => {
  it("counts a play once, however often and in whatever order its events come", async () => {
    const path = `/v1/tracks/${playback.track_id}`;
    const before = (await askJson<Track>(path)).play_count ?? 0;
    const event = (seq: number, kind: string, spans: readonly object[]) => ({
      event_id: randomUUID(),
      play_token: playback.play_token,
      seq,
      kind,
      spans,
    });
    const events = [
      event(0, "start", []),
      event(1, "progress", [{ from_ms: 0, to_ms: 16_000 }]),
      event(2, "end", [{ from_ms: 16_000, to_ms: 31_000 }]),
    ];
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAt + QUALIFYING_MS - Date.now())));
    for (const some of [[events[2]], events, [...events].reverse(), [events[0], events[0]]]) {
      const answer = await ask("/v1/me/play-events", { method: "POST", token: listener, body: { events: some } });
      expect(answer.status).toBe(202);
    }
    const counted = await eventually(
      () => askJson<Track>(path),
      (track) => (track.play_count ?? 0) > before,
    );
    expect(counted.play_count).toBe(before + 1);
    const history = await askJson<RecentlyPlayed>("/v1/me/player/recently-played", { token: listener });
    expect(history.items.filter((item) => item.playback_id === playback.id)).toHaveLength(1);
  });
});

describe("the whole", () => {
  it("says at /readyz that nothing is degraded", async () => {
    expect(await askJson("/readyz")).toMatchObject({ status: "ok", worker: "edge" });
  });
});
