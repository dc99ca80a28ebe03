import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import type { ReceivedPlayback } from "#domain/plays/listening-day.ts";
import { playShardName } from "#domain/plays/play-shard.ts";
import { oneOf, playbackFacts, playEvent, seededRandom, shuffled } from "#domain/plays/plays-fixtures.ts";
import { accounting, deliver, messageOf, NOON_MS, queued, rollUpAll } from "./accounting-fixtures.ts";
import type { ArchiveLine } from "./play-archive.ts";
import { noteNews } from "./roll-up-store.ts";

const { LEDGER, ARCHIVE } = accounting;
const SUBJECTS = Array.from({ length: 5 }, () => playbackFacts(NOON_MS).subjectId);

/** All shards under other names: what tells an empty one apart is its name alone. */
function withShardsOf(world: string): AccountingEnv {
  const name = `${world}-${crypto.randomUUID()}`;
  const PLAY_SHARDS = { getByName: (shard: string) => accounting.PLAY_SHARDS.getByName(`${name}/${shard}`) };
  return { ...accounting, PLAY_SHARDS } as unknown as AccountingEnv;
}

const [original, rebuilt] = [withShardsOf("original"), withShardsOf("rebuilt")];

/** The ledger is all tests'; what it has of their shards comes back when these have news. */
async function emptyLedger(): Promise<void> {
  await LEDGER.batch(
    ["recording_days", "recording_totals", "play_shards"].map((table) => LEDGER.prepare(`DELETE FROM ${table}`)),
  );
}

async function ledgerRows(): Promise<string> {
  const rows = await LEDGER.batch([
    LEDGER.prepare("SELECT * FROM recording_days ORDER BY day, block"),
    LEDGER.prepare("SELECT * FROM recording_totals ORDER BY block"),
  ]);
  return JSON.stringify(rows.map(({ results }) => results));
}

/** Each message once, of ours. */
async function archivedLines(): Promise<ArchiveLine[]> {
  const listed = await ARCHIVE.list({ prefix: "plays/" });
  expect(listed.truncated).toBe(false);
  const texts = await Promise.all(listed.objects.map(async ({ key }) => (await ARCHIVE.get(key))?.text()));
  const lines = texts.flatMap((text) => (text ?? "").split("\n").filter(Boolean));
  const byId = new Map(lines.map((line) => JSON.parse(line) as ArchiveLine).map((line) => [line.messageId, line]));
  return [...byId.values()].filter(({ playbacks }) =>
    playbacks.some(({ playback }) => SUBJECTS.includes(playback.subjectId)),
  );
}

beforeAll(emptyLedger);
afterAll(emptyLedger);

test("makes shards and ledger again from the archive, byte for byte, in any order [PLAY-11]", async () => {
  const random = seededRandom(77);
  const recordings = Array.from({ length: 8 }, () => playbackFacts(NOON_MS).recordingId);
  for (let batch = 0; batch < 12; batch++) {
    const messages = Array.from({ length: 4 }, () => {
      const playback = playbackFacts(NOON_MS - Math.floor(random() * 40) * DAY_MS, {
        subjectId: oneOf(SUBJECTS, random),
        recordingId: oneOf(recordings, random),
        country: random() < 0.5 ? "DE" : "FR",
      });
      return queued(messageOf([{ playback, events: [playEvent(1, [0, 20_000 + Math.floor(random() * 20_000)])] }]));
    });
    await deliver([...messages, ...messages.filter(() => random() < 0.3)], original);
    if (random() < 0.5) await rollUpAll(original);
  }
  await rollUpAll(original);
  const before = await ledgerRows();
  expect(before.length).toBeGreaterThan(500);

  const lines = await archivedLines();
  expect(lines).toHaveLength(48);
  await emptyLedger();
  expect(await ledgerRows()).toBe("[[],[]]");
  for (const line of shuffled(lines, random)) {
    for (const reported of line.playbacks) {
      const shard = playShardName(reported.playback);
      const received: ReceivedPlayback = { ...reported, receivedAtMs: line.receivedAtMs };
      const { newestRound } = await rebuilt.PLAY_SHARDS.getByName(shard).recordReports([received]);
      if (newestRound > 0) await noteNews(LEDGER, new Map([[shard, newestRound]]));
    }
    if (random() < 0.1) await rollUpAll(rebuilt);
  }
  await rollUpAll(rebuilt);
  expect(await ledgerRows()).toBe(before);
});

test("adds up anew what shards have where only the ledger is lost [PLAY-11]", async () => {
  const before = await ledgerRows();
  const { results } = await LEDGER.prepare("SELECT shard, news_round FROM play_shards").all<{
    shard: string;
    news_round: number;
  }>();
  await emptyLedger();
  await noteNews(LEDGER, new Map(results.map(({ shard, news_round: round }) => [shard, round])));
  await rollUpAll(rebuilt);
  expect(await ledgerRows()).toBe(before);
});
