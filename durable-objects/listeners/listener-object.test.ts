import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { PlaybackId, PlaylistId, RecordingId } from "#domain/foundation/ids.ts";
import { DAY_MS } from "#domain/foundation/time.ts";
import { compareAge, type HistoryEntry } from "#domain/plays/play-history.ts";
import { freshId, seededRandom, shuffled } from "#domain/plays/plays-fixtures.ts";
import { CHUNK_PLAYS_MAX, HISTORY_PLAYS_MAX } from "./history-storage.ts";
import type { ListenerObject } from "./listener-object.ts";

const { LISTENERS } = env as unknown as RealtimeEnv;
const NOON_MS = Date.UTC(2026, 10, 23, 12);

function listener() {
  return LISTENERS.getByName(crypto.randomUUID());
}

function play(atMs: number): HistoryEntry {
  return { playbackId: freshId<PlaybackId>(atMs), recordingId: freshId<RecordingId>(atMs), playedAtMs: atMs };
}

test("keeps one random subject for good, another for each listener [PLAY-16]", async () => {
  const one = listener();
  const subject = await one.subjectId();
  expect(subject).toMatch(/^[0-9A-Za-z]{22}$/);
  await evictDurableObject(one);
  expect(await one.subjectId()).toBe(subject);
  expect(await listener().subjectId()).not.toBe(subject);
});

test("has each playback once in its history, newest first, in whatever order they came [PLAY-17]", async () => {
  const one = listener();
  const plays = Array.from({ length: 12 }, (_, i) => play(NOON_MS + i * 1_000));
  const random = seededRandom(3);
  await one.recordPlays(shuffled(plays, random));
  await evictDurableObject(one);
  await one.recordPlays(shuffled([...plays, ...plays], random));
  expect(await one.recentlyPlayed(20)).toEqual(plays.toReversed());
});

test("pages through its history without gap or repetition, plays of one instant included [PLAY-17]", async () => {
  const one = listener();
  const plays = [play(NOON_MS), play(NOON_MS), play(NOON_MS), play(NOON_MS + 1), play(NOON_MS + 2)];
  await one.recordPlays(plays);
  const seen: string[] = [];
  let before: PlaybackId | null = null;
  for (let page = 0; page < 4; page++) {
    const entries: HistoryEntry[] = await one.recentlyPlayed(2, before);
    seen.push(...entries.map((entry) => entry.playbackId));
    before = entries.at(-1)?.playbackId ?? before;
  }
  expect(seen).toHaveLength(plays.length);
  expect(new Set(seen)).toEqual(new Set(plays.map((entry) => entry.playbackId)));
  expect(await one.recentlyPlayed(2, freshId<PlaybackId>(NOON_MS))).toEqual([]);
});

test("keeps the newest plays up to its limit, and does not bring back what it dropped [PLAY-17]", async () => {
  const one = listener();
  const plays = Array.from({ length: HISTORY_PLAYS_MAX + 3 }, (_, i) => play(NOON_MS + i));
  await one.recordPlays(plays);
  await one.recordPlays(plays.slice(0, 3));
  const oldestKept = plays[3];
  const second = plays[4];
  if (oldestKept === undefined || second === undefined) throw new Error("too few plays");
  expect(await one.recentlyPlayed(5, second.playbackId)).toEqual([oldestKept]);
});

/** All of a history, by its pages. */
async function readHistory(one: ReturnType<typeof listener>): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  for (;;) {
    const page = await one.recentlyPlayed(100, entries.at(-1)?.playbackId ?? null);
    if (page.length === 0) return entries;
    entries.push(...page);
  }
}

function chunkSizes(one: ReturnType<typeof listener>): Promise<number[]> {
  return runInDurableObject(one, (_instance, { storage }) => {
    const rows = storage.sql.exec<{ plays: string }>("SELECT plays FROM history_chunks").toArray();
    return rows.map(({ plays }) => (JSON.parse(plays) as unknown[]).length);
  });
}

const LATE_MS_MAX = 35 * DAY_MS;

test("is a list of what was ever told, whatever is told again, late or together [PLAY-17]", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seededRandom(seed);
    const one = listener();
    const told: HistoryEntry[] = [];
    let nowMs = NOON_MS;
    const tell = (instance: ListenerObject) => {
      nowMs += Math.floor(random() * 300_000);
      const isLate = random() < 0.3;
      const fresh = Array.from({ length: Math.floor(random() * 6) }, () => {
        // Some are of one instant, and some of long ago.
        return play(nowMs - (isLate ? Math.floor(random() * LATE_MS_MAX) : Math.floor(random() * 3)));
      });
      const again = shuffled(told, random).slice(0, Math.floor(random() * 4));
      instance.recordPlays(shuffled([...fresh, ...again], random));
      told.push(...fresh);
    };
    for (let life = 0; life < 5; life++) {
      await runInDurableObject(one, (instance: ListenerObject) => {
        for (let call = 0; call < 25; call++) tell(instance);
      });
      await evictDurableObject(one);
    }
    expect(await readHistory(one), `seed ${seed}`).toEqual(told.toSorted(compareAge).toReversed());
    expect(Math.max(...(await chunkSizes(one)))).toBeLessThanOrEqual(CHUNK_PLAYS_MAX);
  }
});

test("has chunks that are half full at least but for the newest, in whatever order plays come [PLAY-17]", async () => {
  const one = listener();
  const plays = shuffled(
    Array.from({ length: 1_500 }, (_, i) => play(NOON_MS + (i % 700))),
    seededRandom(4),
  );
  await runInDurableObject(one, (instance: ListenerObject) => {
    for (const entry of plays) instance.recordPlays([entry]);
  });
  expect(await readHistory(one)).toEqual(plays.toSorted(compareAge).toReversed());
  const sizes = await chunkSizes(one);
  expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(CHUNK_PLAYS_MAX / 2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(CHUNK_PLAYS_MAX);
});

test("has its newest 10,000 and no other, in no more chunks than these need, also of late plays [PLAY-17]", async () => {
  const one = listener();
  const plays = Array.from({ length: HISTORY_PLAYS_MAX + 700 }, (_, i) => play(NOON_MS + i));
  const isLate = (_entry: HistoryEntry, index: number) => index % 9 === 0;
  await one.recordPlays(plays.filter((entry, index) => !isLate(entry, index)));
  await one.recordPlays(plays.filter(isLate));
  const newest = plays.slice(-HISTORY_PLAYS_MAX).toReversed();
  expect(await readHistory(one)).toEqual(newest);
  // What is too old is not there, although a part of it may lie in the last chunk, and it does not come back.
  const kept = await chunkSizes(one);
  for (const again of [plays, plays.slice(0, 3)]) await one.recordPlays(again);
  expect(await readHistory(one)).toEqual(newest);
  expect(await chunkSizes(one)).toEqual(kept);
  const tooOld = plays[plays.length - HISTORY_PLAYS_MAX - 1];
  expect(await one.recentlyPlayed(1, tooOld?.playbackId)).toEqual([]);
  const sizes = await chunkSizes(one);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeLessThan(HISTORY_PLAYS_MAX + CHUNK_PLAYS_MAX);
  expect(sizes.length).toBeLessThanOrEqual(2 * Math.ceil(total / CHUNK_PLAYS_MAX));
});

test("knows no play by the id of a track, nor by a part of an id [PLAY-17]", async () => {
  const one = listener();
  const [entry, ...others] = [play(NOON_MS + 1), play(NOON_MS)];
  if (entry === undefined) throw new Error("too few plays");
  await one.recordPlays([entry, ...others]);
  for (const before of [entry.recordingId, entry.playbackId.slice(1), ""]) {
    expect(await one.recentlyPlayed(5, before as string as PlaybackId), before).toEqual([]);
  }
});

test("refuses a page that no caller may ask for", async () => {
  await runInDurableObject(listener(), (instance: ListenerObject) => {
    expect(() => instance.recentlyPlayed(0)).toThrow(RangeError);
    expect(() => instance.listPlaylists(1_000, 0)).toThrow(RangeError);
  });
});

test("lists its playlists once each, newest first, and forgets them", async () => {
  const one = listener();
  const ids = [0, 1, 2].map((i) => freshId<PlaylistId>(NOON_MS + i));
  for (const [i, id] of [...ids.entries(), ...ids.entries()]) await one.rememberPlaylist(id, NOON_MS + i);
  expect(await one.listPlaylists(2, 0)).toEqual({ ids: [ids[2], ids[1]], total: 3 });
  expect(await one.listPlaylists(2, 2)).toEqual({ ids: [ids[0]], total: 3 });
  const [, middle] = ids;
  if (middle === undefined) throw new Error("too few playlists");
  await one.forgetPlaylist(middle);
  await one.forgetPlaylist(middle);
  expect(await one.listPlaylists(10, 0)).toEqual({ ids: [ids[2], ids[0]], total: 2 });
});

test("gives one id to an idempotency key, and a conflict to its use for something else", async () => {
  const one = listener();
  const first = freshId<PlaylistId>(NOON_MS);
  const later = freshId<PlaylistId>(NOON_MS);
  expect(await one.claimPlaylistId("key-1", "aa", first)).toEqual({ id: first });
  expect(await one.claimPlaylistId("key-1", "aa", later)).toEqual({ id: first });
  expect(await one.claimPlaylistId("key-1", "bb", later)).toEqual({ conflict: true });
  expect(await one.claimPlaylistId("key-2", "aa", later)).toEqual({ id: later });
  expect(await listener().claimPlaylistId("key-1", "bb", later)).toEqual({ id: later });
});
