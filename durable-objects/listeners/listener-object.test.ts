import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { PlaybackId, PlaylistId, RecordingId } from "#domain/foundation/ids.ts";
import type { HistoryEntry } from "#domain/plays/play-history.ts";
import { freshId, seededRandom, shuffled } from "#domain/plays/plays-fixtures.ts";
import { HISTORY_PLAYS_MAX, type ListenerObject } from "./listener-object.ts";

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
