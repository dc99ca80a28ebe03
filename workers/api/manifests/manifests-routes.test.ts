/** Who is given which manifest, and what the URLs in it open. */
import { exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AUDIO_TOKEN_SECONDS, AUDIO_TOKEN_USE, type AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import { MANIFEST_TOKEN_USE, type ManifestTokenClaims } from "#domain/delivery/manifest-token.ts";
import { type Keyring, signToken, type TokenClaims, verifyToken } from "#domain/foundation/signed-token.ts";
import { LADDER } from "#domain/ingest/ladder.ts";
import { verifyPlayToken } from "#domain/plays/play-token.ts";
import { STREAM_LIVE_MS } from "#domain/streams/stream-leases.ts";
import {
  type AskOptions,
  ask,
  bindings,
  type Caller,
  expectAnswer,
  expectProblem,
  ORIGIN,
  requestOf,
  SLOW_MS,
  seedArtist,
  seedRelease,
  signIn,
} from "#workers/api/catalog/catalog-fixtures.ts";
import { startPlayback } from "#workers/api/plays/plays-contract.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { openManifest } from "./manifests-actions.ts";

const { default: edge } = exports as unknown as { readonly default: Pick<Fetcher, "fetch"> };

const HLS = "application/vnd.apple.mpegurl";
const DASH = "application/dash+xml";
const TIERS = LADDER.filter(({ codec }) => codec === "aac").map(({ id }) => id);
const HOUR_FRAMES = 44_100 * 3_600;

let listener: Caller;
let artistId: string;
let trackId: string;
let keys: Keyring;

beforeAll(async () => {
  listener = await signIn("listener");
  artistId = await seedArtist("Adaptive");
  trackId = await seedTrack("Adapted", { territories: ["DE"] });
  keys = await keyringOf(bindings.AUDIO_TOKEN_KEYS);
}, SLOW_MS);

afterEach(() => {
  vi.useRealTimers();
});

async function seedTrack(title: string, deal: { territories?: string[]; endsAt?: number } = {}): Promise<string> {
  const release = await seedRelease({ artistId, title, deals: [deal], tracks: [{ title, hasAudio: true }] });
  return release.trackIds[0] ?? "";
}

/** Changes the rows of a track's AAC renditions. */
async function changeTiers(
  track: string,
  change: "DELETE FROM renditions" | "UPDATE renditions SET total_frames = ?2",
) {
  const statement = bindings.CATALOG_0.prepare(
    `${change} WHERE profile LIKE 'aac-%' AND master_sha256 = (SELECT master_sha256 FROM recordings WHERE id = ?1)`,
  );
  await (change.startsWith("DELETE") ? statement.bind(track) : statement.bind(track, HOUR_FRAMES)).run();
}

function askManifest(query = "", options: AskOptions & { readonly track?: string } = {}): Promise<Response> {
  const { track = trackId, ...asked } = options;
  return ask(`/v1/tracks/${track}/manifest${query}`, { token: listener.token, country: "DE", ...asked });
}

async function begin(track = trackId, country = "DE") {
  const asked = { method: "POST", token: listener.token, country, body: { track_id: track } };
  return expectAnswer(await ask("/v1/playbacks", asked), startPlayback, 201);
}

/** The signed URLs of a manifest's text, as they stand in it. */
function urlsOf(text: string): string[] {
  return [...new Set(text.match(/[^\s"<>]+\?token=[^\s"<>]+/g) ?? [])];
}

async function textOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  // The platform warns of text() on a type that is no text/*.
  return new TextDecoder().decode(await response.arrayBuffer());
}

async function claimsOf<Claims extends object>(use: string, url: string): Promise<TokenClaims<Claims>> {
  const verified = await verifyToken<Claims>(keys, use, url.split("?token=")[1] ?? "", Date.now());
  if (!verified.ok) throw new Error(verified.error.kind);
  return verified.value;
}

describe("a manifest", { timeout: SLOW_MS }, () => {
  it("is refused as a playback is, for the same reasons [MAN-6]", async () => {
    const asGuest = await ask(`/v1/tracks/${trackId}/manifest`, { country: "DE" });
    await expectProblem(asGuest, 401, "unauthenticated");
    await expectProblem(await askManifest("", { track: "0".repeat(22) }), 404, "not-found");
    for (const country of ["FR", "T1"]) {
      const asked = { method: "POST", token: listener.token, country, body: { track_id: trackId } };
      const playback = await ask("/v1/playbacks", asked);
      const manifest = await askManifest("", { country });
      expect([playback.status, manifest.status]).toEqual([451, 451]);
      expect(await manifest.json()).toEqual(await playback.json());
    }
  });

  it("is of the format that the query names, else Accept, else HLS, and is kept nowhere [MAN-7]", async () => {
    const cases: [string, Record<string, string>, string][] = [
      ["?format=hls", { accept: DASH }, HLS],
      ["?format=dash", { accept: HLS }, DASH],
      ["", { accept: DASH }, DASH],
      ["", { accept: `${DASH};q=0.5, ${HLS}` }, HLS],
      ["", { accept: `${HLS};q=0.5, ${DASH}` }, DASH],
      ["", { accept: "*/*" }, HLS],
      ["", {}, HLS],
    ];
    for (const [query, headers, type] of cases) {
      const answer = await askManifest(query, { headers });
      expect(answer.headers.get("content-type"), JSON.stringify([query, headers])).toBe(type);
      expect(answer.headers.get("cache-control")).toBe("private, no-store");
      expect(await textOf(answer)).toMatch(type === HLS ? /^#EXTM3U\n/ : /^<\?xml /);
    }
    await expectProblem(await askManifest("?format=smooth"), 400, "bad-request");
  });

  it("begins a playback that can be reported: its play token comes along [MAN-17]", async () => {
    const answer = await askManifest();
    const [playlistUrl = ""] = urlsOf(await textOf(answer));
    const { playback } = await claimsOf<ManifestTokenClaims>(MANIFEST_TOKEN_USE, playlistUrl);
    const playKeys = await keyringOf(bindings.PLAY_TOKEN_KEYS);
    const verified = await verifyPlayToken(playKeys, answer.headers.get("x-play-token") ?? "", Date.now());
    expect(verified).toMatchObject({ ok: true, value: { playback, track: trackId, sub: listener.accountId } });
  });

  it("is not asked for by HEAD, which would begin a playback as well [MAN-19]", async () => {
    const { token } = await signIn("listener");
    const body = { track_id: trackId };
    const begun = await ask("/v1/playbacks", { method: "POST", token, country: "DE", body });
    const { id } = await expectAnswer(begun, startPlayback, 201);
    const refused = await askManifest("", { method: "HEAD", token });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET"]);
    expect(refused.headers.get("x-play-token")).toBeNull();
    // Whoever listens was not displaced.
    const renewal = { method: "POST", token, country: "DE", body };
    expect((await ask(`/v1/playbacks/${id}/renew`, renewal)).status).toBe(200);
  });

  it("comes with a playback as URLs that need no header [MAN-8]", async () => {
    const { manifests } = await begin();
    for (const [url, type] of [
      [manifests?.hls, HLS],
      [manifests?.dash, DASH],
    ] as const) {
      const answer = await ask(url ?? "");
      expect(answer.headers.get("content-type")).toBe(type);
      expect(answer.headers.get("cache-control")).toBe("private, no-store");
      expect(urlsOf(await textOf(answer))).toHaveLength(TIERS.length);
    }
  });

  it("is none for a track that was made without AAC, which plays as before [MAN-8]", async () => {
    const track = await seedTrack("Older");
    await changeTiers(track, "DELETE FROM renditions");
    const { renditions, manifests } = await begin(track);
    expect(renditions).toHaveLength(LADDER.length - TIERS.length);
    expect(manifests).toBeNull();
    const answer = await askManifest("", { track });
    expect(await answer.clone().text()).toContain("no AAC");
    await expectProblem(answer, 404, "not-found");
  });
});

describe("the URLs of a manifest", { timeout: SLOW_MS }, () => {
  it("are a playlist for each tier, and the sound of that tier, of one playback [MAN-3] [MAN-11]", async () => {
    const { id, manifests } = await begin();
    const master = await textOf(await ask(manifests?.hls ?? ""));
    expect(master.match(/^#EXT-X-STREAM-INF:/gm)).toHaveLength(TIERS.length);
    const playlists = urlsOf(master);
    expect(playlists).toHaveLength(TIERS.length);
    for (const [index, quality] of TIERS.entries()) {
      const text = await textOf(await ask(playlists[index] ?? ""));
      expect(text.match(/^#EXTINF:/gm)).toHaveLength(50);
      const [audio = "", ...others] = urlsOf(text);
      expect(others).toEqual([]);
      expect(await claimsOf<AudioTokenClaims>(AUDIO_TOKEN_USE, audio)).toMatchObject({
        playback: id,
        sub: listener.accountId,
        track: trackId,
        country: "DE",
        model: "AdvertisementSupportedModel",
        quality,
        acl: audio.split("?")[0],
      });
    }
  });

  it("give a listener at the edge every segment, by HLS and by DASH [MAN-1] [MAN-11]", async () => {
    const askEdge = (url: string, range?: string) =>
      ask(url, { to: edge, country: "DE", ...(range === undefined ? {} : { headers: { range } }) });
    const { manifests } = await begin();
    const [playlist = ""] = urlsOf(await textOf(await askEdge(manifests?.hls ?? "")));
    const text = await textOf(await askEdge(playlist));
    const [audio = ""] = urlsOf(text);
    const ranges = [...text.matchAll(/BYTERANGE[=:]"?(\d+)@(\d+)/g)].map(([, length, offset]) => [length, offset]);
    expect(ranges[0]).toEqual(["700", "0"]);
    for (const [length, offset] of [ranges[0], ranges[1], ranges.at(-1)].map((range) => range?.map(Number) ?? [])) {
      const part = await askEdge(audio, `bytes=${offset}-${(offset ?? 0) + (length ?? 0) - 1}`);
      expect(part.status).toBe(206);
      expect((await part.arrayBuffer()).byteLength).toBe(length);
    }
    const dash = await textOf(await askEdge(manifests?.dash ?? ""));
    expect(dash).toContain('indexRange="700-799"');
    for (const url of urlsOf(dash)) expect((await askEdge(url, "bytes=0-699")).status).toBe(206);
  });

  it("open one path each, for their use, until they end [MAN-9]", async () => {
    const { manifests, renditions } = await begin();
    const hls = manifests?.hls ?? "";
    const token = hls.split("?token=")[1] ?? "";
    const audioToken = renditions[0]?.url.split("?token=")[1] ?? "";
    const paths = [`${trackId}.mpd`, `${"0".repeat(22)}.m3u8`, `${trackId}.aac-96.m3u8`, "anything", "%61"];
    for (const name of paths) {
      await expectProblem(await ask(`/v1/manifests/${name}?token=${token}`), 403, "token-invalid");
    }
    const path = hls.split("?")[0] ?? "";
    for (const other of [audioToken, token.slice(0, -1), `${token}x`, "x"]) {
      await expectProblem(await ask(`${path}?token=${other}`), 403, "token-invalid");
    }
    const escaped = token.replace(".", "%2E");
    for (const query of [
      `?token=${token}&x=1`,
      `?token=${token}&`,
      `?token=${token}&token=${token}`,
      `?token=${token}?token=${token}`,
      `?x=1&token=${token}`,
      `?&token=${token}`,
      `?token=${escaped}`,
      `?Token=${token}`,
      "?token=",
      "?",
      "",
    ]) {
      await expectProblem(await ask(path + query), 403, "token-invalid");
    }
    const audioPath = renditions[0]?.url.split("?")[0];
    await expectProblem(await ask(`${audioPath}?token=${token}`, { to: edge, country: "DE" }), 403, "token-invalid");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + AUDIO_TOKEN_SECONDS * 1_000 + 1_000 });
    await expectProblem(await ask(hls), 403, "token-expired");
  });
});

describe("what a manifest opens", { timeout: SLOW_MS }, () => {
  async function endOfSound(track: string, delayMs = 0): Promise<{ inSeconds: number; byHls: number; byDash: number }> {
    const openedAt = Math.floor(Date.now() / 1_000);
    const { manifests } = await begin(track);
    const [playlist = ""] = urlsOf(await textOf(await ask(manifests?.hls ?? "")));
    const [byDash = ""] = urlsOf(await textOf(await ask(manifests?.dash ?? "")));
    const claims = await claimsOf<ManifestTokenClaims>(MANIFEST_TOKEN_USE, playlist);
    if (delayMs > 0) vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + delayMs });
    const [byHls = ""] = urlsOf(await textOf(await ask(playlist)));
    const end = async (url: string) => (await claimsOf<AudioTokenClaims>(AUDIO_TOKEN_USE, url)).exp - openedAt;
    return { inSeconds: claims.exp - openedAt, byHls: await end(byHls), byDash: await end(byDash) };
  }

  it("is open for ten minutes, or as long as the recording and five minutes more [MAN-10]", async () => {
    const { byHls, byDash } = await endOfSound(trackId);
    for (const seconds of [byHls, byDash]) expect(Math.abs(seconds - 600)).toBeLessThanOrEqual(2);
    const track = await seedTrack("An Hour");
    await changeTiers(track, "UPDATE renditions SET total_frames = ?2");
    const long = await endOfSound(track);
    for (const seconds of [long.byHls, long.byDash]) expect(Math.abs(seconds - 3_900)).toBeLessThanOrEqual(2);
  });

  it("ends together, whenever the playlist of a tier is asked for [MAN-10]", async () => {
    const { inSeconds, byHls } = await endOfSound(trackId, 300_000);
    expect(byHls).toBe(inSeconds);
  });

  it("ends with the deal at the latest, and does not begin after it [MAN-10]", async () => {
    const endsAt = Date.now() + 200_000;
    const track = await seedTrack("Ending", { endsAt });
    const { byHls, byDash } = await endOfSound(track);
    for (const seconds of [byHls, byDash]) expect(Math.abs(seconds - 200)).toBeLessThanOrEqual(2);
    const claims = await claimsOf<ManifestTokenClaims>(MANIFEST_TOKEN_USE, (await begin(track)).manifests?.hls ?? "");
    vi.useFakeTimers({ toFake: ["Date"], now: endsAt });
    const lifetime = { nbf: Math.floor(endsAt / 1_000), exp: Math.floor(endsAt / 1_000) + 60 };
    const late = await signToken(keys, MANIFEST_TOKEN_USE, { ...claims, ...lifetime });
    await expectProblem(await ask(`${claims.acl}?token=${late}`), 451, "not-available-in-country");
  });
});

describe("whoever opens a manifest", { timeout: SLOW_MS }, () => {
  async function beginAs(token: string, session?: string) {
    const body = { track_id: trackId, session_id: session };
    const begun = await ask("/v1/playbacks", { method: "POST", token, country: "DE", body });
    const { manifests } = await expectAnswer(begun, startPlayback, 201);
    return [manifests?.hls ?? "", manifests?.dash ?? ""] as const;
  }

  it("has a place among the account's streams, or is told that another has it [MAN-18]", async () => {
    const { token } = await signIn("listener");
    const [hls, dash] = await beginAs(token);
    const [tier = ""] = urlsOf(await textOf(await ask(hls)));
    const newer = await beginAs(token);
    for (const url of [hls, dash]) {
      const refused = await ask(url);
      expect(await refused.clone().text()).not.toContain("token=");
      await expectProblem(refused, 409, "stream-displaced");
    }
    for (const url of newer) expect(urlsOf(await textOf(await ask(url)))).toHaveLength(TIERS.length);
    // What was opened before goes on to its end: its player cannot renew it.
    expect(urlsOf(await textOf(await ask(tier)))).toHaveLength(1);
  });

  it("has it by one of the session's newest three playbacks [MAN-18] [STR-20]", async () => {
    const { token } = await signIn("listener", { product: "family" });
    const begun: (readonly string[])[] = [];
    for (let i = 0; i < 4; i++) begun.push(await beginAs(token, "shared-session"));
    for (const url of begun[0] ?? []) await expectProblem(await ask(url), 409, "stream-displaced");
    for (const url of begun.slice(1).flat()) expect((await ask(url)).status).toBe(200);
  });

  it("is one of as many as the product has, also where nobody gave a sign of life since [MAN-18]", async () => {
    for (const [product, status] of [
      ["premium", 409],
      ["family", 200],
    ] as const) {
      const { token } = await signIn("listener", { product });
      const [silent] = await beginAs(token);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + STREAM_LIVE_MS });
      const [newer] = await beginAs(token);
      expect([(await ask(silent)).status, (await ask(newer)).status], product).toEqual([status, 200]);
      vi.useRealTimers();
    }
  });

  it("is told to come again where the account's object does not answer [MAN-18]", async () => {
    const { apiRoutes } = await import("#workers/api/index.ts");
    const urls = await beginAs((await signIn("listener")).token);
    const [tier = ""] = urlsOf(await textOf(await ask(urls[0])));
    const fails = () => Promise.reject(new Error("the object is away"));
    const env = { ...bindings, LISTENERS: { getByName: () => ({ keepStream: fails }) } } as unknown as ApiEnv;
    for (const url of urls) {
      await expectProblem(await apiRoutes.app.fetch(requestOf(url), env), 503, "unavailable");
    }
    expect((await apiRoutes.app.fetch(requestOf(tier), env)).status).toBe(200);
  });

  it("has nothing more of a track that was taken down, of a tier as little as of all [MAN-10]", async () => {
    const track = await seedTrack("Withdrawn");
    const { manifests } = await begin(track);
    const playlists = urlsOf(await textOf(await ask(manifests?.hls ?? "")));
    expect((await ask(playlists[0] ?? "")).status).toBe(200);
    const { token } = await signIn("admin");
    const body = { track_id: track, reason: "the label asked for it" };
    const down = await ask("/v1/ingest/takedowns", { method: "POST", token, body, to: bindings.INGEST });
    expect(down.status).toBe(201);
    for (const url of [manifests?.hls ?? "", manifests?.dash ?? "", ...playlists]) {
      const refused = await ask(url);
      expect(await refused.clone().text()).not.toContain("token=");
      await expectProblem(refused, 451, "not-available-in-country");
    }
  });
});

describe("several audio origins", { timeout: SLOW_MS }, () => {
  const ORIGINS = ["https://one.audio.example", "https://two.audio.example:8443"];
  const env = { ...bindings, AUDIO_ORIGINS: ` ${ORIGINS[0]}/  ${ORIGINS[1]} ` };

  async function open(url: string): Promise<string> {
    const { pathname, searchParams } = new URL(url, ORIGIN);
    const opened = await openManifest(env, pathname, searchParams.get("token") ?? "");
    if (!opened.ok) throw new Error(opened.error.kind);
    return opened.value.text;
  }

  it("are each a place of every rendition, the preferred one first [MAN-12]", async () => {
    const { manifests } = await begin();
    const dash = await open(manifests?.dash ?? "");
    expect([...dash.matchAll(/<BaseURL serviceLocation="([^"]+)">([^<]+)</g)].map(([, , url]) => url)).toEqual(
      ORIGINS.map((origin) => `${origin}/`),
    );
    const playlists = urlsOf(await open(manifests?.hls ?? ""));
    expect(playlists).toHaveLength(TIERS.length * ORIGINS.length);
    for (const [index, playlist] of playlists.entries()) {
      // Playlists are the api's; the sound is where the token says.
      expect(playlist.startsWith("/v1/manifests/")).toBe(true);
      const [audio = ""] = urlsOf(await open(playlist));
      expect(new URL(audio).origin).toBe(ORIGINS[Math.floor(index / TIERS.length)]);
      const { quality } = await claimsOf<AudioTokenClaims>(AUDIO_TOKEN_USE, audio);
      expect(quality).toBe(TIERS[index % TIERS.length]);
    }
  });

  it("that are no origins are an error of the operator's, not of a listener's player [MAN-12]", async () => {
    const [path = "", token = ""] = ((await begin()).manifests?.hls ?? "").split("?token=");
    for (const AUDIO_ORIGINS of ["one.example", "https://one.example data:,x"]) {
      await expect(openManifest({ ...bindings, AUDIO_ORIGINS }, path, token)).rejects.toThrow(/URL/);
    }
  });
});
