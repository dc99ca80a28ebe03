import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { PLAYBACK_EVENTS_MAX, type ReceivedPlayback } from "#domain/plays/listening-day.ts";
import type { PlayEvent } from "#domain/plays/play-event.ts";
import { playbackFacts, playEvent, seededRandom, shuffled } from "#domain/plays/plays-fixtures.ts";

const { PLAY_SHARDS } = env as unknown as RealtimeEnv;
const NOON_MS = Date.UTC(2026, 10, 23, 12);

function shard() {
  return PLAY_SHARDS.getByName(crypto.randomUUID());
}

const playback = playbackFacts(NOON_MS);

/** One event, received so many milliseconds after the playback began. */
function receipt(seq: number, heard: readonly [number, number], afterMs: number): ReceivedPlayback {
  return { playback, receivedAtMs: NOON_MS + afterMs, events: [playEvent(seq, heard)] };
}

test("counts an event once that comes three times [PLAY-6]", async () => {
  const one = shard();
  const event = receipt(1, [0, 20_000], 20_000);
  const first = await one.recordReports([event]);
  expect(first).toMatchObject({ recorded: 1, duplicates: 0, conflicts: 0, surplus: 0 });
  expect(await one.recordReports([event, event])).toEqual({ ...first, recorded: 0, duplicates: 2 });
  expect(first.assessed).toEqual([
    { playback, audibleMs: 20_000, isRoyaltyEligible: false, isScrobbleEligible: false, qualifiedIn: null },
  ]);
});

test("answers with a qualified playback again when all of it is known already [PLAY-12]", async () => {
  const one = shard();
  const event = receipt(1, [0, 30_000], 30_000);
  const first = await one.recordReports([event]);
  await evictDurableObject(one);
  const again = await one.recordReports([event]);
  expect(again.assessed).toEqual(first.assessed);
  expect(again.assessed[0]?.isRoyaltyEligible).toBe(true);
});

test("keeps the first body of an event id and counts the other as a conflict [PLAY-6]", async () => {
  const one = shard();
  await one.recordReports([receipt(1, [0, 10_000], 10_000)]);
  const answer = await one.recordReports([receipt(1, [0, 60_000], 60_000)]);
  expect(answer).toMatchObject({ recorded: 0, duplicates: 0, conflicts: 1 });
  expect(answer.assessed[0]).toMatchObject({ audibleMs: 10_000, isRoyaltyEligible: false });
});

test("takes the same event id of another playback for another event [PLAY-6]", async () => {
  const other = { ...receipt(1, [0, 30_000], 30_000), playback: playbackFacts(NOON_MS) };
  const answer = await shard().recordReports([receipt(1, [0, 10_000], 30_000), other]);
  expect(answer).toMatchObject({ recorded: 2, conflicts: 0 });
  expect(answer.assessed.map((play) => play.isRoyaltyEligible)).toEqual([false, true]);
});

test("lets an early claim count once a later receipt shows that the time has passed [PLAY-4]", async () => {
  const one = shard();
  const claim = receipt(1, [0, 30_000], 5_000);
  expect((await one.recordReports([claim])).assessed[0]).toMatchObject({ audibleMs: 7_000, isRoyaltyEligible: false });
  const sentAgain = { ...claim, receivedAtMs: NOON_MS + 29_000 };
  expect((await one.recordReports([sentAgain])).assessed[0]).toMatchObject({
    audibleMs: 30_000,
    isRoyaltyEligible: true,
  });
});

test("comes to one outcome for any order, grouping and repetition, across evictions [PLAY-5]", async () => {
  const random = seededRandom(11);
  const receipts = [
    receipt(0, [0, 4_000], 4_000),
    receipt(1, [4_000, 14_000], 15_000),
    receipt(1, [4_000, 14_000], 41_000),
    receipt(2, [10_000, 20_000], 26_000),
    receipt(3, [60_000, 64_500], 33_000),
    receipt(4, [100_000, 109_000], 12_000),
  ];
  const expected = (await shard().recordReports(receipts)).assessed;
  expect(expected[0]).toMatchObject({ audibleMs: 33_500, isRoyaltyEligible: true });
  for (let run = 0; run < 25; run++) {
    const one = shard();
    const order = shuffled([...receipts, ...receipts.filter(() => random() < 0.5)], random);
    const cut = Math.floor(random() * order.length);
    await one.recordReports(order.slice(0, cut));
    await evictDurableObject(one);
    await one.recordReports(order.slice(cut));
    expect((await one.recordReports([...receipts.slice(0, 1)])).assessed).toEqual(expected);
  }
});

/** A song of 200 s as a device reports it by itself: a start, a progress every ten seconds, and an end. */
const SONG: readonly PlayEvent[] = [
  playEvent(0),
  ...Array.from({ length: 19 }, (_, i) => playEvent(i + 1, [i * 10_000, (i + 1) * 10_000])),
  { ...playEvent(20, [190_000, 200_000]), kind: "end" },
];

test("counts one end with all that was heard, without a start, as the events that it is made of [PLAY-5]", async () => {
  const receivedAtMs = NOON_MS + 200_000;
  const each = await shard().recordReports([{ playback, receivedAtMs, events: SONG }]);
  const end: PlayEvent = { ...playEvent(0, [0, 200_000]), eventId: "event-whole", kind: "end" };
  const one = shard();
  const whole = await one.recordReports([{ playback, receivedAtMs, events: [end] }]);
  expect(whole.assessed).toEqual(each.assessed);
  expect(whole.assessed[0]).toMatchObject({ audibleMs: 200_000, isRoyaltyEligible: true, isScrobbleEligible: true });
  // Two tabs, or a page that died while it put them together: the parts come as well.
  const both = await one.recordReports([{ playback, receivedAtMs, events: [...SONG.slice(0, 5), end] }]);
  expect(both).toMatchObject({ recorded: 5, duplicates: 1, conflicts: 0 });
  expect(both.assessed).toEqual(each.assessed);
});

test("takes no gap in the numbers of events for something that is missing [PLAY-5]", async () => {
  const events = [playEvent(7, [0, 20_000]), { ...playEvent(19, [20_000, 31_000]), kind: "end" } as const];
  const answer = await shard().recordReports([{ playback, receivedAtMs: NOON_MS + 40_000, events }]);
  expect(answer.assessed[0]).toMatchObject({ audibleMs: 31_000, isRoyaltyEligible: true });
});

test("comes to one outcome however the same spans are put together into events [PLAY-5]", async () => {
  const random = seededRandom(22);
  const receivedAtMs = NOON_MS + 150_000;
  const expected = (await shard().recordReports([{ playback, receivedAtMs, events: SONG }])).assessed;
  for (let run = 0; run < 25; run++) {
    const events: PlayEvent[] = [];
    for (const event of SONG) {
      const last = events.at(-1);
      if (last === undefined || random() < 0.3) events.push(event);
      else events[events.length - 1] = { ...event, seq: last.seq, spans: [...last.spans, ...event.spans] };
    }
    const one = shard();
    const cut = Math.floor(random() * events.length);
    const [late, early] = [events.slice(cut), events.slice(0, cut)];
    await one.recordReports([{ playback, receivedAtMs, events: late }]);
    expect((await one.recordReports([{ playback, receivedAtMs, events: early }])).assessed).toEqual(expected);
  }
});

test("takes no more than so many events of a playback [PLAY-6]", async () => {
  const one = shard();
  const events = Array.from({ length: PLAYBACK_EVENTS_MAX + 5 }, (_, seq) => playEvent(seq, [seq * 10, seq * 10 + 10]));
  const answer = await one.recordReports([{ playback, receivedAtMs: NOON_MS + 60_000, events }]);
  expect(answer).toMatchObject({ recorded: PLAYBACK_EVENTS_MAX, surplus: 5 });
  expect(answer.assessed[0]?.audibleMs).toBe(PLAYBACK_EVENTS_MAX * 10);
});

test("holds the subject of a playback and no account [PLAY-16]", async () => {
  const one = shard();
  await one.recordReports([receipt(1, [0, 1_000], 1_000)]);
  const rows = await runInDurableObject(one, (_instance, state) =>
    state.storage.sql.exec("SELECT * FROM listening_days").toArray(),
  );
  expect(rows).toEqual([{ day: "2026-11-23", subject_id: playback.subjectId, round: 0, body: expect.any(String) }]);
  const body = JSON.parse(String(rows[0]?.["body"])) as [number, unknown[][]];
  const { playbackId, recordingId, durationMs, issuedAtMs, country } = playback;
  const facts = [playbackId, recordingId, durationMs, issuedAtMs, country, "A"];
  expect(body).toEqual([1, [[...facts, NOON_MS + 1_000, null, 0, [["event-0001", 1, "p", 0, 1_000]]]]]);
});

/** Rows that the call writes, as the platform bills them. */
function rowsWritten(one: ReturnType<typeof shard>, received: readonly ReceivedPlayback[]): Promise<number> {
  return runInDurableObject(one, (instance, state) => {
    let written = 0;
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    sql.exec = ((query: string, ...values: unknown[]) => {
      const cursor = exec(query, ...values);
      cursors.push(cursor);
      return cursor;
    }) as typeof sql.exec;
    instance.recordReports(received);
    sql.exec = exec;
    for (const cursor of cursors) written += cursor.rowsWritten;
    return written;
  });
}

/** So many songs of one subject, one after the other, each heard through. */
function songs(count: number, firstAtMs: number): ReceivedPlayback[] {
  return Array.from({ length: count }, (_song, index) => {
    const song = playbackFacts(firstAtMs + index * 200_000, { subjectId: playback.subjectId });
    const end: PlayEvent = { ...playEvent(0, [0, 200_000]), eventId: `event-of-song-${index}`, kind: "end" };
    return { playback: song, receivedAtMs: firstAtMs + count * 200_000, events: [end] };
  });
}

test("writes one row for five songs of a day, and two over midnight [PLAY-22]", async () => {
  const one = shard();
  // The first that counts in a round is marked as well; what follows of the same subjects is not.
  expect(await rowsWritten(one, songs(1, NOON_MS))).toBe(2);
  const five = songs(5, NOON_MS + 1_000_000);
  expect(await rowsWritten(one, five)).toBe(1);
  expect(await rowsWritten(one, five)).toBe(0);
  const beforeMidnightMs = Date.UTC(2026, 10, 23, 23, 55);
  await one.recordReports(songs(5, beforeMidnightMs));
  expect(await rowsWritten(one, songs(5, beforeMidnightMs + 1_000))).toBe(2);
});
