import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import type { ReceivedPlayback } from "#domain/plays/listening-day.ts";
import type { PlaybackFacts } from "#domain/plays/play-event.ts";
import { mergeSums, sumKey } from "#domain/plays/play-sums.ts";
import { oneOf, playbackFacts, playEvent, seededRandom } from "#domain/plays/plays-fixtures.ts";
import { QUALIFIED_PLAYS_PER_PAGE_MAX, type QualifiedPlaysCursor } from "./qualified-plays.ts";

const { PLAY_SHARDS } = env as unknown as RealtimeEnv;
const NOON_MS = Date.UTC(2026, 10, 23, 12);
const WHOLE = { part: 0, parts: 1 };

function shard() {
  return PLAY_SHARDS.getByName(crypto.randomUUID());
}

function heard(playback: PlaybackFacts, forMs: number): ReceivedPlayback {
  return { playback, receivedAtMs: playback.issuedAtMs + forMs, events: [playEvent(1, [0, forMs])] };
}

function sumsOf(plays: readonly PlaybackFacts[]) {
  return mergeSums(plays.map((play) => ({ key: sumKey(play), day: "2026-11-23", plays: 1 })));
}

test("has what counts in the round in which it first does, and in no other [PLAY-23]", async () => {
  const one = shard();
  const [first, second] = [playbackFacts(NOON_MS), playbackFacts(NOON_MS)];
  expect(await one.recordReports([heard(first, 29_000)])).toMatchObject({ newestRound: 0 });
  expect(await one.closeRound(0)).toEqual({ through: 0, plays: 0 });
  expect(await one.recordReports([heard(second, 30_000)])).toMatchObject({ newestRound: 1 });
  expect(await one.closeRound(0)).toEqual({ through: 1, plays: 1 });
  const more = { ...heard(first, 40_000), events: [playEvent(2, [29_000, 40_000])] };
  expect(await one.recordReports([more, heard(second, 45_000)])).toMatchObject({ newestRound: 2 });
  expect(await one.closeRound(1)).toEqual({ through: 2, plays: 1 });
  expect(await one.newsOfPart({ after: 0, through: 1 }, WHOLE)).toEqual({ sums: sumsOf([second]), earlier: [] });
  expect(await one.newsOfPart({ after: 1, through: 2 }, WHOLE)).toEqual({ sums: sumsOf([first]), earlier: [] });
  expect(await one.newsOfPart({ after: 0, through: 2 }, WHOLE)).toEqual({ sums: sumsOf([first, second]), earlier: [] });
});

test("answers for a closed round the same, whatever comes after and across evictions [PLAY-23]", async () => {
  const one = shard();
  const plays = Array.from({ length: 30 }, () => playbackFacts(NOON_MS));
  await one.recordReports(plays.map((play) => heard(play, 30_000)));
  expect(await one.closeRound(0)).toEqual({ through: 1, plays: 30 });
  expect(await one.closeRound(0)).toEqual({ through: 1, plays: 30 });
  const before = await one.newsOfPart({ after: 0, through: 1 }, WHOLE);
  expect(before.sums).toEqual(sumsOf(plays));
  await one.recordReports(plays.map((play) => ({ ...heard(play, 60_000), events: [playEvent(2, [40_000, 60_000])] })));
  await one.recordReports([heard(playbackFacts(NOON_MS), 30_000)]);
  await evictDurableObject(one);
  expect(await one.newsOfPart({ after: 0, through: 1 }, WHOLE)).toEqual(before);
  expect(await one.closeRound(1)).toEqual({ through: 2, plays: 1 });
});

test("does not answer for a round that is open [PLAY-23]", async () => {
  const one = shard();
  await one.recordReports([heard(playbackFacts(NOON_MS), 30_000)]);
  await runInDurableObject(one, (instance) => {
    expect(() => instance.newsOfPart({ after: 0, through: 1 }, WHOLE)).toThrow(RangeError);
  });
});

test("has each sum in one part, however many there are [PLAY-24]", async () => {
  const one = shard();
  const plays = Array.from({ length: 60 }, () => playbackFacts(NOON_MS));
  await one.recordReports(plays.map((play) => heard(play, 30_000)));
  await one.closeRound(0);
  for (const parts of [1, 2, 7]) {
    const answers = await Promise.all(
      Array.from({ length: parts }, (_part, part) => one.newsOfPart({ after: 0, through: 1 }, { part, parts })),
    );
    expect(mergeSums(answers.flatMap(({ sums }) => sums))).toEqual(sumsOf(plays));
    expect(answers.flatMap(({ sums }) => sums)).toHaveLength(plays.length);
  }
});

test("adds up plays of one recording by day, country and terms [PLAY-24]", async () => {
  const one = shard();
  const first = playbackFacts(NOON_MS);
  const { recordingId } = first;
  const plays = [
    first,
    playbackFacts(NOON_MS + 1, { recordingId }),
    playbackFacts(NOON_MS, { recordingId, country: "FR" }),
    playbackFacts(NOON_MS, { recordingId, commercialModel: "SubscriptionModel" }),
    playbackFacts(NOON_MS + DAY_MS, { recordingId }),
  ];
  await one.recordReports(plays.map((play) => heard(play, 30_000)));
  await one.closeRound(0);
  expect((await one.newsOfPart({ after: 0, through: 1 }, WHOLE)).sums).toEqual([
    { key: `${recordingId}/DE/A`, day: "2026-11-23", plays: 2 },
    { key: `${recordingId}/DE/S`, day: "2026-11-23", plays: 1 },
    { key: `${recordingId}/FR/A`, day: "2026-11-23", plays: 1 },
    { key: `${recordingId}/DE/A`, day: "2026-11-24", plays: 1 },
  ]);
});

test("lists its plays that count, each once, by subject and playback, in pages of any size [PLAY-25]", async () => {
  const one = shard();
  const random = seededRandom(5);
  const subjects = Array.from({ length: 6 }, () => playbackFacts(NOON_MS).subjectId);
  const plays = Array.from({ length: 40 }, () => {
    const issuedAtMs = NOON_MS + Math.floor(random() * 5) * DAY_MS;
    return playbackFacts(issuedAtMs, { subjectId: oneOf(subjects, random) });
  });
  const [idle] = plays;
  await one.recordReports(plays.map((play) => heard(play, play === idle ? 20_000 : 30_000)));
  const expected = plays
    .filter((play) => play !== idle)
    .sort((a, b) => (a.subjectId + a.playbackId < b.subjectId + b.playbackId ? -1 : 1));
  for (const limit of [1, 7, 39, 100]) {
    const listed: PlaybackFacts[] = [];
    let after: QualifiedPlaysCursor | null = null;
    do {
      const page: Awaited<ReturnType<typeof one.listQualifiedPlays>> = await one.listQualifiedPlays({ after, limit });
      expect(page.plays.length).toBeLessThanOrEqual(limit);
      listed.push(...page.plays);
      after = page.next;
    } while (after !== null);
    expect(listed).toEqual(expected);
  }
});

test("lists nothing of an empty shard, and no page without a limit [PLAY-25]", async () => {
  const one = shard();
  expect(await one.listQualifiedPlays({ after: null, limit: 5 })).toEqual({ plays: [], next: null });
  await runInDurableObject(one, (instance) => {
    for (const limit of [0, 1.5, QUALIFIED_PLAYS_PER_PAGE_MAX + 1]) {
      expect(() => instance.listQualifiedPlays({ after: null, limit })).toThrow(RangeError);
    }
  });
});
