import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import type { PlaybackFacts, PlayEvent } from "#domain/plays/play-event.ts";
import { sumKey } from "#domain/plays/play-sums.ts";
import { playbackFacts, playEvent } from "#domain/plays/plays-fixtures.ts";

const { PLAY_SHARDS } = env as unknown as RealtimeEnv;
const NOON_MS = Date.UTC(2026, 10, 23, 12);
const WHOLE = { part: 0, parts: 1 };

/** As shards were before there were listening days. */
const EARLIER_SCHEMA = `
  CREATE TABLE playbacks (
    playback_id TEXT PRIMARY KEY, subject_id TEXT NOT NULL, recording_id TEXT NOT NULL, duration_ms INTEGER NOT NULL,
    issued_at INTEGER NOT NULL, country TEXT NOT NULL, commercial_model TEXT NOT NULL, last_received_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE events (
    playback_id TEXT NOT NULL, event_id TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, spans TEXT NOT NULL,
    received_at INTEGER NOT NULL, PRIMARY KEY (playback_id, event_id)
  ) STRICT, WITHOUT ROWID;
`;

interface EarlierRow {
  readonly playback: PlaybackFacts;
  readonly receivedAtMs: number;
  readonly events: readonly PlayEvent[];
}

async function earlierShard(rows: readonly EarlierRow[]) {
  const one = PLAY_SHARDS.getByName(crypto.randomUUID());
  await runInDurableObject(one, (_instance, state) => {
    state.storage.sql.exec("DROP TABLE listening_days; DROP TABLE news; DROP TABLE books");
  });
  await writeEarlierTables(one, rows);
  return one;
}

async function writeEarlierTables(one: ReturnType<typeof PLAY_SHARDS.getByName>, rows: readonly EarlierRow[]) {
  await runInDurableObject(one, (_instance, state) => {
    const { sql } = state.storage;
    sql.exec(EARLIER_SCHEMA);
    for (const { playback: p, receivedAtMs, events } of rows) {
      const facts = [
        p.playbackId,
        p.subjectId,
        p.recordingId,
        p.durationMs,
        p.issuedAtMs,
        p.country,
        p.commercialModel,
      ];
      sql.exec("INSERT INTO playbacks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ...facts, receivedAtMs);
      for (const { eventId, seq, kind, spans } of events) {
        const values = [p.playbackId, eventId, seq, kind, JSON.stringify(spans), receivedAtMs];
        sql.exec("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", ...values);
      }
    }
  });
  await evictDurableObject(one);
}

function tablesOf(one: Awaited<ReturnType<typeof earlierShard>>): Promise<unknown[]> {
  return runInDurableObject(one, (_instance, state) =>
    state.storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => name)
      .sort(),
  );
}

const counted = playbackFacts(NOON_MS);
const begun = playbackFacts(NOON_MS + DAY_MS, { subjectId: counted.subjectId });
const other = playbackFacts(NOON_MS);
const rows: readonly EarlierRow[] = [
  {
    playback: counted,
    receivedAtMs: NOON_MS + 40_000,
    events: [playEvent(1, [0, 20_000]), playEvent(2, [20_000, 35_000])],
  },
  { playback: begun, receivedAtMs: NOON_MS + DAY_MS + 20_000, events: [playEvent(0), playEvent(1, [0, 15_000])] },
  { playback: other, receivedAtMs: NOON_MS + 30_000, events: [playEvent(1, [0, 30_000])] },
];

test("takes in a shard of the version before, and loses none of its events [PLAY-28]", async () => {
  const one = await earlierShard(rows);
  const again = await one.recordReports(rows.map((row) => ({ ...row })));
  expect(again).toMatchObject({ recorded: 0, duplicates: 5, conflicts: 0, surplus: 0 });
  expect(again.assessed.map(({ audibleMs }) => audibleMs).sort()).toEqual([15_000, 30_000, 35_000]);
  expect(await tablesOf(one)).toEqual(["books", "listening_days", "news"]);
  const conflict = { ...playEvent(1, [0, 60_000]) };
  expect(
    await one.recordReports([{ playback: begun, receivedAtMs: NOON_MS + 2 * DAY_MS, events: [conflict] }]),
  ).toMatchObject({ recorded: 0, conflicts: 1 });
});

test("names what counted before one by one, and adds up what counts since [PLAY-28]", async () => {
  const one = await earlierShard(rows);
  const more = playEvent(2, [15_000, 31_000]);
  const recorded = await one.recordReports([
    { playback: begun, receivedAtMs: NOON_MS + DAY_MS + 40_000, events: [more] },
  ]);
  expect(recorded.newestRound).toBe(1);
  expect(await one.closeRound(0)).toEqual({ through: 1, plays: 3 });
  const { sums, earlier } = await one.newsOfPart({ after: 0, through: 1 }, WHOLE);
  expect(sums).toEqual([{ key: sumKey(begun), day: "2026-11-24", plays: 1 }]);
  expect([...earlier].sort((a, b) => (a.playbackId < b.playbackId ? -1 : 1))).toEqual(
    [counted, other]
      .map((play) => ({ playbackId: play.playbackId, key: sumKey(play), day: "2026-11-23" }))
      .sort((a, b) => (a.playbackId < b.playbackId ? -1 : 1)),
  );
});

test("is taken in once, whatever comes after [PLAY-28]", async () => {
  const one = await earlierShard(rows);
  expect(await one.closeRound(0)).toEqual({ through: 1, plays: 2 });
  await evictDurableObject(one);
  expect(await one.closeRound(1)).toEqual({ through: 1, plays: 0 });
  const listed = await one.listQualifiedPlays({ after: null, limit: 10 });
  expect(listed.plays.map((play) => play.playbackId).sort()).toEqual([counted.playbackId, other.playbackId].sort());
});

test("has its news in the open round, where the version before was brought back for a while [PLAY-28]", async () => {
  const one = PLAY_SHARDS.getByName(crypto.randomUUID());
  const since = playbackFacts(NOON_MS, { subjectId: counted.subjectId });
  await one.recordReports([{ playback: since, receivedAtMs: NOON_MS + 30_000, events: [playEvent(1, [0, 30_000])] }]);
  expect(await one.closeRound(0)).toEqual({ through: 1, plays: 1 });
  await writeEarlierTables(one, rows);
  const sentAgain = await one.recordReports([{ playback: counted, receivedAtMs: NOON_MS, events: [playEvent(0)] }]);
  expect(sentAgain.newestRound).toBe(2);
  expect(await one.closeRound(1)).toEqual({ through: 2, plays: 2 });
  const { sums, earlier } = await one.newsOfPart({ after: 1, through: 2 }, WHOLE);
  expect(sums).toEqual([]);
  expect(earlier.map(({ playbackId }) => playbackId).sort()).toEqual([counted.playbackId, other.playbackId].sort());
});
