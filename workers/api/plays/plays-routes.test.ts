import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { AccountId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok } from "#domain/foundation/result.ts";
import { DAY_MS } from "#domain/foundation/time.ts";
import { type PlayTokenClaims, signPlayToken } from "#domain/plays/play-token.ts";
import { freshId, playTokenClaims } from "#domain/plays/plays-fixtures.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { createRouteBinder } from "#workers/shared/http/bind-routes.ts";
import type { PlayEventsAnswer, PlayEventWire, RecentlyPlayed } from "./plays-contract.ts";
import { bindPlaysRoutes } from "./plays-routes.ts";

const api = env as unknown as ApiEnv;
const RECEIVE_TIMEOUT_MS = 5_000;

/** Accounts sign in elsewhere; here the bearer token is the account's id. */
const routes = createRouteBinder<ApiEnv>({
  worker: "api",
  verifier: () => async (token) =>
    token === ""
      ? err({ kind: "invalid" })
      : ok<Principal>({
          accountId: token as AccountId,
          role: "listener",
          name: "L",
          product: "free",
          homeCountry: null,
        }),
});
bindPlaysRoutes(routes);

let accountId: AccountId;
let startedAtMs: number;

beforeEach(() => {
  accountId = freshId<AccountId>(Date.now());
  startedAtMs = Date.now() - 60_000;
});

function claims(overrides: Partial<PlayTokenClaims> = {}): PlayTokenClaims {
  return playTokenClaims(overrides.issuedAtMs ?? startedAtMs, { sub: accountId, ...overrides });
}

async function sign(playClaims: PlayTokenClaims): Promise<string> {
  return signPlayToken(await keyringOf(api.PLAY_TOKEN_KEYS), playClaims);
}

function wireEvent(playToken: string, seq = 1, heardMs = 30_000): PlayEventWire {
  const spans = [{ from_ms: 0, to_ms: heardMs }];
  return { event_id: `event-${String(seq).padStart(4, "0")}`, play_token: playToken, seq, kind: "progress", spans };
}

async function post(events: readonly unknown[], as: string = accountId, apiEnv: ApiEnv = api): Promise<Response> {
  const headers = { authorization: `Bearer ${as}`, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify({ events }) };
  return routes.app.fetch(new Request("https://api.internal/v1/me/play-events", init), apiEnv);
}

async function recentlyPlayed(query = "", as: string = accountId): Promise<RecentlyPlayed> {
  const url = `https://api.internal/v1/me/player/recently-played${query}`;
  const response = await routes.app.fetch(new Request(url, { headers: { authorization: `Bearer ${as}` } }), api);
  expect(response.status).toBe(200);
  return response.json();
}

function eventuallyCounted(track: RecordingId, count: number): Promise<void> {
  const counted = async () => expect(await api.ACCOUNTING.playCounts([track])).toEqual({ [track]: count });
  return vi.waitFor(counted, { timeout: RECEIVE_TIMEOUT_MS, interval: 50 });
}

test("counts a play once that is reported three times, from the request to the play count [PLAY-1]", async () => {
  const playClaims = claims();
  const token = await sign(playClaims);
  for (let sent = 0; sent < 3; sent++) {
    const response = await post([wireEvent(token, 2, 31_000), wireEvent(token, 1, 20_000)]);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 2, refused: [] });
  }
  await eventuallyCounted(playClaims.track, 1);
  // A second play through the same queue shows that what was sent before it has been taken too.
  const second = claims({ track: playClaims.track });
  await post([wireEvent(await sign(second))]);
  await eventuallyCounted(playClaims.track, 2);
});

test("refuses what has no good token, says why, and takes the rest [PLAY-8]", async () => {
  const good = claims();
  const token = await sign(good);
  const foreign = await sign(claims({ sub: freshId<AccountId>(startedAtMs) }));
  const old = await sign(claims({ issuedAtMs: Date.now() - 36 * DAY_MS }));
  const forged = `${token.slice(0, -4)}AAAA`;
  const sent = [token, foreign, old, forged, "nonsense"].map((each, seq) => wireEvent(each, seq));
  const response = await post(sent);
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({
    accepted: 1,
    refused: [
      { event_id: "event-0001", reason: "other-account" },
      { event_id: "event-0002", reason: "token-expired" },
      { event_id: "event-0003", reason: "token-invalid" },
      { event_id: "event-0004", reason: "token-invalid" },
    ],
  });
  await eventuallyCounted(good.track, 1);
});

test("counts nothing for the account that reports another's playback [PLAY-8]", async () => {
  const thief = freshId<AccountId>(startedAtMs);
  const stolen = claims();
  const own = claims({ sub: thief });
  const answer = await post([wireEvent(await sign(stolen)), wireEvent(await sign(own))], thief);
  expect(await answer.json<PlayEventsAnswer>()).toMatchObject({ accepted: 1, refused: [{ reason: "other-account" }] });
  await eventuallyCounted(own.track, 1);
  expect(await api.ACCOUNTING.playCounts([stolen.track])).toEqual({ [stolen.track]: 0 });
});

test("refuses an event id that one request uses for two events [PLAY-6]", async () => {
  const token = await sign(claims());
  const response = await post([wireEvent(token, 1, 10_000), wireEvent(token, 1, 10_000), wireEvent(token, 1, 20_000)]);
  expect(await response.json()).toEqual({
    accepted: 2,
    refused: [{ event_id: "event-0001", reason: "event-id-reused" }],
  });
});

test("answers 503 and accepts nothing while the queue is out of order [PLAY-9]", async () => {
  const send = () => Promise.reject(new Error("the queue does not answer"));
  const response = await post([wireEvent(await sign(claims()))], accountId, { ...api, PLAYS: { ...api.PLAYS, send } });
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await response.json()).toMatchObject({ type: "urn:rimshot:problem:unavailable" });
});

test("refuses a batch that is too large, and names the field [PLAY-10]", async () => {
  const token = await sign(claims());
  const tooMany = await post(Array.from({ length: 101 }, (_, seq) => wireEvent(token, seq)));
  expect(tooMany.status).toBe(400);
  expect(await tooMany.json()).toMatchObject({ errors: [{ path: "events" }] });
  const spans = Array.from({ length: 65 }, (_, i) => ({ from_ms: i * 10, to_ms: i * 10 + 5 }));
  const tooLong = await post([{ ...wireEvent(token), spans }]);
  expect(tooLong.status).toBe(400);
  expect(await tooLong.json()).toMatchObject({ errors: [{ path: "events.0.spans" }] });
  const backwards = await post([{ ...wireEvent(token), spans: [{ from_ms: 5, to_ms: 5 }] }]);
  expect(await backwards.json()).toMatchObject({ errors: [{ path: "events.0.spans.0" }] });
});

test("takes the largest batch there may be, and counts all of it [PLAY-10]", async () => {
  const playClaims = claims({ durationMs: 60_000 });
  const token = await sign(playClaims);
  // Each event has 320 ms of scattered sound: it takes most of them to make thirty seconds.
  const events = Array.from({ length: 100 }, (_, seq) => ({
    ...wireEvent(token, seq),
    spans: Array.from({ length: 64 }, (_span, i) => {
      const fromMs = seq * 600 + i * 9;
      return { from_ms: fromMs, to_ms: fromMs + 5 };
    }),
  }));
  expect(await (await post(events)).json()).toEqual({ accepted: 100, refused: [] });
  await eventuallyCounted(playClaims.track, 1);
});

test("asks a stranger to sign in", async () => {
  const request = new Request("https://api.internal/v1/me/player/recently-played");
  expect((await routes.app.fetch(request, api)).status).toBe(401);
});

test("shows the qualified plays of an account alone, newest first, by page and with names [PLAY-17]", async () => {
  const { tracks, artistId, releaseId } = await publishedTracks(3);
  const played = tracks.map((track, i) => claims({ track, issuedAtMs: startedAtMs - i * 1_000 }));
  const skipped = claims({ track: tracks[0] ?? freshId<RecordingId>(startedAtMs) });
  for (const each of played) await post([wireEvent(await sign(each))]);
  await post([wireEvent(await sign(skipped), 1, 29_900)]);
  await vi.waitFor(async () => expect((await recentlyPlayed()).items).toHaveLength(3), { timeout: RECEIVE_TIMEOUT_MS });

  const first = await recentlyPlayed("?limit=2");
  expect(first.items.map((item) => item.playback_id)).toEqual([played[0]?.playback, played[1]?.playback]);
  expect(first.items[0]).toMatchObject({
    played_at: new Date(startedAtMs).toISOString(),
    track: {
      track_id: tracks[0],
      name: "Track 0",
      artists: [{ id: artistId, name: "Artist" }],
      album: { id: releaseId, name: "Album" },
      duration_ms: 200_000,
    },
  });
  const second = await recentlyPlayed(new URL(first.next ?? "", "https://api.internal").search);
  expect(second.items.map((item) => item.playback_id)).toEqual([played[2]?.playback]);
  expect(second.next).toBeNull();
  expect((await recentlyPlayed("", freshId<AccountId>(startedAtMs))).items).toEqual([]);
});

/** An album in the catalog as ingest leaves it. */
async function publishedTracks(count: number) {
  const nowMs = Date.now();
  const [artistId, releaseId, sha256] = [freshId(nowMs), freshId(nowMs), freshId(nowMs)];
  const tracks = Array.from({ length: count }, () => freshId<RecordingId>(nowMs));
  const run = (sql: string, ...values: (string | number | null)[]) => api.CATALOG_0.prepare(sql).bind(...values);
  await api.CATALOG_0.batch([
    run(
      "INSERT INTO artists (id, owner_account_id, name, name_key, created_at) VALUES (?, 'owner', 'Artist', ?, ?)",
      artistId,
      artistId,
      nowMs,
    ),
    run(
      `INSERT INTO releases (id, owner_account_id, artist_id, title, title_key, type, label, release_at, published_at,
                             idempotency_key, request_sha256, created_at)
       VALUES (?1, 'owner', ?2, 'Album', 'album', 'album', 'Label', ?3, ?3, ?1, ?1, ?3)`,
      releaseId,
      artistId,
      nowMs,
    ),
    run(
      `INSERT INTO masters (sha256, object_key, size_bytes, content_type, duration_ms, created_at)
       VALUES (?1, ?1, 1, 'audio/flac', 200000, ?2)`,
      sha256,
      nowMs,
    ),
    ...tracks.flatMap((track, i) => [
      run(
        `INSERT INTO recordings (id, release_id, title, disc_number, track_number, explicit, master_sha256,
                                 published_at, created_at)
         VALUES (?1, ?2, ?3, 1, ?4, 0, ?5, ?6, ?6)`,
        track,
        releaseId,
        `Track ${i}`,
        i + 1,
        sha256,
        nowMs,
      ),
      run("INSERT INTO recording_artists VALUES (?, 0, ?)", track, artistId),
    ]),
  ]);
  return { tracks, artistId, releaseId };
}
