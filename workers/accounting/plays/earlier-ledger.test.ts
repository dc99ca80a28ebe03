import { applyD1Migrations, type D1Migration, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { PlaybackFacts } from "#domain/plays/play-event.ts";
import { playShardName } from "#domain/plays/play-shard.ts";
import { freshId, playbackFacts, playEvent } from "#domain/plays/plays-fixtures.ts";
import { accounting, deliver, heardMessages, messageOf, NOON_MS, playsOf, queued } from "./accounting-fixtures.ts";
import { countPlays } from "./sums-store.ts";

const { LEDGER } = accounting;
const { ledger: migrations } = (env as unknown as { TEST_MIGRATIONS: { ledger: D1Migration[] } }).TEST_MIGRATIONS;
const BEFORE_SUMS = 2;

/** A row as the version before wrote it. */
async function insertQualified(play: PlaybackFacts): Promise<void> {
  await LEDGER.prepare(
    `INSERT INTO qualified_plays (playback_id, recording_id, subject_id, country, commercial_model, duration_ms,
                                  played_at, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
    .bind(
      ...[play.playbackId, play.recordingId, play.subjectId, play.country, play.commercialModel],
      ...[play.durationMs, play.issuedAtMs, play.issuedAtMs + 40_000],
    )
    .run();
}

/** A shard as the version before left it, with one event of each play that says all that was heard. */
async function writeEarlierShard(plays: readonly PlaybackFacts[], heardMs: number): Promise<void> {
  for (const [name, own] of Map.groupBy(plays, playShardName)) {
    const shard = accounting.PLAY_SHARDS.getByName(name);
    await runInDurableObject(shard, (_instance, state) => {
      const { sql } = state.storage;
      sql.exec(`CREATE TABLE IF NOT EXISTS playbacks (playback_id TEXT PRIMARY KEY, subject_id TEXT, recording_id TEXT,
        duration_ms INTEGER, issued_at INTEGER, country TEXT, commercial_model TEXT, last_received_at INTEGER)`);
      sql.exec(`CREATE TABLE IF NOT EXISTS events (playback_id TEXT, event_id TEXT, seq INTEGER, kind TEXT, spans TEXT,
        received_at INTEGER, PRIMARY KEY (playback_id, event_id))`);
      for (const p of own) {
        const receivedAtMs = p.issuedAtMs + 31_000;
        const facts = [p.playbackId, p.subjectId, p.recordingId, p.durationMs, p.issuedAtMs, p.country];
        sql.exec("INSERT INTO playbacks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ...facts, p.commercialModel, receivedAtMs);
        const { eventId, seq, kind, spans } = playEvent(1, [0, heardMs]);
        sql.exec(
          "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
          ...[p.playbackId, eventId, seq, kind, JSON.stringify(spans), receivedAtMs],
        );
      }
    });
    await evictDurableObject(shard);
  }
}

const { recordingId } = playbackFacts(NOON_MS);
const facts = { recordingId, country: "SE" } as const;
const counted = Array.from({ length: 4 }, () => playbackFacts(NOON_MS, facts));
const elsewhere = playbackFacts(NOON_MS - 1, { recordingId, commercialModel: "SubscriptionModel" });

beforeAll(async () => {
  const { results } = await LEDGER.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string;
  }>();
  for (const { name } of results) if (!/^(_cf|sqlite)_/.test(name)) await LEDGER.prepare(`DROP TABLE ${name}`).run();
  await applyD1Migrations(LEDGER, migrations.slice(0, BEFORE_SUMS));
  for (const play of [...counted, elsewhere]) await insertQualified(play);
  await applyD1Migrations(LEDGER, migrations);
});

test("turns the rows of the version before into sums, and no count goes down [PLAY-28]", async () => {
  expect(await countPlays(LEDGER, [recordingId])).toEqual({ [recordingId]: 5 });
  const { results } = await LEDGER.prepare("SELECT day, block, plays FROM recording_days").all();
  expect(results).toEqual([
    {
      day: "2026-11-23",
      block: recordingId.slice(-3),
      plays: `{"${recordingId}/DE/S":1,"${recordingId}/SE/A":4}`,
    },
  ]);
});

test("counts no play again that is in them, when one of its events is delivered again [PLAY-28]", async () => {
  await writeEarlierShard(counted, 30_000);
  const again = counted.map((playback) => queued(messageOf([{ playback, events: [playEvent(1, [0, 30_000])] }])));
  await deliver(again);
  expect(await playsOf(recordingId)).toBe(5);
  await deliver([...again, ...heardMessages(counted)]);
  expect(await playsOf(recordingId)).toBe(5);
});

test("counts a play once that the version before had in its shard and not in the ledger [PLAY-28]", async () => {
  const lost = playbackFacts(NOON_MS, { recordingId: playbackFacts(NOON_MS).recordingId });
  await writeEarlierShard([lost], 30_000);
  const redelivered = queued(messageOf([{ playback: lost, events: [playEvent(1, [0, 30_000])] }]), 2);
  await deliver([redelivered]);
  expect(await playsOf(lost.recordingId)).toBe(1);
  await deliver([redelivered]);
  expect(await playsOf(lost.recordingId)).toBe(1);
});

test("counts a play once that was begun before and is enough now [PLAY-28]", async () => {
  const begun = playbackFacts(NOON_MS, { recordingId: playbackFacts(NOON_MS).recordingId });
  await writeEarlierShard([begun], 20_000);
  await deliver([queued(messageOf([{ playback: begun, events: [playEvent(2, [20_000, 31_000])] }]))]);
  expect(await playsOf(begun.recordingId)).toBe(1);
});

test("counts a play once that the version before wrote to the ledger after the sums had begun [PLAY-28]", async () => {
  const between = playbackFacts(NOON_MS, { recordingId: playbackFacts(NOON_MS).recordingId });
  await writeEarlierShard([between], 30_000);
  await insertQualified(between);
  expect(await playsOf(between.recordingId)).toBe(0);
  await deliver([queued(messageOf([{ playback: between, events: [playEvent(1, [0, 30_000])] }]))]);
  expect(await playsOf(between.recordingId)).toBe(1);
});

test("has no method by which the version before counted: its messages come again [PLAY-28]", async () => {
  const shard = accounting.PLAY_SHARDS.getByName(freshId<string>(NOON_MS));
  await runInDurableObject(shard, (instance) => {
    expect("record" in instance).toBe(false);
    expect("recordReports" in instance).toBe(true);
  });
});
