/** An object that a version before has filled: its rows are taken over when it wakes, once. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { HistoryEntry } from "#domain/plays/play-history.ts";
import { freshId, seededRandom, shuffled } from "#domain/plays/plays-fixtures.ts";
import { HISTORY_PLAYS_MAX } from "./history-storage.ts";

const { LISTENERS } = env as unknown as RealtimeEnv;

type Stub = ReturnType<typeof newListener>;

const FORMER_SCHEMA = `
  CREATE TABLE IF NOT EXISTS plays (
    playback_id TEXT PRIMARY KEY,
    recording_id TEXT NOT NULL,
    played_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS plays_by_time ON plays (played_at, playback_id);
  CREATE TABLE IF NOT EXISTS stream_leases (
    session_id TEXT PRIMARY KEY,
    turn INTEGER NOT NULL,
    device TEXT,
    seen_at INTEGER NOT NULL,
    displaced_at INTEGER,
    displaced_by TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS stream_playbacks (
    turn INTEGER PRIMARY KEY,
    playback_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    recording_id TEXT NOT NULL
  ) STRICT;
`;

interface FormerPlayback {
  readonly playbackId: PlaybackId;
  readonly recordingId: RecordingId;
  readonly sessionId: string;
}

interface Former {
  readonly plays: readonly HistoryEntry[];
  /** In the order in which they were begun; each session but the last one's is displaced by it. */
  readonly playbacks: readonly FormerPlayback[];
}

function newListener() {
  return LISTENERS.getByName(crypto.randomUUID());
}

/** Fills the tables as the version before did, and lets the object fall asleep. */
async function leaveBehind(stub: Stub, { plays, playbacks }: Former): Promise<void> {
  const nowMs = Date.now();
  const last = playbacks.at(-1)?.sessionId;
  await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    sql.exec(FORMER_SCHEMA);
    for (const { playbackId, recordingId, playedAtMs } of plays) {
      sql.exec("INSERT INTO plays VALUES (?, ?, ?)", playbackId, recordingId, playedAtMs);
    }
    for (const [index, { playbackId, recordingId, sessionId }] of playbacks.entries()) {
      const turn = index + 1;
      sql.exec("INSERT INTO stream_playbacks VALUES (?, ?, ?, ?)", turn, playbackId, sessionId, recordingId);
      const displaced = sessionId === last ? [null, null] : [nowMs, `device ${last}`];
      const lease = [sessionId, turn, `device ${sessionId}`, nowMs, ...displaced];
      sql.exec("INSERT OR REPLACE INTO stream_leases VALUES (?, ?, ?, ?, ?, ?)", ...lease);
    }
  });
  await evictDurableObject(stub);
}

function formerTables(stub: Stub): Promise<string[]> {
  return runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    const rows = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE name IN ('plays', 'plays_by_time', 'stream_leases', 'stream_playbacks')",
    );
    return rows.toArray().map(({ name }) => name);
  });
}

function play(atMs: number): HistoryEntry {
  return { playbackId: freshId<PlaybackId>(atMs), recordingId: freshId<RecordingId>(atMs), playedAtMs: atMs };
}

function playback(sessionId: string): FormerPlayback {
  const nowMs = Date.now();
  return { playbackId: freshId<PlaybackId>(nowMs), recordingId: freshId<RecordingId>(nowMs), sessionId };
}

function keep(stub: Stub, { playbackId, recordingId, sessionId }: FormerPlayback) {
  return stub.keepStream({ playbackId, recordingId, sessionId, streamsMax: 1 });
}

describe("an object of the version before", () => {
  it("keeps its history, and goes on with it [PLAY-17]", async () => {
    const stub = newListener();
    const plays = Array.from({ length: 250 }, (_, index) => play(1_790_000_000_000 + index));
    await leaveBehind(stub, { plays: shuffled(plays, seededRandom(1)), playbacks: [] });
    const newest = play(1_790_000_100_000);
    await stub.recordPlays([newest, ...plays.slice(0, 3)]);
    expect(await stub.recentlyPlayed(100)).toEqual([newest, ...plays.toReversed().slice(0, 99)]);
    expect(await stub.recentlyPlayed(100, plays[1]?.playbackId)).toEqual([plays[0]]);
    expect(await formerTables(stub)).toEqual([]);
  });

  it("keeps all of a history that is full [PLAY-17]", async () => {
    const stub = newListener();
    const plays = Array.from({ length: HISTORY_PLAYS_MAX }, (_, index) => play(1_790_000_000_000 + index));
    await leaveBehind(stub, { plays, playbacks: [] });
    expect(await stub.recentlyPlayed(2, plays[2]?.playbackId)).toEqual([plays[1], plays[0]]);
  });

  it("knows its playbacks and who was displaced by whom [STR-8] [STR-10]", async () => {
    const stub = newListener();
    const playbacks = ["one", "two", "two", "two", "two"].map(playback);
    const [ofOne, oldest, , , newest] = playbacks;
    if (ofOne === undefined || oldest === undefined || newest === undefined) throw new Error("too few playbacks");
    await leaveBehind(stub, { plays: [], playbacks });
    expect(await keep(stub, ofOne)).toMatchObject({ error: { displacement: { byDevice: "device two" } } });
    expect(await keep(stub, oldest)).toEqual({ ok: false, error: { kind: "superseded" } });
    expect((await keep(stub, newest)).ok).toBe(true);
    const begun = await stub.beginStream({ ...playback("one"), device: "device one", streamsMax: 1, continues: false });
    expect(begun.ok).toBe(true);
    expect(await keep(stub, newest)).toMatchObject({ error: { displacement: { byDevice: "device one" } } });
    expect(await formerTables(stub)).toEqual([]);
  });

  it("takes over once more what the version before wrote after a step back [STR-10] [PLAY-17]", async () => {
    const stub = newListener();
    const [first, second] = [play(1_790_000_000_000), play(1_790_000_000_001)];
    const before = playback("one");
    await stub.recordPlays([first]);
    expect((await stub.beginStream({ ...before, device: null, streamsMax: 1, continues: false })).ok).toBe(true);
    await leaveBehind(stub, { plays: [first, second], playbacks: [] });
    expect(await stub.recentlyPlayed(5)).toEqual([second, first]);
    // It had begun nothing meanwhile: what this version has written is still the newest.
    expect((await keep(stub, before)).ok).toBe(true);
    const meanwhile = playback("two");
    await leaveBehind(stub, { plays: [], playbacks: [meanwhile] });
    expect((await keep(stub, meanwhile)).ok).toBe(true);
    expect(await stub.recentlyPlayed(5)).toEqual([second, first]);
  });
});
