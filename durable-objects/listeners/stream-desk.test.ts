/** The streams of one account as its object keeps them: leases, sockets and sleep. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { STREAMS_MAX } from "#domain/accounts/products.ts";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { freshId } from "#domain/plays/plays-fixtures.ts";
import { STREAM_TURNS_KEPT, type StreamBeginning } from "#domain/streams/account-streams.ts";
import { SESSIONS_BESIDE_MAX, STREAM_LIVE_MS, STREAM_URLS_MS } from "#domain/streams/stream-leases.ts";
import {
  CLOSE_POLICY_VIOLATION,
  type SocketAttachment,
  STREAM_SESSION_HEADER,
  STREAM_SOCKETS_MAX,
  STREAMS_MAX_HEADER,
  type StreamMessage,
} from "./stream-protocol.ts";
import { StreamStorage } from "./stream-storage.ts";

const { LISTENERS } = env as unknown as RealtimeEnv;

type Stub = ReturnType<typeof newListener>;

function newListener() {
  return LISTENERS.getByName(crypto.randomUUID());
}

function beginning(sessionId: string, partial: Partial<StreamBeginning> = {}): StreamBeginning {
  const nowMs = Date.now();
  return {
    playbackId: freshId<PlaybackId>(nowMs),
    recordingId: freshId<RecordingId>(nowMs),
    sessionId,
    device: `device ${sessionId}`,
    streamsMax: 1,
    continues: false,
    ...partial,
  };
}

async function begin(stub: Stub, sessionId: string, partial: Partial<StreamBeginning> = {}): Promise<StreamBeginning> {
  const request = beginning(sessionId, partial);
  expect((await stub.beginStream(request)).ok).toBe(true);
  return request;
}

function keep(stub: Stub, { playbackId }: StreamBeginning, streamsMax = 1) {
  return stub.keepStream({ playbackId, sessionId: null, recordingId: null, streamsMax });
}

function storedStreams(stub: Stub) {
  return runInDurableObject(stub, (_instance, { storage }) => new StreamStorage(storage.sql).read());
}

/** As if no lease had been heard of for long, but by what sockets are pinged from now on. */
function forgetSignsOfLife(stub: Stub, { ofSockets }: { readonly ofSockets: boolean }) {
  return runInDurableObject(stub, (_instance, ctx) => {
    const storage = new StreamStorage(ctx.storage.sql);
    const { leases, playbacks } = storage.read();
    storage.write({ leases: leases.map((lease) => ({ ...lease, seenAtMs: 1 })), playbacks });
    const attachment: SocketAttachment = { connectedAtMs: 1 };
    if (ofSockets) for (const socket of ctx.getWebSockets()) socket.serializeAttachment(attachment);
  });
}

const connected: WebSocket[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const socket of connected.splice(0)) {
    if (socket.readyState === WebSocket.OPEN) socket.close(1000, "bye");
  }
});

function handshake(stub: Stub, sessionId: string, streamsMax = 1): Promise<Response> {
  const headers = { upgrade: "websocket", [STREAM_SESSION_HEADER]: sessionId, [STREAMS_MAX_HEADER]: `${streamsMax}` };
  return stub.fetch("https://listeners.internal/", { headers });
}

async function connect(stub: Stub, sessionId: string, streamsMax = 1) {
  const { webSocket } = await handshake(stub, sessionId, streamsMax);
  if (webSocket === null) throw new Error("the object refused the handshake");
  const messages: StreamMessage[] = [];
  const texts: string[] = [];
  const closed = new Promise<number>((resolve) => {
    webSocket.addEventListener("close", (event) => resolve(event.code));
  });
  webSocket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") return;
    if (data.startsWith("{")) messages.push(JSON.parse(data) as StreamMessage);
    else texts.push(data);
  });
  webSocket.accept();
  connected.push(webSocket);
  const received = (count: number) => expect.poll(() => messages.length, { timeout: 5_000 }).toBe(count);
  return { webSocket, messages, texts, closed, received };
}

describe("an account's streams", () => {
  it("are one where two devices begin at the same instant [STR-1]", async () => {
    const stub = newListener();
    const requests = ["one", "two", "three", "four"].map((session) => beginning(session));
    const begun = await Promise.all(requests.map((request) => stub.beginStream(request)));
    expect(begun.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    const kept = await Promise.all(requests.map((request) => keep(stub, request)));
    expect(kept.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("are six for a family, and the seventh displaces the first [STR-2]", async () => {
    const stub = newListener();
    const streamsMax = STREAMS_MAX.family;
    const requests = [];
    for (let i = 1; i <= 7; i++) requests.push(await begin(stub, `player-${i}`, { streamsMax }));
    const kept = [];
    for (const request of requests) kept.push((await keep(stub, request, streamsMax)).ok);
    expect(kept).toEqual([false, true, true, true, true, true, true]);
  });

  it("let a session prepare its next track, and go on with the one before it [STR-3]", async () => {
    const stub = newListener();
    const now = await begin(stub, "player");
    const next = await begin(stub, "player", { continues: true });
    expect((await keep(stub, now)).ok).toBe(true);
    expect((await keep(stub, next)).ok).toBe(true);
  });

  it("are one for a session whose name many devices share: its newest three playbacks go on [STR-20]", async () => {
    const stub = newListener();
    const requests: StreamBeginning[] = [];
    for (let i = 0; i < 60; i++) requests.push(await begin(stub, "shared"));
    const kept = await Promise.all(requests.map((request) => keep(stub, request)));
    expect(kept.slice(0, -3)).toEqual(Array.from({ length: 57 }, () => ({ ok: false, error: { kind: "superseded" } })));
    expect(kept.slice(-3).map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it("do not live by a playback that is over, nor end one by another session's [STR-20]", async () => {
    const stub = newListener();
    const old = await begin(stub, "one", { streamsMax: 6 });
    const sounding = await begin(stub, "one", { streamsMax: 6 });
    for (const session of ["two", "three", "two", "three"]) await begin(stub, session, { streamsMax: 6 });
    expect((await keep(stub, old, 6)).ok).toBe(true);
    for (let i = 0; i < 2; i++) await begin(stub, "one", { streamsMax: 6 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + STREAM_LIVE_MS });
    expect(await keep(stub, old, 6)).toEqual({ ok: false, error: { kind: "superseded" } });
    // It was no sign of life: another device displaces nobody, for nobody is live.
    await begin(stub, "four");
    expect(await keep(stub, sounding)).toMatchObject({
      ok: false,
      error: { displacement: { byDevice: "device four" } },
    });
  });

  it("are not begun in ever more sessions, where each has URLs that are still good [STR-21]", async () => {
    const stub = newListener();
    for (let i = 0; i <= SESSIONS_BESIDE_MAX; i++) await begin(stub, `session-${i}`);
    const refused = await stub.beginStream(beginning("one-more"));
    expect(refused).toMatchObject({ ok: false, error: { kind: "too-many-sessions" } });
    // Nothing was written of it, and the newest goes on.
    expect((await stub.beginStream(beginning("one-more"))).ok).toBe(false);
    await begin(stub, `session-${SESSIONS_BESIDE_MAX}`, { continues: true });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + STREAM_URLS_MS });
    await begin(stub, "one-more");
  });

  it("count a playback that is begun twice as begun once [STR-9]", async () => {
    const stub = newListener();
    const first = await begin(stub, "one");
    const second = await begin(stub, "two");
    expect(await stub.beginStream(first)).toMatchObject({ ok: false, error: { kind: "displaced" } });
    expect((await keep(stub, second)).ok).toBe(true);
    expect((await stub.beginStream(second)).ok).toBe(true);
  });

  it("lapse after 30 s without a sign of life, and come back where there is room [STR-4] [STR-5]", async () => {
    const stub = newListener();
    const one = await begin(stub, "one");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + STREAM_LIVE_MS });
    const two = await begin(stub, "two");
    // It was not live: nobody displaced it, and now there is no room for it.
    expect(await keep(stub, one)).toMatchObject({ ok: false, error: { displacement: { byDevice: "device two" } } });
    expect((await keep(stub, two)).ok).toBe(true);
    vi.setSystemTime(Date.now() + 10 * STREAM_LIVE_MS);
    expect((await keep(stub, two)).ok).toBe(true);
  });

  it("are fewer from the next sign of life on, when the product allows fewer [STR-7]", async () => {
    const stub = newListener();
    const one = await begin(stub, "one", { streamsMax: 6 });
    const two = await begin(stub, "two", { streamsMax: 6 });
    expect((await keep(stub, one, 6)).ok).toBe(true);
    expect((await keep(stub, two, 1)).ok).toBe(true);
    expect((await keep(stub, one, 6)).ok).toBe(false);
  });

  it("know only playbacks of the account, of the session and of the track that are named [STR-8]", async () => {
    const stub = newListener();
    const { playbackId, recordingId, sessionId } = await begin(stub, "one");
    const right = { playbackId, sessionId, recordingId, streamsMax: 1 };
    expect((await stub.keepStream(right)).ok).toBe(true);
    for (const wrong of [
      { ...right, playbackId: freshId<PlaybackId>(Date.now()) },
      { ...right, sessionId: "two" },
      { ...right, recordingId: freshId<RecordingId>(Date.now()) },
    ]) {
      expect(await stub.keepStream(wrong)).toEqual({ ok: false, error: { kind: "unknown" } });
    }
    expect(await newListener().keepStream(right)).toEqual({ ok: false, error: { kind: "unknown" } });
  });

  it("outlive the object's sleep [STR-10]", async () => {
    const stub = newListener();
    const one = await begin(stub, "one");
    const two = await begin(stub, "two");
    await evictDurableObject(stub);
    expect(await keep(stub, one)).toMatchObject({ ok: false, error: { kind: "displaced" } });
    expect((await keep(stub, two)).ok).toBe(true);
  });

  it("are remembered for 200 playbacks, and no more of them kept [STR-8]", async () => {
    const stub = newListener();
    const first = await begin(stub, "session-0");
    const streamsMax = STREAM_TURNS_KEPT;
    for (let i = 1; i <= STREAM_TURNS_KEPT; i++) await begin(stub, `session-${i}`, { streamsMax });
    expect(await keep(stub, first)).toEqual({ ok: false, error: { kind: "unknown" } });
    const { leases, playbacks } = await storedStreams(stub);
    expect([leases.length, playbacks.length]).toEqual([STREAM_TURNS_KEPT, STREAM_TURNS_KEPT]);
  });
});

describe("a stream's socket", () => {
  it("is told at once that another device has taken over, and which [STR-11]", async () => {
    const stub = newListener();
    await begin(stub, "one");
    const { messages, received } = await connect(stub, "one");
    await received(1);
    await begin(stub, "two");
    await received(2);
    expect(messages).toMatchObject([{ type: "hello" }, { type: "displaced", by: { device_name: "device two" } }]);
  });

  it("hears it too where the object slept in between [STR-11]", async () => {
    const stub = newListener();
    await begin(stub, "one");
    const { messages, received } = await connect(stub, "one");
    await received(1);
    await evictDurableObject(stub, { webSockets: "hibernate" });
    await begin(stub, "two");
    await received(2);
    expect(messages[1]).toMatchObject({ type: "displaced" });
  });

  it("that comes after the displacement is told first of all [STR-11]", async () => {
    const stub = newListener();
    await begin(stub, "one");
    await begin(stub, "two");
    const { messages, received } = await connect(stub, "one");
    await received(1);
    expect(messages).toMatchObject([{ type: "displaced", by: { device_name: "device two" } }]);
  });

  it("keeps its lease alive by its pings, which wake nobody [STR-12]", async () => {
    const stub = newListener();
    await begin(stub, "one");
    const { webSocket, messages, texts, received } = await connect(stub, "one");
    await received(1);
    // What remains is the ping.
    await forgetSignsOfLife(stub, { ofSockets: true });
    webSocket.send("ping");
    await expect.poll(() => texts, { timeout: 5_000 }).toEqual(["pong"]);
    // Only what is live can be displaced.
    await begin(stub, "two");
    await received(2);
    expect(messages[1]).toMatchObject({ type: "displaced" });
  });

  it("leaves behind when it was last heard of [STR-12]", async () => {
    const stub = newListener();
    await begin(stub, "one");
    const { webSocket, texts, closed } = await connect(stub, "one");
    await forgetSignsOfLife(stub, { ofSockets: true });
    webSocket.send("ping");
    await expect.poll(() => texts, { timeout: 5_000 }).toEqual(["pong"]);
    webSocket.close(1000, "bye");
    await closed;
    const seenAt = async () => (await storedStreams(stub)).leases[0]?.seenAtMs;
    await expect.poll(seenAt, { timeout: 5_000 }).toBeGreaterThan(Date.now() - 60_000);
  });

  it("keeps when it was opened, also while the object sleeps, and leaves that behind [STR-12] [STR-24]", async () => {
    const stub = newListener();
    await begin(stub, "one");
    const { webSocket, messages, received } = await connect(stub, "one");
    await received(1);
    await forgetSignsOfLife(stub, { ofSockets: false });
    await evictDurableObject(stub, { webSockets: "hibernate" });
    // It is live by its connection alone, and so can be displaced.
    await begin(stub, "two");
    await received(2);
    expect(messages[1]).toMatchObject({ type: "displaced" });
    await forgetSignsOfLife(stub, { ofSockets: false });
    webSocket.close(1000, "bye");
    const seenAt = async () => (await storedStreams(stub)).leases[0]?.seenAtMs;
    await expect.poll(seenAt, { timeout: 5_000 }).toBeGreaterThan(Date.now() - 60_000);
  });

  it("that was opened lapses 30 s later, where nothing is heard over it [STR-4]", async () => {
    const stub = newListener();
    await begin(stub, "one");
    const { messages, received } = await connect(stub, "one");
    await received(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + STREAM_LIVE_MS });
    await begin(stub, "two");
    const { leases } = await storedStreams(stub);
    expect(leases.map(({ displacement }) => displacement)).toEqual([null, null]);
    expect(messages).toHaveLength(1);
  });

  it("says nothing but ping [STR-13]", async () => {
    const { webSocket, closed } = await connect(newListener(), "one");
    webSocket.send("displace the others");
    expect(await closed).toBe(CLOSE_POLICY_VIOLATION);
  });

  it("is one for each session, and 32 for an account [STR-13]", async () => {
    const stub = newListener();
    const first = await connect(stub, "session-1");
    for (let i = 1; i <= STREAM_SOCKETS_MAX; i++) await connect(stub, `session-${i}`);
    expect(await first.closed).toBe(1000);
    expect((await handshake(stub, "one-too-many")).status).toBe(503);
    expect((await handshake(stub, "session-2")).status).toBe(101);
  });

  it("is opened by upgrade alone, for a session that the door names [STR-13]", async () => {
    const stub = newListener();
    expect((await stub.fetch("https://listeners.internal/")).status).toBe(426);
    const unnamed = await stub.fetch("https://listeners.internal/", { headers: { upgrade: "websocket" } });
    expect(unnamed.status).toBe(400);
  });
});
