/** From the listener's one origin to the sound: the edge, the api behind it, and the bytes that the signed URL opens. */
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { LADDER } from "#domain/ingest/ladder.ts";
import { getAlbum, search } from "#workers/api/catalog/catalog-contract.ts";
import {
  type AskOptions,
  ask,
  bindings,
  type Caller,
  expectAnswer,
  expectProblem,
  SLOW_MS,
  seedArtist,
  seedRelease,
  signIn,
} from "#workers/api/catalog/catalog-fixtures.ts";
import { type Rendition, startPlayback } from "#workers/api/plays/plays-contract.ts";

const { default: edge } = exports as unknown as { readonly default: Pick<Fetcher, "fetch"> };

let listener: Caller;
let trackId: string;
let releaseId: string;

beforeAll(async () => {
  listener = await signIn("listener");
  const artistId = await seedArtist("Walked Ibis");
  const release = await seedRelease({
    artistId,
    title: "Ibises",
    deals: [{ excludedTerritories: ["FR"] }],
    tracks: [{ title: "Ibis", hasAudio: true }],
  });
  releaseId = release.id;
  trackId = release.trackIds[0] ?? "";
}, SLOW_MS);

function askEdge(path: string, options: AskOptions = {}): Promise<Response> {
  return ask(path, { country: "DE", ...options, to: edge });
}

function beginAt(country: string): Promise<Response> {
  return askEdge("/v1/playbacks", { method: "POST", country, token: listener.token, body: { track_id: trackId } });
}

async function renditionsFor(country: string): Promise<readonly Rendition[]> {
  return (await expectAnswer(await beginAt(country), startPlayback, 201)).renditions;
}

async function storedBytes({ url }: Rendition): Promise<Uint8Array> {
  const key = url.replace(/^\/audio\//, "a/").replace(/\?.*$/, "");
  const object = await bindings.RENDITIONS.get(key);
  return new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0));
}

describe("a listener at the edge", { timeout: SLOW_MS }, () => {
  it("finds a track, begins it and hears any part of each of its files [PB-7]", async () => {
    const { tracks } = await expectAnswer(await askEdge("/v1/search?q=ibis&type=track"), search, 200);
    expect(tracks?.items).toMatchObject([{ id: trackId, is_playable: true }]);
    const renditions = await renditionsFor("DE");
    expect(renditions).toHaveLength(LADDER.length);
    for (const rendition of renditions) {
      const bytes = await storedBytes(rendition);
      expect(bytes).toHaveLength(rendition.size_bytes);
      const part = await askEdge(rendition.url, { headers: { range: "bytes=1000-1999" } });
      expect(part.status).toBe(206);
      expect(part.headers.get("content-range")).toBe(`bytes 1000-1999/${rendition.size_bytes}`);
      expect(part.headers.get("content-type")).toBe(rendition.mime_type);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(1_000, 2_000));
    }
  });

  it("in a country without a deal is refused the playback, and the sound of one begun elsewhere [PB-7]", async () => {
    await expectProblem(await beginAt("FR"), 451, "not-available-in-country");
    const album = await expectAnswer(await askEdge(`/v1/albums/${releaseId}`, { country: "FR" }), getAlbum, 200);
    expect(album.tracks.items).toMatchObject([{ is_playable: false, restrictions: { reason: "market" } }]);
    const [rendition] = await renditionsFor("DE");
    const carried = await askEdge(rendition?.url ?? "", { country: "FR", headers: { range: "bytes=0-9" } });
    await expectProblem(carried, 451, "not-available-in-country");
  });

  it("cannot take a URL to another file, or change what it says [PB-7]", async () => {
    const [one, two] = await renditionsFor("DE");
    const token = one?.url.split("?token=")[1] ?? "";
    const otherPath = two?.url.split("?")[0] ?? "";
    expect((await askEdge(`${otherPath}?token=${token}`)).status).toBe(403);
    const [version, key, payload, mac] = token.split(".");
    const claims = JSON.parse(atob((payload ?? "").replaceAll("-", "+").replaceAll("_", "/")));
    const forged = btoa(JSON.stringify({ ...claims, country: "FR", acl: otherPath })).replaceAll("=", "");
    expect((await askEdge(`${otherPath}?token=${version}.${key}.${forged}.${mac}`)).status).toBe(403);
  });
});
