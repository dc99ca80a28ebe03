/** Who is granted what playback, and what is signed for them. */
import { exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ROLES } from "#domain/accounts/roles.ts";
import { AUDIO_TOKEN_SECONDS, AUDIO_TOKEN_USE, type AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import { isId } from "#domain/foundation/ids.ts";
import { createdAtOfId } from "#domain/foundation/ids-testing.ts";
import { type Keyring, verifyToken } from "#domain/foundation/signed-token.ts";
import { LADDER } from "#domain/ingest/ladder.ts";
import { verifyPlayToken } from "#domain/plays/play-token.ts";
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
  seedRelease,
  signIn,
} from "#workers/api/catalog/catalog-fixtures.ts";
import { renewPlayback, startPlayback } from "#workers/api/plays/plays-contract.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { audioClaimsOf, ENDS_IN_MS, playbackCalls, wholeSecond } from "./playbacks-fixtures.ts";

const { default: edge } = exports as unknown as { readonly default: Pick<Fetcher, "fetch"> };

let artistId: string;
let release: SeededRelease;
let trackId: string;
let listener: Caller;
let audioKeys: Keyring;
let playKeys: Keyring;

beforeAll(async () => {
  listener = await signIn("listener");
  artistId = await seedArtist("Granted");
  release = await seedRelease({
    artistId,
    title: "Grants",
    deals: [{ territories: ["DE"] }],
    tracks: [{ title: "Grant", hasAudio: true, durationMs: 123_456 }],
  });
  trackId = release.trackIds[0] ?? "";
  audioKeys = await keyringOf(bindings.AUDIO_TOKEN_KEYS);
  playKeys = await keyringOf(bindings.PLAY_TOKEN_KEYS);
}, SLOW_MS);

const { begin, granted, renew } = playbackCalls(() => ({ track: trackId, token: listener.token }));

afterEach(() => {
  vi.useRealTimers();
});

async function storedRenditions() {
  const rows = await bindings.CATALOG_0.prepare(
    `SELECT renditions.* FROM renditions JOIN recordings ON recordings.master_sha256 = renditions.master_sha256
     WHERE recordings.id = ?1`,
  )
    .bind(trackId)
    .all<{ profile: string; sha256: string; size_bytes: number }>();
  return new Map(rows.results.map((row) => [row.profile, row]));
}

describe("a playback", { timeout: SLOW_MS }, () => {
  it("has a signed URL for each rung of the ladder, for that file, that account and that country [PB-4]", async () => {
    const beforeMs = Date.now();
    const answer = await begin();
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
    const playback = await expectAnswer(answer, startPlayback, 201);
    expect(isId(playback.id)).toBe(true);
    expect(createdAtOfId(playback.id)).toBeGreaterThanOrEqual(beforeMs);
    expect(playback).toMatchObject({ track_id: trackId, duration_ms: 123_456, loudness_lufs: -14.2 });
    expect(playback.renditions.map(({ profile }) => profile)).toEqual(LADDER.map(({ id }) => id));
    const stored = await storedRenditions();
    const expiresAt = Date.parse(playback.expires_at) / 1_000;
    for (const rendition of playback.renditions) {
      const rung = LADDER.find(({ id }) => id === rendition.profile);
      const row = stored.get(rendition.profile);
      const path = `/audio/${row?.sha256}.${rung?.extension}`;
      expect(rendition).toMatchObject({ codec: rung?.codec, mime_type: rung?.mimeType, size_bytes: row?.size_bytes });
      const [pathname, token = ""] = rendition.url.split("?token=");
      expect(pathname).toBe(path);
      const claims = await verifyToken<AudioTokenClaims>(audioKeys, AUDIO_TOKEN_USE, token, Date.now());
      expect(claims).toEqual({
        ok: true,
        value: {
          use: "audio",
          playback: playback.id,
          sub: listener.accountId,
          track: trackId,
          acl: path,
          country: "DE",
          model: "AdvertisementSupportedModel",
          quality: rendition.profile,
          sizeBytes: row?.size_bytes,
          nbf: expiresAt - AUDIO_TOKEN_SECONDS,
          exp: expiresAt,
        },
      });
    }
    expect(expiresAt * 1_000 - beforeMs).toBeLessThanOrEqual(AUDIO_TOKEN_SECONDS * 1_000 + 1_000);
    expect(expiresAt * 1_000 - beforeMs).toBeGreaterThan((AUDIO_TOKEN_SECONDS - 1) * 1_000);
  });

  it("has a play token that says what is played, for whom, where and since when [PB-5]", async () => {
    const playback = await granted();
    const verified = await verifyPlayToken(playKeys, playback.play_token, Date.now());
    expect(verified).toMatchObject({
      ok: true,
      value: {
        playback: playback.id,
        sub: listener.accountId,
        subject: await bindings.LISTENERS.getByName(listener.accountId).subjectId(),
        track: trackId,
        durationMs: 123_456,
        issuedAtMs: createdAtOfId(playback.id),
        country: "DE",
        commercialModel: "AdvertisementSupportedModel",
      },
    });
    expect((await verifyPlayToken(audioKeys, playback.play_token, Date.now())).ok).toBe(false);
  });

  it("is another each time, of the same subject [PB-5]", async () => {
    const [one, two] = [await granted(), await granted()];
    expect(one.id).not.toBe(two.id);
    const subjectOf = async (token: string) => {
      const verified = await verifyPlayToken(playKeys, token, Date.now());
      return verified.ok ? verified.value.subject : null;
    };
    expect(await subjectOf(one.play_token)).toMatch(/./);
    expect(await subjectOf(one.play_token)).toBe(await subjectOf(two.play_token));
    const other = await granted({ token: (await signIn("listener")).token });
    expect(await subjectOf(other.play_token)).not.toBe(await subjectOf(one.play_token));
  });

  it("leaves out a file of no rung, and is none where there is nothing else [PB-9]", async () => {
    const { trackIds } = await seedRelease({ artistId, title: "Rungs", tracks: [{ title: "R", hasAudio: true }] });
    const [track = ""] = trackIds;
    const rename = (where: string) =>
      bindings.CATALOG_0.prepare(
        `UPDATE renditions SET profile = 'was-' || profile
         WHERE master_sha256 = (SELECT master_sha256 FROM recordings WHERE id = ?1) AND ${where}`,
      )
        .bind(track)
        .run();
    await rename("profile = 'flac'");
    const playback = await granted({ track });
    expect(playback.renditions.map(({ profile }) => profile)).toEqual(
      LADDER.map(({ id }) => id).filter((id) => id !== "flac"),
    );
    await rename("profile NOT LIKE 'was-%'");
    await expectProblem(await begin({ track }), 404, "not-found");
  });
});

describe("a playback is refused", { timeout: SLOW_MS }, () => {
  it("as not found where there is no such track, or none that is out [PB-1]", async () => {
    const later = await seedRelease({
      artistId,
      title: "Later",
      releaseAt: Date.now() + 3_600_000,
      tracks: [{ title: "L", hasAudio: true }],
    });
    for (const track of ["0".repeat(22), later.trackIds[0] ?? ""]) {
      for (const country of ["DE", null]) await expectProblem(await begin({ track, country }), 404, "not-found");
    }
  });

  it("where the country is not known [PB-2]", async () => {
    for (const country of [null, "XX", "T1"]) await expectProblem(await begin({ country }), 451, "country-unknown");
  });

  it("where the country has no deal, with nothing signed [PB-3]", async () => {
    for (const country of ["US", "AT", "ZZ"]) {
      const answer = await begin({ country });
      expect(await answer.clone().text()).not.toMatch(/token|\/audio\/|v1\./);
      expect(await answer.clone().text()).toContain(country);
      await expectProblem(answer, 451, "not-available-in-country");
    }
  });

  it("from the instant on at which a deal ends [PB-3]", async () => {
    const endsAt = wholeSecond(Date.now() + ENDS_IN_MS);
    const { trackIds } = await seedRelease({
      artistId,
      title: "Ending",
      deals: [{ endsAt }],
      tracks: [{ title: "E", hasAudio: true }],
    });
    const [track = ""] = trackIds;
    await granted({ track });
    vi.useFakeTimers({ toFake: ["Date"], now: endsAt - 1 });
    await granted({ track });
    vi.setSystemTime(endsAt);
    await expectProblem(await begin({ track }), 451, "not-available-in-country");
  });

  it("where the deal is for subscribers alone [PB-3]", async () => {
    const { trackIds } = await seedRelease({
      artistId,
      title: "Subscribed",
      deals: [{ commercialModels: ["SubscriptionModel"] }],
      tracks: [{ title: "S", hasAudio: true }],
    });
    await expectProblem(await begin({ track: trackIds[0] ?? "" }), 451, "not-available-in-country");
  });

  it("to nobody, and to a job; to every person it is granted [PB-6]", async () => {
    await expectProblem(await begin({ token: null }), 401, "unauthenticated");
    for (const role of ROLES) {
      const { token } = await signIn(role);
      if (role === "job") await expectProblem(await begin({ token }), 403, "forbidden");
      else await granted({ token });
    }
  });

  it("for a body that names no track [PB-8]", async () => {
    for (const track of [undefined, null, 5, "", "../x", `${trackId}x`]) {
      const asked = { method: "POST", country: "DE", token: listener.token, body: { track_id: track } };
      await expectProblem(await ask("/v1/playbacks", asked), 400, "bad-request");
    }
  });
});

describe("the terms of a playback", { timeout: SLOW_MS }, () => {
  it("are the subscription's for who pays, in its tokens as in what may be played [PB-10]", async () => {
    const { trackIds } = await seedRelease({
      artistId,
      title: "For subscribers",
      deals: [{ commercialModels: ["SubscriptionModel"] }],
      tracks: [{ title: "S", hasAudio: true }],
    });
    const track = trackIds[0] ?? "";
    for (const product of ["premium", "family"] as const) {
      const { token } = await signIn("listener", { product });
      const playback = await granted({ track, token });
      expect(await audioClaimsOf(playback.renditions[0])).toMatchObject({ model: "SubscriptionModel" });
      const played = await verifyPlayToken(playKeys, playback.play_token, Date.now());
      expect(played).toMatchObject({ ok: true, value: { commercialModel: "SubscriptionModel" } });
      const seen = await ask(`/v1/tracks/${track}`, { token, country: "DE" });
      expect(await seen.json()).toMatchObject({ is_playable: true });
    }
  });

  it("are of home for a subscriber who travels in the single market; the tokens say both places [PB-11]", async () => {
    const { token } = await signIn("listener", { product: "premium", homeCountry: "DE" });
    const playback = await granted({ token, country: "FR" });
    expect(await audioClaimsOf(playback.renditions[0])).toMatchObject({ country: "FR", market: "DE" });
    const played = await verifyPlayToken(playKeys, playback.play_token, Date.now());
    expect(played).toMatchObject({ ok: true, value: { country: "DE" } });
    expect(await audioClaimsOf((await granted({ token })).renditions[0])).not.toHaveProperty("market");
    await expectProblem(await begin({ token, country: "US" }), 451, "not-available-in-country");
    const free = await signIn("listener", { homeCountry: "DE" });
    await expectProblem(await begin({ token: free.token, country: "FR" }), 451, "not-available-in-country");
  });

  it("are of home through Tor and where the place is unknown, and none without a verified home [PB-11]", async () => {
    const { token } = await signIn("listener", { homeCountry: "DE" });
    for (const country of ["T1", "XX"]) {
      const playback = await granted({ token, country });
      expect(await audioClaimsOf(playback.renditions[0])).toMatchObject({ country, market: "DE" });
    }
    expect(await audioClaimsOf((await granted({ token, country: null })).renditions[0])).toMatchObject({
      country: "XX",
    });
  });

  it("are of home behind a network that is listed, and none without a verified home [PB-11]", async () => {
    const { apiRoutes } = await import("#workers/api/index.ts");
    const beginBehind = (token: string, asn: number, HOSTING_ASNS: string) => {
      const body = { track_id: trackId };
      const request = requestOf("/v1/playbacks", { method: "POST", body, token, country: "DE", asn });
      return apiRoutes.app.fetch(request, { ...bindings, HOSTING_ASNS });
    };
    const listed = " 64496  64511 ";
    await expectProblem(await beginBehind(listener.token, 64_511, listed), 451, "country-unknown");
    expect((await beginBehind(listener.token, 6_449, listed)).status).toBe(201);
    const { token } = await signIn("listener", { homeCountry: "DE" });
    expect((await beginBehind(token, 64_496, listed)).status).toBe(201);
    // A list that cannot be read must not pass for an empty one.
    expect((await beginBehind(token, 64_496, "AS64496")).status).toBe(500);
  });

  it("end with the rights, and so do its tokens [PB-12]", async () => {
    const endsAt = Date.now() + ENDS_IN_MS;
    const { trackIds } = await seedRelease({
      artistId,
      title: "Closing",
      deals: [{ endsAt }],
      tracks: [{ title: "C", hasAudio: true }],
    });
    const playback = await granted({ track: trackIds[0] ?? "" });
    const expected = Math.floor(endsAt / 1_000);
    expect(Date.parse(playback.expires_at)).toBe(expected * 1_000);
    for (const rendition of playback.renditions) expect((await audioClaimsOf(rendition)).exp).toBe(expected);
  });

  it("are over within the last part of a second, for which no token is good any more [PB-12]", async () => {
    const endsAt = wholeSecond(Date.now() + ENDS_IN_MS) + 500;
    const { trackIds } = await seedRelease({
      artistId,
      title: "Fading",
      deals: [{ endsAt }],
      tracks: [{ title: "F", hasAudio: true }],
    });
    const track = trackIds[0] ?? "";
    const { token } = await signIn("listener");
    const { id } = await granted({ token, track });
    vi.useFakeTimers({ toFake: ["Date"], now: endsAt - 501 });
    expect((await renew(id, { token, track })).status).toBe(200);
    for (const atMs of [endsAt - 500, endsAt - 1]) {
      vi.setSystemTime(atMs);
      await expectProblem(await renew(id, { token, track }), 451, "not-available-in-country");
      await expectProblem(await begin({ token, track }), 451, "not-available-in-country");
    }
  });
});

describe("the network of a playback", { timeout: SLOW_MS }, () => {
  const body = () => ({ track_id: trackId, session_id: "one-session" });

  async function beginBound(token: string, from: { asn?: number }, AUDIO_TOKEN_BINDING = "asn"): Promise<Response> {
    const { apiRoutes } = await import("#workers/api/index.ts");
    const request = requestOf("/v1/playbacks", { method: "POST", body: body(), token, country: "DE", ...from });
    return apiRoutes.app.fetch(request, { ...bindings, AUDIO_TOKEN_BINDING });
  }

  it("is in its tokens where they are bound to it, and the edge lets no other have the sound [PB-13]", async () => {
    const { token } = await signIn("listener");
    const { renditions } = await expectAnswer(await beginBound(token, { asn: 64_500 }), startPlayback, 201);
    for (const rendition of renditions) expect(await audioClaimsOf(rendition)).toMatchObject({ asn: 64_500 });
    const hear = (from: { asn?: number }) =>
      ask(renditions[0]?.url ?? "", { to: edge, country: "DE", headers: { range: "bytes=0-9" }, ...from });
    expect((await hear({ asn: 64_500 })).status).toBe(206);
    for (const from of [{ asn: 64_501 }, {}]) await expectProblem(await hear(from), 403, "token-network");
  });

  it("that nobody names is none to bind to: nothing is signed, and nobody displaced [PB-13]", async () => {
    const { token } = await signIn("listener");
    const playing = await granted({ token, session: "other-session" });
    const refused = await beginBound(token, {});
    expect(await refused.clone().text()).not.toMatch(/token=|\/audio\//);
    await expectProblem(refused, 403, "token-network");
    expect((await renew(playing.id, { token })).status).toBe(200);
  });

  it("is bound by the one word for it, and by no other [PB-13]", async () => {
    const { token } = await signIn("listener");
    expect((await beginBound(token, {}, "")).status).toBe(201);
    for (const binding of ["ASN", "asn ", "true"])
      expect((await beginBound(token, { asn: 64_500 }, binding)).status).toBe(500);
  });
});

describe("the hosts of the sound", { timeout: SLOW_MS }, () => {
  async function askOf(AUDIO_ORIGINS: string, path: string, token: string): Promise<Response> {
    const { apiRoutes } = await import("#workers/api/index.ts");
    const request = requestOf(path, { method: "POST", body: { track_id: trackId }, token, country: "DE" });
    return apiRoutes.app.fetch(request, { ...bindings, AUDIO_ORIGINS });
  }

  it("come with the playback and with each renewal, in order, and are none where none is set [PB-14]", async () => {
    const { token } = await signIn("listener");
    const two = "https://one.audio.example/  https://two.audio.example:8443";
    const begun = await expectAnswer(await askOf(two, "/v1/playbacks", token), startPlayback, 201);
    expect(begun.audio_origins).toEqual(["https://one.audio.example", "https://two.audio.example:8443"]);
    for (const { url } of begun.renditions) expect(url).toMatch(/^\/audio\//);
    const renew = (setting: string) => askOf(setting, `/v1/playbacks/${begun.id}/renew`, token);
    const renewed = await expectAnswer(await renew("https://three.audio.example"), renewPlayback, 200);
    expect(renewed.audio_origins).toEqual(["https://three.audio.example"]);
    expect((await expectAnswer(await renew(""), renewPlayback, 200)).audio_origins).toEqual([]);
  });

  it("that are no origins fail what asks for them, and displace nobody [PB-14]", async () => {
    const { token } = await signIn("listener");
    const playing = await granted({ token });
    for (const setting of ["one.example", "ftp://one.example"]) {
      expect((await askOf(setting, "/v1/playbacks", token)).status).toBe(500);
    }
    expect((await renew(playing.id, { token })).status).toBe(200);
  });
});
