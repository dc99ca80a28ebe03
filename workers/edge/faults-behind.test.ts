/** What the api still does for listeners when a store of its own is away: the second half of docs/specs/failures.md. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { AccountId, RecordingId } from "#domain/foundation/ids.ts";
import { signPlayToken } from "#domain/plays/play-token.ts";
import { playTokenClaims } from "#domain/plays/plays-fixtures.ts";
import { type Caller, SLOW_MS, seedArtist, seedRelease, signIn } from "#workers/api/catalog/catalog-fixtures.ts";
import api from "#workers/api/index.ts";
import type { Playback } from "#workers/api/plays/plays-contract.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ask } from "./edge-fixtures.ts";
import {
  ANSWER_MS_MAX,
  type ApiPart,
  answersTo,
  call,
  isAway,
  newIsolate,
  prepareOutages,
  type Question,
  RANGE,
  takeAway,
} from "./outage-fixtures.ts";

const apiEnv = env as unknown as ApiEnv;
const MINUTE_MS = 60_000;

prepareOutages();

/** An isolate of the api, whose stores go away as well, behind an isolate of the edge. */
function newApiIsolate(): EdgeEnv {
  const database = (part: "CATALOG_0" | "IDENTITY") => {
    const failing = () => call(part, () => Promise.reject(new Error("the statement is of an outage")));
    const statement = { bind: () => statement, first: failing, all: failing, run: failing, raw: failing };
    return {
      prepare: (sql: string) => (isAway(part) ? statement : apiEnv[part].prepare(sql)),
      batch: (statements: D1PreparedStatement[]) => call(part, () => apiEnv[part].batch(statements)),
    };
  };
  const objects = (part: "LISTENERS" | "PLAYLISTS") => ({
    getByName: (name: string) => {
      const stub = apiEnv[part].getByName(name) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
      const method = (_target: object, of: string | symbol) => {
        return (...args: unknown[]) => call(part, async () => stub[String(of)]?.(...args));
      };
      return new Proxy({}, { get: method });
    },
  });
  const bindings = {
    CATALOG_0: database("CATALOG_0"),
    IDENTITY: database("IDENTITY"),
    LISTENERS: objects("LISTENERS"),
    PLAYLISTS: objects("PLAYLISTS"),
    PLAYS: { send: (message: unknown) => call("PLAYS", () => apiEnv.PLAYS.send(message)) },
    RIGHTS: { get: (key: string, options: object) => call("RIGHTS", () => apiEnv.RIGHTS.get(key, options)) },
    ACCOUNTING: { playCounts: (ids: string[]) => call("ACCOUNTING", () => apiEnv.ACCOUNTING.playCounts(ids)) },
  };
  const of: ApiEnv = { ...apiEnv, ...(bindings as unknown as Partial<ApiEnv>) };
  const fetch = async (request: Request) => api.fetch(request, of, createExecutionContext());
  return newIsolate({ API: { fetch } as unknown as EdgeEnv["API"] });
}

const API_WELL = {
  "audio that has begun": 206,
  search: 200,
  "a playback begins": 201,
  "its URLs are renewed": 200,
  "its manifest is opened": 200,
  "a sign of life": 204,
  "plays are reported": 202,
  "a playlist is read": 200,
  "a playlist is renamed": 200,
  "a track is added to it": 201,
  "sign in, with a wrong password": 401,
};

type ApiUse = keyof typeof API_WELL;

const BEGINNING: readonly ApiUse[] = ["a playback begins", "its URLs are renewed"];
const WITH_TRACKS: readonly ApiUse[] = [
  "search",
  "its manifest is opened",
  "a playlist is read",
  "a track is added to it",
];
const PLAYLIST: readonly ApiUse[] = ["a playlist is read", "a playlist is renamed", "a track is added to it"];

/** What fails where a part is away; everything else is as well as ever. */
const API_FAULTS: readonly { readonly part: ApiPart | "RIGHTS" | "ACCOUNTING"; readonly fails: readonly ApiUse[] }[] = [
  { part: "CATALOG_0", fails: [...BEGINNING, ...WITH_TRACKS] },
  { part: "RIGHTS", fails: [...BEGINNING, ...WITH_TRACKS] },
  { part: "IDENTITY", fails: ["sign in, with a wrong password"] },
  { part: "LISTENERS", fails: [...BEGINNING, "its manifest is opened", "a sign of life"] },
  { part: "PLAYLISTS", fails: PLAYLIST },
  { part: "PLAYS", fails: ["plays are reported"] },
  { part: "ACCOUNTING", fails: [] },
];

describe("where a store behind the api is away", { timeout: SLOW_MS }, () => {
  let listener: Caller;
  let track: string;

  beforeAll(async () => {
    listener = await signIn("listener", { product: "family" });
    const artistId = await seedArtist("Steady Heron");
    const release = await seedRelease({ artistId, title: "Herons", tracks: [{ title: "Heron", hasAudio: true }] });
    track = release.trackIds[0] ?? "";
  }, SLOW_MS);

  function as(method: string, path: string, body: object, of: EdgeEnv): Question {
    const headers = { authorization: `Bearer ${listener.token}`, "content-type": "application/json" };
    const key = { "idempotency-key": freshId<string>() };
    return {
      path,
      method,
      env: of,
      headers: { ...headers, ...key },
      ...(method === "GET" ? {} : { body: JSON.stringify(body) }),
    };
  }

  async function answered<Answer>({ path, ...asked }: Question): Promise<Answer> {
    const answer = await ask(path, asked);
    expect(answer.ok, path).toBe(true);
    return answer.json<Answer>();
  }

  async function beginUses(of: EdgeEnv): Promise<Record<ApiUse, Question>> {
    // Of one session: another would displace the first, whose URLs are then not renewed.
    const begin = { track_id: track, session_id: freshId<string>() };
    const playback = await answered<Playback>(as("POST", "/v1/playbacks", begin, of));
    const playlist = await answered<{ id: string }>(as("POST", "/v1/me/playlists", { name: "Mine" }, of));
    const add = as("POST", `/v1/playlists/${playlist.id}/tracks`, { uris: [`rimshot:track:${track}`] }, of);
    await answered(add);
    const event = { event_id: freshId(), play_token: playback.play_token, seq: 0, kind: "start", spans: [] };
    const wrong = { email: "nobody@faults.test", password: "a password that is wrong" };
    return {
      "audio that has begun": { path: playback.renditions[0]?.url ?? "", env: of, headers: RANGE },
      search: { path: "/v1/search?q=heron&type=track", env: of },
      "a playback begins": as("POST", "/v1/playbacks", { ...begin, session_id: freshId<string>() }, of),
      "its URLs are renewed": as("POST", `/v1/playbacks/${playback.id}/renew`, begin, of),
      "its manifest is opened": { path: playback.manifests?.hls ?? "", env: of },
      "a sign of life": as("POST", `/v1/playbacks/${playback.id}/heartbeat`, {}, of),
      "plays are reported": as("POST", "/v1/me/play-events", { events: [event] }, of),
      "a playlist is read": as("GET", `/v1/playlists/${playlist.id}`, {}, of),
      "a playlist is renamed": as("PUT", `/v1/playlists/${playlist.id}`, { name: "Still mine" }, of),
      "a track is added to it": add,
      "sign in, with a wrong password": as("POST", "/api/auth/sign-in/email", wrong, of),
    };
  }

  it.each(API_FAULTS)("$part [FLT-5] [FLT-7]", async ({ part, fails }) => {
    const of = newApiIsolate();
    const questions = await beginUses(of);
    takeAway({ [part]: "throws" });
    const answers = Object.entries(await answersTo(questions));
    const failed = answers.filter(([, status]) => status === 500 || status === 503).map(([use]) => use);
    expect(failed).toEqual(Object.keys(API_WELL).filter((use) => fails.some((one) => one === use)));
    const rest = answers.filter(([use]) => !failed.includes(use));
    expect(rest).toEqual(Object.entries(API_WELL).filter(([use]) => !failed.includes(use)));
    takeAway({});
    expect(await answersTo(questions)).toEqual(API_WELL);
  });

  it("the keys of access tokens do not come: a 503 to who shows one, and audio goes on [FLT-5]", async () => {
    const { "audio that has begun": audio } = await beginUses(newApiIsolate());
    const of = newApiIsolate();
    takeAway({ IDENTITY: "throws" });
    const answers = await answersTo({
      begin: as("POST", "/v1/playbacks", { track_id: track }, of),
      search: { path: "/v1/search?q=heron&type=track", env: of },
      audio: { ...audio, env: of },
    });
    expect(answers).toEqual({ begin: 503, search: 200, audio: 206 });
  });

  it("the queue of plays: a 503, and what is sent again later counts once, all of it [FLT-6]", async () => {
    const of = newApiIsolate();
    const played = freshId<RecordingId>();
    const events = await Promise.all([1, 2, 3].map((play) => playEvent(played, Date.now() - play * MINUTE_MS)));
    const report = as("POST", "/v1/me/play-events", { events }, of);
    takeAway({ PLAYS: "throws" });
    expect(await answersTo({ report })).toEqual({ report: 503 });
    takeAway({});
    // More than once, as of a device that did not hear the answer.
    for (let times = 0; times < 3; times++) expect(await answersTo({ report })).toEqual({ report: 202 });
    const counted = async () =>
      expect(await apiEnv.ACCOUNTING.playCounts([played])).toEqual({ [played]: events.length });
    await vi.waitFor(counted, { timeout: 2 * ANSWER_MS_MAX, interval: 50 });
  });

  async function playEvent(played: RecordingId, issuedAtMs: number): Promise<object> {
    const claims = playTokenClaims(issuedAtMs, { sub: listener.accountId as AccountId, track: played });
    const token = await signPlayToken(await keyringOf(apiEnv.PLAY_TOKEN_KEYS), claims);
    const spans = [{ from_ms: 0, to_ms: 30_000 }];
    return { event_id: freshId(), play_token: token, seq: 0, kind: "progress", spans };
  }
});
