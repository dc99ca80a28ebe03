import { evictDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import type { AccountId, RecordingId } from "#domain/foundation/ids.ts";
import type { PlaybackFacts, PlayEvent } from "#domain/plays/play-event.ts";
import type { PlayMessage } from "#domain/plays/play-message.ts";
import { playShardName } from "#domain/plays/play-shard.ts";
import { sumKey } from "#domain/plays/play-sums.ts";
import { freshId, playbackFacts, playEvent } from "#domain/plays/plays-fixtures.ts";
import { retryDelaySeconds } from "#workers/shared/queues/retry-delay.ts";
import {
  accounting,
  deliver,
  messageOf,
  NOON_MS,
  playsOf,
  qualifying,
  queued,
  sumsOfDay,
  withBroken,
} from "./accounting-fixtures.ts";
import { batchArchiveKey, poisonArchiveKey } from "./play-archive.ts";
import { RETRY_DELAY_SECONDS_MAX } from "./plays-consumer.ts";
import { countPlays, PLAY_COUNTS_MAX } from "./sums-store.ts";

let accountId: AccountId;
let playback: PlaybackFacts;

beforeEach(() => {
  accountId = freshId<AccountId>(NOON_MS);
  playback = playbackFacts(NOON_MS);
});

function playMessage(events: readonly PlayEvent[], overrides: Partial<PlayMessage> = {}): PlayMessage {
  return messageOf([{ playback, events }], { accountId, ...overrides });
}

async function historyOf(account: string): Promise<string[]> {
  return (await accounting.LISTENERS.getByName(account).recentlyPlayed(50)).map((play) => play.playbackId);
}

test("counts a play once whose events come three times and out of order [PLAY-1]", async () => {
  const [first, second] = qualifying.map((event) => queued(playMessage([event])));
  if (first === undefined || second === undefined) throw new Error("two messages expected");
  await deliver([second]);
  expect(await playsOf(playback.recordingId)).toBe(0);
  const result = await deliver([first, second, first]);
  expect(result.explicitAcks).toHaveLength(3);
  await deliver([second, first]);
  expect(await playsOf(playback.recordingId)).toBe(1);
  expect(await historyOf(accountId)).toEqual([playback.playbackId]);
});

test("counts nothing twice when a whole batch is delivered again, the shard evicted in between [PLAY-12]", async () => {
  const batch = [queued(playMessage(qualifying)), queued(playMessage([playEvent(3, [30_000, 40_000])]))];
  await deliver(batch);
  await evictDurableObject(accounting.PLAY_SHARDS.getByName(playShardName(playback)));
  await evictDurableObject(accounting.LISTENERS.getByName(accountId));
  expect((await deliver(batch)).explicitAcks).toHaveLength(2);
  expect(await playsOf(playback.recordingId)).toBe(1);
  expect(await historyOf(accountId)).toHaveLength(1);
});

test("counts a play whose consumer crashed after the shard and before the ledger [PLAY-12]", async () => {
  const body = playMessage(qualifying);
  const received = body.playbacks.map((reported) => ({ ...reported, receivedAtMs: body.receivedAtMs }));
  await accounting.PLAY_SHARDS.getByName(playShardName(playback)).recordReports(received);
  expect(await playsOf(playback.recordingId)).toBe(0);
  await deliver([queued(body, 2)]);
  expect(await playsOf(playback.recordingId)).toBe(1);
  expect(await historyOf(accountId)).toEqual([playback.playbackId]);
});

test.each(["ARCHIVE", "PLAY_SHARDS", "LEDGER", "LISTENERS"] as const)(
  "retries a message while %s is out of order, and counts it once afterwards [PLAY-12]",
  async (name) => {
    const message = queued(playMessage(qualifying));
    const failed = await deliver([message], withBroken(name));
    expect(failed.explicitAcks).toEqual([]);
    expect(failed.retryMessages.map(({ msgId }) => msgId)).toEqual([message.id]);
    expect((await deliver([{ ...message, attempts: 2 }])).explicitAcks).toEqual([message.id]);
    expect(await playsOf(playback.recordingId)).toBe(1);
    expect(await historyOf(accountId)).toEqual([playback.playbackId]);
  },
);

test("waits longer with each attempt, an hour at most, and bridges ten hours in twenty [PLAY-13]", () => {
  const delay = (attempts: number) => retryDelaySeconds(attempts, RETRY_DELAY_SECONDS_MAX);
  expect([1, 2, 3, 11, 12, 20].map(delay)).toEqual([2, 4, 8, 2_048, 3_600, 3_600]);
  const totalSeconds = Array.from({ length: 20 }, (_, i) => delay(i + 1)).reduce((sum, s) => sum + s, 0);
  expect(totalSeconds).toBeGreaterThan(10 * 3_600);
});

test("acknowledges the sound messages of a batch and retries the one that fails [PLAY-13]", async () => {
  const other = playbackFacts(NOON_MS);
  const sound = queued(playMessage(qualifying));
  const failing = queued({ ...playMessage([]), playbacks: [{ playback: other, events: qualifying }] });
  const brokenShard = playShardName(other);
  const shards = new Proxy(accounting.PLAY_SHARDS, {
    get: (target) => (name: string) => {
      if (name === brokenShard) throw new Error("the shard does not answer");
      return target.getByName(name);
    },
  });
  const result = await deliver([failing, sound], { ...accounting, PLAY_SHARDS: shards });
  expect(result.explicitAcks).toEqual([sound.id]);
  expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual([failing.id]);
  expect(await playsOf(playback.recordingId)).toBe(1);
  expect(await playsOf(other.recordingId)).toBe(0);
});

test("retries all messages of a batch that is not in the archive, and counts none of them [PLAY-11]", async () => {
  const batch = [queued(playMessage(qualifying)), queued(playMessage([playEvent(3, [30_000, 40_000])]))];
  const failed = await deliver(batch, withBroken("ARCHIVE"));
  expect(failed.explicitAcks).toEqual([]);
  expect(failed.retryMessages.map(({ msgId }) => msgId).sort()).toEqual(batch.map(({ id }) => id).sort());
  expect(await playsOf(playback.recordingId)).toBe(0);
  expect((await deliver(batch)).explicitAcks).toHaveLength(2);
  expect(await playsOf(playback.recordingId)).toBe(1);
});

/** The lines of an archived batch; null where there is none. */
async function archived(batch: readonly ReturnType<typeof queued>[]): Promise<unknown[] | null> {
  const stored = await (await accounting.ARCHIVE.get(await batchArchiveKey(batch)))?.text();
  return stored === undefined
    ? null
    : stored
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
}

test("has the raw messages of a batch in one object, a line each, without the account [PLAY-11]", async () => {
  const batch = [queued(playMessage(qualifying)), queued({ version: 2 }), queued(playMessage([playEvent(3)]))];
  const [first, poison, last] = batch;
  if (first === undefined || poison === undefined || last === undefined) throw new Error("three messages expected");
  const puts: string[] = [];
  const counting = new Proxy(accounting.ARCHIVE, {
    get:
      (target) =>
      (key: string, ...rest: [string, R2PutOptions]) => {
        puts.push(key);
        return target.put(key, ...rest);
      },
  });
  await deliver(batch, { ...accounting, ARCHIVE: counting });
  const key = await batchArchiveKey([first, last]);
  expect(key).toMatch(/^plays\/2026-11-23\/[0-9a-f]{64}\.ndjson$/);
  expect(puts.sort()).toEqual([key, poisonArchiveKey(poison)].sort());
  const kept = { version: 1, receivedAtMs: NOON_MS + 31_000 };
  const lines = [
    { messageId: first.id, ...kept, playbacks: [{ playback, events: qualifying }] },
    { messageId: last.id, ...kept, playbacks: [{ playback, events: [playEvent(3)] }] },
  ].sort((a, b) => (a.messageId < b.messageId ? -1 : 1));
  expect(await archived([first, last])).toEqual(lines);
  expect(await (await accounting.ARCHIVE.get(key))?.text()).not.toContain(accountId);
});

test("overwrites a batch that comes again in any order; a part of it is another object [PLAY-11]", async () => {
  const [first, second] = [queued(playMessage(qualifying)), queued(playMessage([playEvent(3)]))];
  await deliver([first, second]);
  const before = await accounting.ARCHIVE.head(await batchArchiveKey([first, second]));
  await deliver([
    { ...second, attempts: 2 },
    { ...first, attempts: 2 },
  ]);
  const after = await accounting.ARCHIVE.head(await batchArchiveKey([first, second]));
  expect(after?.etag).toBe(before?.etag);
  expect(await batchArchiveKey([second, first])).toBe(await batchArchiveKey([first, second]));
  expect(await archived([second])).toBeNull();
  await deliver([{ ...second, attempts: 2 }]);
  expect(await archived([second])).toHaveLength(1);
  expect(await archived([first, second])).toHaveLength(2);
});

test("names a batch by the day of its oldest message [PLAY-11]", async () => {
  const midnightMs = Date.UTC(2026, 10, 24);
  const batch = [midnightMs, midnightMs - 1].map((atMs) => ({ id: `at-${atMs}`, timestamp: new Date(atMs) }));
  expect(await batchArchiveKey(batch)).toContain("/2026-11-23/");
});

test("has nothing to archive where all of a batch is poison [PLAY-14]", async () => {
  const poison = queued({ version: 2 });
  await deliver([poison]);
  expect(await archived([poison])).toBeNull();
});

test.each([
  ["no object", "hello"],
  ["of another version", { version: 2 }],
  ["without events", { version: 1, accountId: "a", receivedAtMs: 1, playbacks: [] }],
])("sets a message aside that is %s, and counts the rest of its batch [PLAY-14]", async (_what, body) => {
  const poison = queued(body);
  const sound = queued(playMessage(qualifying));
  const result = await deliver([poison, sound]);
  expect(result.explicitAcks.sort()).toEqual([poison.id, sound.id].sort());
  expect(await (await accounting.ARCHIVE.get(poisonArchiveKey(poison)))?.json()).toEqual(body);
  expect(await playsOf(playback.recordingId)).toBe(1);
});

test("keeps poison on the queue while it cannot be stored [PLAY-14]", async () => {
  const poison = queued({ version: 2 });
  const result = await deliver([poison], withBroken("ARCHIVE"));
  expect(result.explicitAcks).toEqual([]);
  expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual([poison.id]);
});

test("counts two listeners of one track apart, each in their own history [PLAY-17]", async () => {
  const other = playbackFacts(NOON_MS, { recordingId: playback.recordingId });
  const otherAccount = freshId<AccountId>(NOON_MS);
  const unqualified = playbackFacts(NOON_MS, { recordingId: playback.recordingId });
  await deliver([
    queued(playMessage(qualifying)),
    queued(playMessage([], { accountId: otherAccount, playbacks: [{ playback: other, events: qualifying }] })),
    queued(
      playMessage([], { accountId: otherAccount, playbacks: [{ playback: unqualified, events: [playEvent(0)] }] }),
    ),
  ]);
  expect(await playsOf(playback.recordingId)).toBe(2);
  expect(await historyOf(accountId)).toEqual([playback.playbackId]);
  expect(await historyOf(otherAccount)).toEqual([other.playbackId]);
});

test("has of a play in the ledger what is added up, and nothing of who heard it [PLAY-16]", async () => {
  await deliver([queued(playMessage(qualifying))]);
  expect(await playsOf(playback.recordingId)).toBe(1);
  expect(await sumsOfDay("2026-11-23", playback.recordingId)).toMatchObject({ [sumKey(playback)]: 1 });
  const tables = await accounting.LEDGER.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  for (const { name } of tables.results as { name: string }[]) {
    if (name.startsWith("_cf_")) continue;
    const { results } = await accounting.LEDGER.prepare(`SELECT * FROM ${name}`).all();
    expect(JSON.stringify(results), name).not.toContain(playback.subjectId);
  }
});

test("counts in the month in which each playback began, when a message has two of them [PLAY-12]", async () => {
  const nextMonth = playbackFacts(Date.UTC(2026, 11, 1), { subjectId: playback.subjectId });
  const playbacks = [playback, nextMonth].map((each) => ({ playback: each, events: qualifying }));
  await deliver([queued(playMessage([], { playbacks, receivedAtMs: Date.UTC(2026, 11, 2) }))]);
  expect(await historyOf(accountId)).toEqual([nextMonth.playbackId, playback.playbackId]);
});

test("answers 0 for a recording that nobody played, and refuses too many at once [PLAY-15]", async () => {
  const unheard = freshId<RecordingId>(NOON_MS);
  await deliver([queued(playMessage(qualifying))]);
  expect(await playsOf(unheard)).toBe(0);
  expect(await countPlays(accounting.LEDGER, [unheard, playback.recordingId])).toEqual({
    [unheard]: 0,
    [playback.recordingId]: 1,
  });
  expect(await countPlays(accounting.LEDGER, [])).toEqual({});
  await expect(countPlays(accounting.LEDGER, Array(PLAY_COUNTS_MAX + 1).fill(unheard))).rejects.toThrow(RangeError);
});
