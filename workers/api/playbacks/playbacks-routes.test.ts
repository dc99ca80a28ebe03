/** Who is granted what playback, and what is signed for them. */
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
import { heartbeatPlayback, renewPlayback, startPlayback } from "#workers/api/plays/plays-contract.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";

/** Less than an access token lasts. */
const ENDS_IN_MS = 5 * 60_000;

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

afterEach(() => {
  vi.useRealTimers();
});

interface Beginning {
  readonly asn?: number;
  readonly session?: string;
  readonly device?: string;
  readonly continues?: boolean;
  readonly track?: string;
  readonly token?: string | null;
  readonly country?: string | null;
}

async function begin(beginning: Beginning = {}): Promise<Response> {
  const { track = trackId, session, device, continues } = beginning;
  const body = { track_id: track, session_id: session, device_name: device, continues };
  return ask("/v1/playbacks", { method: "POST", body, ...callerOf(beginning) });
}

function callerOf({ token = listener.token, country = "DE", asn }: Beginning) {
  return {
    ...(token === null ? {} : { token }),
    ...(country === null ? {} : { country }),
    ...(asn === undefined ? {} : { asn }),
  };
}

function renew(id: string, beginning: Beginning = {}): Promise<Response> {
  const body = { track_id: beginning.track ?? trackId, session_id: beginning.session };
  return ask(`/v1/playbacks/${id}/renew`, { method: "POST", body, ...callerOf(beginning) });
}

async function claimsOf(rendition: { readonly url: string } | undefined) {
  const token = rendition?.url.split("?token=")[1] ?? "";
  const verified = await verifyToken<AudioTokenClaims>(audioKeys, AUDIO_TOKEN_USE, token, Date.now());
  if (!verified.ok) throw new Error(verified.error.kind);
  return verified.value;
}

async function granted(beginning: Beginning = {}) {
  return expectAnswer(await begin(beginning), startPlayback, 201);
}

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
    const endsAt = Date.now() + ENDS_IN_MS;
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
      expect(await claimsOf(playback.renditions[0])).toMatchObject({ model: "SubscriptionModel" });
      const played = await verifyPlayToken(playKeys, playback.play_token, Date.now());
      expect(played).toMatchObject({ ok: true, value: { commercialModel: "SubscriptionModel" } });
      const seen = await ask(`/v1/tracks/${track}`, { token, country: "DE" });
      expect(await seen.json()).toMatchObject({ is_playable: true });
    }
  });

  it("are of home for a subscriber who travels in the single market; the tokens say both places [PB-11]", async () => {
    const { token } = await signIn("listener", { product: "premium", homeCountry: "DE" });
    const playback = await granted({ token, country: "FR" });
    expect(await claimsOf(playback.renditions[0])).toMatchObject({ country: "FR", market: "DE" });
    const played = await verifyPlayToken(playKeys, playback.play_token, Date.now());
    expect(played).toMatchObject({ ok: true, value: { country: "DE" } });
    expect(await claimsOf((await granted({ token })).renditions[0])).not.toHaveProperty("market");
    await expectProblem(await begin({ token, country: "US" }), 451, "not-available-in-country");
    const free = await signIn("listener", { homeCountry: "DE" });
    await expectProblem(await begin({ token: free.token, country: "FR" }), 451, "not-available-in-country");
  });

  it("are of home through Tor and where the place is unknown, and none without a verified home [PB-11]", async () => {
    const { token } = await signIn("listener", { homeCountry: "DE" });
    for (const country of ["T1", "XX"]) {
      const playback = await granted({ token, country });
      expect(await claimsOf(playback.renditions[0])).toMatchObject({ country, market: "DE" });
    }
    expect(await claimsOf((await granted({ token, country: null })).renditions[0])).toMatchObject({ country: "XX" });
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
    for (const rendition of playback.renditions) expect((await claimsOf(rendition)).exp).toBe(expected);
  });
});

describe("a playback among the account's streams", { timeout: SLOW_MS }, () => {
  it("is renewed under its own id, with new tokens for the same files [STR-17]", async () => {
    const { token } = await signIn("listener");
    const playback = await granted({ token, session: "session-1" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ENDS_IN_MS });
    const answer = await renew(playback.id, { token, session: "session-1" });
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
    const renewed = await expectAnswer(answer, renewPlayback, 200);
    expect(renewed.id).toBe(playback.id);
    expect(Date.parse(renewed.expires_at)).toBeGreaterThan(Date.parse(playback.expires_at));
    const paths = ({ renditions }: { renditions: readonly { url: string }[] }) =>
      renditions.map(({ url }) => url.split("?")[0]);
    expect(paths(renewed)).toEqual(paths(playback));
    expect(await claimsOf(renewed.renditions[0])).toMatchObject({ playback: playback.id });
  });

  it("is not renewed, nor goes on, when another device has begun one [STR-17]", async () => {
    const { token } = await signIn("listener");
    const first = await granted({ token, session: "session-1" });
    await granted({ token, session: "session-2", device: "Firefox on Linux" });
    const refused = await renew(first.id, { token, session: "session-1" });
    expect(await refused.clone().text()).toMatch(/on Firefox on Linux at 2\d{3}-.*Z/);
    expect(await refused.clone().text()).not.toMatch(/\/audio\//);
    await expectProblem(refused, 409, "stream-displaced");
    const beat = await ask(`/v1/playbacks/${first.id}/heartbeat`, { method: "POST", token, body: {} });
    await expectProblem(beat, 409, "stream-displaced");
    await expectProblem(await begin({ token, session: "session-1", continues: true }), 409, "stream-displaced");
    expect((await begin({ token, session: "session-1" })).status).toBe(201);
  });

  it("lives by its heartbeats, which have no body to answer with [STR-18]", async () => {
    const { token } = await signIn("listener");
    const { id } = await granted({ token });
    const beat = await ask(`/v1/playbacks/${id}/heartbeat`, { method: "POST", token, body: {} });
    expect(beat.status).toBe(Number(Object.keys(heartbeatPlayback.responses)[0]));
    expect(await beat.text()).toBe("");
  });

  it("is not there for another account, another session or another track [STR-8]", async () => {
    const { id } = await granted({ session: "session-1" });
    const stranger = await signIn("listener");
    await expectProblem(await renew(id, { token: stranger.token }), 404, "not-found");
    await expectProblem(await renew(id, { session: "session-2" }), 404, "not-found");
    await expectProblem(await renew("0".repeat(22)), 404, "not-found");
    const other = await seedRelease({ artistId, title: "Other", tracks: [{ title: "O", hasAudio: true }] });
    await expectProblem(await renew(id, { track: other.trackIds[0] ?? "" }), 404, "not-found");
  });

  it("is not renewed where the rights are gone, and takes nobody's place where it is refused [STR-17]", async () => {
    const { token } = await signIn("listener");
    const playback = await granted({ token, session: "session-1" });
    await expectProblem(await renew(playback.id, { token, country: "US" }), 451, "not-available-in-country");
    await expectProblem(await begin({ token, country: "US" }), 451, "not-available-in-country");
    expect((await renew(playback.id, { token })).status).toBe(200);
  });

  it("is one of six for a family, and of one for everybody else [STR-2]", async () => {
    for (const [product, count] of [
      ["free", 1],
      ["premium", 1],
      ["family", 6],
    ] as const) {
      const { token } = await signIn("listener", { product });
      const ids: string[] = [];
      for (let i = 0; i <= count; i++) ids.push((await granted({ token, session: `session-${i}` })).id);
      const statuses: number[] = [];
      for (const id of ids) statuses.push((await renew(id, { token })).status);
      expect(statuses, product).toEqual([409, ...Array.from({ length: count }, () => 200)]);
    }
  });

  it("is refused for a session that is none [PB-8]", async () => {
    for (const session of ["short", "x".repeat(65), "with space"]) {
      await expectProblem(await begin({ session }), 400, "bad-request");
    }
  });
});
