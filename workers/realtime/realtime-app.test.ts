import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { AccountId, PlaybackId, PlaylistId, RecordingId } from "#domain/foundation/ids.ts";
import {
  STREAM_SESSION_HEADER,
  STREAM_SUBPROTOCOL,
  type StreamMessage,
} from "#durable-objects/listeners/stream-protocol.ts";
import {
  PLAYLIST_SUBPROTOCOL,
  type PlaylistMessage,
  WATCHER_ACCOUNT_HEADER,
} from "#durable-objects/playlists/playlist-protocol.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { realtimeApp } from "./realtime-app.ts";

const bindings = env as unknown as RealtimeEnv & { readonly REALTIME: Fetcher; readonly IDENTITY: D1Database };
const ORIGIN = "https://rimshot.example";
const PASSWORD = "correct horse battery";

interface Caller {
  readonly actor: { readonly accountId: AccountId; readonly name: string };
  readonly token: string;
}

let ada: Caller;
let grace: Caller;
let job: Caller;

beforeAll(async () => {
  ada = await openSession("sign-up", "Ada");
  grace = await openSession("sign-up", "Grace");
  const { actor } = await openSession("sign-up", "Joblike");
  await bindings.IDENTITY.prepare("UPDATE accounts SET role = 'job' WHERE id = ?").bind(actor.accountId).run();
  job = await openSession("sign-in", "Joblike");
});

async function openSession(step: "sign-up" | "sign-in", name: string): Promise<Caller> {
  const credentials = { email: `${name.toLowerCase()}@realtime.example.com`, password: PASSWORD };
  const session = await bindings.API.fetch(`${ORIGIN}/api/auth/${step}/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(step === "sign-up" ? { ...credentials, name } : credentials),
  });
  const { token, user } = await session.json<{ token: string; user: { id: AccountId } }>();
  const answer = await bindings.API.fetch(`${ORIGIN}/api/auth/token`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { actor: { accountId: user.id, name }, token: (await answer.json<{ token: string }>()).token };
}

async function newPlaylist(shared: { public?: boolean; collaborative?: boolean } = {}) {
  const id = freshId<PlaylistId>();
  const stub = bindings.PLAYLISTS.getByName(id);
  const details = { name: "Mix", description: "", public: false, collaborative: false, ...shared };
  expect((await stub.create(ada.actor, details)).ok).toBe(true);
  return { id, stub };
}

function subprotocols(...names: string[]): Record<string, string> {
  return { upgrade: "websocket", "sec-websocket-protocol": names.join(", ") };
}

async function knock(id: string, headers: Record<string, string>): Promise<Response> {
  return bindings.REALTIME.fetch(`${ORIGIN}/v1/playlists/${id}/live`, { headers });
}

/** As a browser does it. */
async function knockAs(caller: Caller | null, id: string): Promise<Response> {
  return knock(id, subprotocols(PLAYLIST_SUBPROTOCOL, ...(caller === null ? [] : [`bearer.${caller.token}`])));
}

function listen(answer: Response) {
  const { webSocket } = answer;
  if (webSocket === null) throw new Error(`the handshake was answered with ${answer.status}`);
  const messages: PlaylistMessage[] = [];
  webSocket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") messages.push(JSON.parse(data) as PlaylistMessage);
  });
  webSocket.accept();
  return { webSocket, messages };
}

/** The status of a handshake that is not gone on with. */
function statusOf(answer: Response): number {
  answer.webSocket?.accept();
  answer.webSocket?.close(1000, "bye");
  return answer.status;
}

async function typeOf(answer: Response): Promise<[number, string]> {
  return [answer.status, (await answer.json<{ type: string }>()).type];
}

const NOT_FOUND = [404, "urn:rimshot:problem:not-found"];

describe("the door to a playlist", () => {
  it("opens for the owner's token in a subprotocol, and answers with the protocol alone [RT-1]", async () => {
    const { id, stub } = await newPlaylist();
    const answer = await knockAs(ada, id);
    expect(answer.status).toBe(101);
    expect(answer.headers.get("sec-websocket-protocol")).toBe(PLAYLIST_SUBPROTOCOL);
    const { webSocket, messages } = listen(answer);
    const edit = { kind: "add", recordingIds: ["0".repeat(22) as RecordingId], position: null } as const;
    await stub.edit(ada.actor, { edit, opId: "op-00000001" });
    await expect.poll(() => messages.length, { timeout: 5_000 }).toBe(2);
    expect(messages[0]).toEqual({ type: "hello", version: 1 });
    expect(messages[1]).toMatchObject({ type: "edited", version: 2, op_id: "op-00000001", by: ada.actor.accountId });
    webSocket.close(1000, "bye");
  });

  it("takes the token as a header too, for clients that can set one [RT-1]", async () => {
    const { id } = await newPlaylist();
    const headers = { ...subprotocols(PLAYLIST_SUBPROTOCOL), authorization: `Bearer ${ada.token}` };
    expect(statusOf(await knock(id, headers))).toBe(101);
  });

  it("is not there for strangers to a private list, nor where there is no list [RT-2]", async () => {
    const { id } = await newPlaylist();
    for (const place of [id, freshId<string>(), "not-an-id"]) {
      for (const caller of [null, grace, job]) expect(await typeOf(await knockAs(caller, place))).toEqual(NOT_FOUND);
    }
  });

  it("opens to whoever may read the list [RT-2]", async () => {
    const open = await newPlaylist({ public: true });
    for (const caller of [null, grace, job]) expect(statusOf(await knockAs(caller, open.id))).toBe(101);
    const shared = await newPlaylist({ collaborative: true });
    expect(statusOf(await knockAs(grace, shared.id))).toBe(101);
    for (const caller of [null, job]) expect(await typeOf(await knockAs(caller, shared.id))).toEqual(NOT_FOUND);
  });

  it("believes no header that a client sends to name its account [RT-3]", async () => {
    const { id } = await newPlaylist();
    const forged = { ...subprotocols(PLAYLIST_SUBPROTOCOL), [WATCHER_ACCOUNT_HEADER]: ada.actor.accountId };
    expect(await typeOf(await knock(id, forged))).toEqual(NOT_FOUND);
    const asGrace = { ...forged, authorization: `Bearer ${grace.token}` };
    expect(await typeOf(await knock(id, asGrace))).toEqual(NOT_FOUND);
  });

  it("refuses a token that is not valid, also on a public list [RT-4]", async () => {
    const { id } = await newPlaylist({ public: true });
    const broken = `bearer.${ada.token.slice(0, -4)}AAAA`;
    for (const offered of [broken, "bearer.", "bearer.x"]) {
      const answer = await knock(id, subprotocols(PLAYLIST_SUBPROTOCOL, offered));
      expect(await typeOf(answer)).toEqual([401, "urn:rimshot:problem:unauthenticated"]);
    }
  });

  it("asks for a WebSocket handshake that offers the protocol, before it says what is there [RT-5]", async () => {
    const { id } = await newPlaylist();
    const badRequest = [400, "urn:rimshot:problem:bad-request"];
    for (const place of [id, freshId<string>()]) {
      expect(await typeOf(await knock(place, {}))).toEqual(badRequest);
      expect(await typeOf(await knock(place, { upgrade: "h2c" }))).toEqual(badRequest);
      expect(await typeOf(await knock(place, { upgrade: "websocket" }))).toEqual(badRequest);
      expect(await typeOf(await knock(place, subprotocols("chat")))).toEqual(badRequest);
    }
  });
});

describe("the door to an account's streams", () => {
  const knockFor = (headers: Record<string, string>, query = "?session_id=session-1") =>
    bindings.REALTIME.fetch(`${ORIGIN}/v1/me/stream${query}`, { headers });
  const asPlayer = (caller: Caller) => subprotocols(STREAM_SUBPROTOCOL, `bearer.${caller.token}`);
  const begin = (caller: Caller, sessionId: string) => {
    const id = freshId<PlaybackId>();
    const recordingId = freshId<RecordingId>();
    const stream = { playbackId: id, recordingId, sessionId, device: "the other", streamsMax: 1, continues: false };
    return bindings.LISTENERS.getByName(caller.actor.accountId).beginStream(stream);
  };

  it("opens to the account's own players, and tells each what happens to its own session [STR-19]", async () => {
    await begin(ada, "session-1");
    const answer = await knockFor(asPlayer(ada));
    expect(answer.headers.get("sec-websocket-protocol")).toBe(STREAM_SUBPROTOCOL);
    const { webSocket } = answer;
    if (webSocket === null) throw new Error(`the handshake was answered with ${answer.status}`);
    const messages: StreamMessage[] = [];
    webSocket.addEventListener("message", ({ data }) => {
      messages.push(JSON.parse(data as string) as StreamMessage);
    });
    webSocket.accept();
    await begin(grace, "session-1");
    await begin(ada, "session-2");
    await expect.poll(() => messages.length, { timeout: 5_000 }).toBe(2);
    expect(messages).toMatchObject([{ type: "hello" }, { type: "displaced", by: { device_name: "the other" } }]);
    webSocket.close(1000, "bye");
  });

  it("is closed to nobody, to a job, and to a token that is not ours [STR-19]", async () => {
    const typeFor = async (headers: Record<string, string>) => typeOf(await knockFor(headers));
    const unauthenticated = [401, "urn:rimshot:problem:unauthenticated"];
    expect(await typeFor(subprotocols(STREAM_SUBPROTOCOL))).toEqual(unauthenticated);
    const broken = `bearer.${ada.token.slice(0, -4)}AAAA`;
    expect(await typeFor(subprotocols(STREAM_SUBPROTOCOL, broken))).toEqual(unauthenticated);
    expect(await typeFor(asPlayer(job))).toEqual([403, "urn:rimshot:problem:forbidden"]);
  });

  it("takes the session from the query, and no header for it [STR-19]", async () => {
    const badRequest = [400, "urn:rimshot:problem:bad-request"];
    const forged = { ...asPlayer(ada), [STREAM_SESSION_HEADER]: "session-1" };
    for (const query of ["", "?session_id=", "?session_id=short", "?session_id=with%20space"]) {
      expect(await typeOf(await knockFor(forged, query))).toEqual(badRequest);
    }
    expect(await typeOf(await knockFor({ authorization: `Bearer ${ada.token}` }))).toEqual(badRequest);
    expect(await typeOf(await knockFor(subprotocols("chat", `bearer.${ada.token}`)))).toEqual(badRequest);
    expect(statusOf(await knockFor(forged))).toBe(101);
  });
});

describe("the Worker's health", () => {
  it("is told, and what it depends on is asked [RT-6]", async () => {
    const health = await bindings.REALTIME.fetch(`${ORIGIN}/healthz`);
    expect(await health.json()).toEqual({ status: "ok", worker: "realtime" });
    const ready = await bindings.REALTIME.fetch(`${ORIGIN}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: "ok", checks: { keys: "ok", playlists: "ok" } });
  });

  it("names the dependency that does not answer [RT-6]", async () => {
    const unreachable = { fetch: async () => new Response(null, { status: 502 }) };
    const ready = await realtimeApp.request(
      "/readyz",
      {},
      { ...bindings, API: unreachable as unknown as RealtimeEnv["API"] },
    );
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: "degraded", checks: { keys: "failed", playlists: "ok" } });
  });
});
