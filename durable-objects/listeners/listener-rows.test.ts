/** What a listener's object writes, in the rows that the platform bills. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { freshId } from "#domain/plays/plays-fixtures.ts";
import type { StreamBeginning } from "#domain/streams/account-streams.ts";
import { CHUNK_PLAYS_MAX } from "./history-storage.ts";
import { ListenerObject } from "./listener-object.ts";
import { STREAM_SESSION_HEADER, STREAMS_MAX_HEADER } from "./stream-protocol.ts";

const { LISTENERS } = env as unknown as RealtimeEnv;
const NOON_MS = Date.UTC(2026, 10, 29, 12);

type Written = (act: (listener: ListenerObject) => unknown) => number;

/** The object over its own database, with the rows that each of its statements has written. */
async function counted(run: (written: Written) => void): Promise<void> {
  await runInDurableObject(LISTENERS.getByName(crypto.randomUUID()), (_instance, ctx) => {
    const { sql } = ctx.storage;
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    const exec = (query: string, ...bindings: unknown[]) => {
      const cursor = sql.exec(query, ...bindings);
      cursors.push(cursor);
      return cursor;
    };
    Object.defineProperty(ctx.storage, "sql", { value: { exec } });
    const listener = new ListenerObject(ctx, env as unknown as RealtimeEnv);
    run((act) => {
      cursors.length = 0;
      act(listener);
      return cursors.reduce((rows, cursor) => rows + cursor.rowsWritten, 0);
    });
  });
}

function beginning(sessionId: string): StreamBeginning {
  const ids = { playbackId: freshId<PlaybackId>(NOON_MS), recordingId: freshId<RecordingId>(NOON_MS) };
  return { ...ids, sessionId, device: "Firefox on Linux", streamsMax: 1, continues: false };
}

function plays(count: number, fromMs = NOON_MS) {
  return Array.from({ length: count }, (_play, index) => {
    const playedAtMs = fromMs + index;
    return { playbackId: freshId<PlaybackId>(playedAtMs), recordingId: freshId<RecordingId>(playedAtMs), playedAtMs };
  });
}

it("writes one row for a beginning, whoever makes room for it and whatever is forgotten [STR-24]", async () => {
  await counted((written) => {
    // The first one makes the subject as well.
    expect(written((listener) => listener.beginStream(beginning("one")))).toBe(2);
    for (let i = 0; i < 250; i++) {
      expect(written((listener) => listener.beginStream(beginning(i % 7 === 0 ? "two" : "one")))).toBe(1);
    }
  });
});

it("writes one row for a renewal or a heartbeat, and none for one that changes nothing [STR-24]", async () => {
  await counted((written) => {
    const requests = [beginning("one"), beginning("one"), beginning("one"), beginning("one")];
    const [oldest] = requests;
    const newest = requests.at(-1);
    if (oldest === undefined || newest === undefined) throw new Error("too few playbacks");
    for (const request of requests) written((listener) => listener.beginStream(request));
    const keep = (request: StreamBeginning) =>
      written((listener) => listener.keepStream({ ...request, sessionId: null, recordingId: null }));
    const before = Date.now();
    while (Date.now() === before);
    expect(keep(newest)).toBe(1);
    expect(keep(oldest)).toBe(0);
    expect(keep(beginning("one"))).toBe(0);
    written((listener) => listener.beginStream(beginning("two")));
    expect(keep(newest)).toBe(0);
    expect(written((listener) => listener.beginStream(newest))).toBe(0);
  });
});

it("writes nothing for a socket that connects [STR-24]", async () => {
  await counted((written) => {
    written((listener) => listener.beginStream(beginning("one")));
    const headers = { upgrade: "websocket", [STREAM_SESSION_HEADER]: "one", [STREAMS_MAX_HEADER]: "1" };
    const connect = (listener: ListenerObject) => {
      const { status, webSocket } = listener.fetch(new Request("https://listeners.internal/", { headers }));
      expect(status).toBe(101);
      webSocket?.accept();
      webSocket?.close();
    };
    expect(written(connect)).toBe(0);
  });
});

it("writes one row for the plays of a call, and none for plays that it has [PLAY-31]", async () => {
  await counted((written) => {
    const songs = plays(CHUNK_PLAYS_MAX);
    for (const song of songs.slice(0, 20)) expect(written((listener) => listener.recordPlays([song]))).toBe(1);
    expect(written((listener) => listener.recordPlays(songs.slice(20, 25)))).toBe(1);
    expect(written((listener) => listener.recordPlays(songs.slice(0, 25)))).toBe(0);
    written((listener) => listener.recordPlays(songs));
    // The chunk is full, and the next one begins.
    expect(written((listener) => listener.recordPlays(plays(5, NOON_MS + 1_000)))).toBe(1);
    // Late ones belong into two chunks, the older of which is cut in two.
    const late = [...plays(1, NOON_MS + 3), ...plays(1, NOON_MS + 2_000)];
    expect(written((listener) => listener.recordPlays(late))).toBe(3);
  });
});
