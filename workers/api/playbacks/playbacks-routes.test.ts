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
  type SeededRelease,
  SLOW_MS,
  seedArtist,
  seedRelease,
  signIn,
} from "#workers/api/catalog/catalog-fixtures.ts";
import { startPlayback } from "#workers/api/plays/plays-contract.ts";
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
  readonly track?: string;
  readonly token?: string | null;
  readonly country?: string | null;
}

async function begin({ track = trackId, token = listener.token, country = "DE" }: Beginning = {}): Promise<Response> {
  return ask("/v1/playbacks", {
    method: "POST",
    body: { track_id: track },
    ...(token === null ? {} : { token }),
    ...(country === null ? {} : { country }),
  });
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
