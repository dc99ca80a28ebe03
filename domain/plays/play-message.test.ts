import { expect, test } from "vitest";
import type { AccountId } from "#domain/foundation/ids.ts";
import { PLAY_MESSAGE_BYTES_MAX, packPlayMessages, type ReportedEvent } from "./play-message.ts";
import { playShardName } from "./play-shard.ts";
import { freshId, playbackFacts, playEvent } from "./plays-fixtures.ts";
import { makeSubjectId } from "./subject.ts";

const NOVEMBER_MS = Date.UTC(2026, 10, 30, 23, 59, 59, 999);
const ACCOUNT = freshId<AccountId>(NOVEMBER_MS);

test("packs the events of several playbacks of a month into one message [PLAY-10]", () => {
  const first = playbackFacts(NOVEMBER_MS);
  const second = playbackFacts(NOVEMBER_MS - 60_000, { subjectId: first.subjectId });
  const reported: ReportedEvent[] = [
    { playback: first, event: playEvent(0) },
    { playback: second, event: playEvent(0) },
    { playback: first, event: playEvent(1, [0, 10_000]) },
  ];
  expect(packPlayMessages(ACCOUNT, NOVEMBER_MS, reported)).toEqual([
    {
      version: 1,
      accountId: ACCOUNT,
      receivedAtMs: NOVEMBER_MS,
      playbacks: [
        { playback: first, events: [playEvent(0), playEvent(1, [0, 10_000])] },
        { playback: second, events: [playEvent(0)] },
      ],
    },
  ]);
});

test("makes a message for each shard, and none of nothing [PLAY-10]", () => {
  const november = playbackFacts(NOVEMBER_MS);
  const december = playbackFacts(NOVEMBER_MS + 1, { subjectId: november.subjectId });
  const reported = [november, december].map((playback) => ({ playback, event: playEvent(0) }));
  expect(packPlayMessages(ACCOUNT, NOVEMBER_MS, reported)).toHaveLength(2);
  expect(packPlayMessages(ACCOUNT, NOVEMBER_MS, [])).toEqual([]);
});

test("splits what is too large for a message and loses none of it [PLAY-10]", () => {
  const playbacks = [0, 1, 2].map(() => playbackFacts(NOVEMBER_MS));
  const subjectId = playbackFacts(NOVEMBER_MS).subjectId;
  const spans = Array.from({ length: 64 }, (_, i) => ({ fromMs: 9_000_000 + 2 * i, toMs: 9_000_001 + 2 * i }));
  const reported = Array.from({ length: 100 }, (_, i) => ({
    playback: { ...(playbacks[i % 3] ?? playbackFacts(NOVEMBER_MS)), subjectId },
    event: { ...playEvent(i), spans },
  }));
  const messages = packPlayMessages(ACCOUNT, NOVEMBER_MS, reported);
  const sizes = messages.map((message) => new TextEncoder().encode(JSON.stringify(message)).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(PLAY_MESSAGE_BYTES_MAX);
  expect(messages).toHaveLength(Math.ceil(total / PLAY_MESSAGE_BYTES_MAX));
  const ids = messages.flatMap((message) => message.playbacks.flatMap(({ events }) => events.map((e) => e.eventId)));
  expect(ids.sort()).toEqual(reported.map(({ event }) => event.eventId).sort());
});

test("names a shard by the month in UTC and by the subject alone [PLAY-1]", () => {
  const november = playbackFacts(NOVEMBER_MS);
  const [month, number] = playShardName(november).split(":");
  expect(month).toBe("2026-11");
  expect(playShardName({ ...november, issuedAtMs: NOVEMBER_MS + 1 })).toBe(`2026-12:${number}`);
  expect(playShardName({ ...playbackFacts(NOVEMBER_MS - 5), subjectId: november.subjectId })).toBe(`2026-11:${number}`);
});

test("spreads subjects over all the shards of a month [PLAY-1]", () => {
  const subjects = 256 * 40;
  const loads = new Map<string, number>();
  for (let i = 0; i < subjects; i++) {
    const subjectId = makeSubjectId(crypto.getRandomValues(new Uint8Array(16)));
    const shard = playShardName({ subjectId, issuedAtMs: NOVEMBER_MS });
    loads.set(shard, (loads.get(shard) ?? 0) + 1);
  }
  expect(loads.size).toBe(256);
  // Forty on average; a fair hash is beyond a hundred less than once in 10^15.
  expect(Math.max(...loads.values())).toBeLessThan(100);
});
