/** What the ledger knows of the roll-up: which shards have news, how far it is, and the sums that it adds to. */
import type { EpochMs } from "#domain/foundation/time.ts";
import { type PlaySum, sumsByBlock, totalsByBlock } from "#domain/plays/play-sums.ts";
import type { EarlierPlay } from "#durable-objects/plays/round-news.ts";
import type { ROLL_UP_PHASES } from "../ledger-tables.ts";

/** D1 takes two megabytes in a bound parameter. */
const PARAMETER_CHARACTERS_MAX = 1_000_000;
const EARLIER_PLAYS_PER_QUERY = 10_000;

/** Rounds of a shard that are added together: those after one, up to and with another. */
export interface PlannedShard {
  readonly shard: string;
  readonly after: number;
  readonly through: number;
}

export interface RollUpState {
  /** How many moves it has made. */
  readonly step: number;
  readonly phase: (typeof ROLL_UP_PHASES)[number];
  /** When it made the last one; 0 where whoever comes next may go on at once. */
  readonly movedAtMs: EpochMs;
  /** The next one to be added, of so many. */
  readonly part: number;
  readonly parts: number;
  readonly plan: readonly PlannedShard[];
}

export interface ShardWithNews {
  readonly shard: string;
  /** The newest round that is in the sums. */
  readonly addedRound: number;
}

/** Remembers a round of each shard in which something counts. Where one as new is known, no row is written. */
export async function noteNews(ledger: D1Database, news: ReadonlyMap<string, number>): Promise<void> {
  if (news.size === 0) return;
  await ledger
    .prepare(
      `INSERT INTO play_shards (shard, news_round, added_round)
       SELECT value ->> 0, value ->> 1, 0 FROM json_each(?1) WHERE true
       ON CONFLICT DO UPDATE SET news_round = excluded.news_round WHERE excluded.news_round > news_round`,
    )
    .bind(JSON.stringify([...news]))
    .run();
}

/** In no order, so that none has to wait for ever where there are more of them than are asked for. */
export async function listShardsWithNews(ledger: D1Database, limit: number): Promise<ShardWithNews[]> {
  const { results } = await ledger
    .prepare(
      `SELECT shard, added_round AS addedRound FROM play_shards
       WHERE news_round > added_round ORDER BY random() LIMIT ?1`,
    )
    .bind(limit)
    .all<ShardWithNews>();
  return results;
}

type RollUpRow = Omit<RollUpState, "movedAtMs" | "plan"> & { readonly moved_at: EpochMs; readonly plan: string };

/** Throws where the ledger has no roll-up, which its migrations make. */
export async function readRollUp(ledger: D1Database): Promise<RollUpState> {
  const row = await ledger
    .prepare("SELECT step, phase, moved_at, part, parts, plan FROM roll_up WHERE id = 1")
    .first<RollUpRow>();
  if (row === null) throw new Error("the ledger has no roll-up");
  const { moved_at: movedAtMs, plan, ...rest } = row;
  return { ...rest, movedAtMs, plan: JSON.parse(plan) as PlannedShard[] };
}

export type NextState = Omit<RollUpState, "step">;

/** The state after the move; null where somebody else has made a move since `state` was read, and nothing is changed. */
export async function moveRollUp(ledger: D1Database, state: RollUpState, next: NextState): Promise<RollUpState | null> {
  return runMove(ledger, state, next, []);
}

/** As `moveRollUp`, with plays added to the sums; with `added`, these shards are done up to their planned rounds. */
export async function addToSums(
  ledger: D1Database,
  state: RollUpState,
  { next, sums, added }: { next: NextState; sums: readonly PlaySum[]; added: readonly PlannedShard[] },
): Promise<RollUpState | null> {
  const days = sumsByBlock(sums).map(({ day, block, plays }) => [block, Object.fromEntries(plays), day]);
  const totals = totalsByBlock(sums).map(({ block, plays }) => [block, Object.fromEntries(plays)]);
  const addDays = ledger.prepare(
    `INSERT INTO recording_days (day, block, plays)
     SELECT value ->> 2, value ->> 0, value -> 1 FROM json_each(?1) WHERE true
     ON CONFLICT DO UPDATE SET plays = (${mergedPlays("recording_days")})`,
  );
  const addTotals = ledger.prepare(
    `INSERT INTO recording_totals (block, plays)
     SELECT value ->> 0, value -> 1 FROM json_each(?1) WHERE true
     ON CONFLICT DO UPDATE SET plays = (${mergedPlays("recording_totals")})`,
  );
  const finish = ledger.prepare(
    `INSERT INTO play_shards (shard, news_round, added_round)
     SELECT value ->> 'shard', value ->> 'through', value ->> 'through' FROM json_each(?1) WHERE true
     ON CONFLICT DO UPDATE SET added_round = excluded.added_round, news_round = max(news_round, excluded.news_round)`,
  );
  return runMove(ledger, state, next, [
    ...inParameters(days).map((rows) => addDays.bind(rows)),
    ...inParameters(totals).map((rows) => addTotals.bind(rows)),
    ...inParameters(added).map((rows) => finish.bind(rows)),
  ]);
}

/** What is there and what comes, under each key the sum of both, in the order of the keys. */
function mergedPlays(table: "recording_days" | "recording_totals"): string {
  return `SELECT json_group_object(key, plays ORDER BY key) FROM (
            SELECT key, sum(value) AS plays FROM (
              SELECT key, value FROM json_each(${table}.plays) UNION ALL SELECT key, value FROM json_each(excluded.plays))
            GROUP BY key)`;
}

async function runMove(
  ledger: D1Database,
  { step }: RollUpState,
  next: NextState,
  effects: readonly D1PreparedStatement[],
): Promise<RollUpState | null> {
  const move = ledger
    .prepare(
      `UPDATE roll_up SET step = CASE step WHEN ?1 THEN ?1 + 1 END, phase = ?2, moved_at = ?3, part = ?4, parts = ?5,
                          plan = ?6 WHERE id = 1`,
    )
    .bind(step, next.phase, next.movedAtMs, next.part, next.parts, JSON.stringify(next.plan));
  try {
    await ledger.batch([move, ...effects]);
    return { ...next, step: step + 1 };
  } catch (error) {
    if (String(error).includes("roll_up.step")) return null;
    throw error;
  }
}

/** The rows as JSON lists, none of them larger than a parameter may be. */
function inParameters(rows: readonly unknown[]): string[] {
  const lists: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const text = JSON.stringify(row);
    characters += text.length + 1;
    if (characters > PARAMETER_CHARACTERS_MAX) {
      lists.push([]);
      characters = text.length + 1;
    }
    lists.at(-1)?.push(text);
  }
  return lists.map((list) => `[${list.join(",")}]`);
}

/** Those of the plays that the sums did not begin with. */
export async function withoutCounted(ledger: D1Database, plays: readonly EarlierPlay[]): Promise<EarlierPlay[]> {
  const counted = new Set<string>();
  for (let start = 0; start < plays.length; start += EARLIER_PLAYS_PER_QUERY) {
    const ids = plays.slice(start, start + EARLIER_PLAYS_PER_QUERY).map(({ playbackId }) => playbackId);
    const { results } = await ledger
      .prepare(
        `SELECT playback_id FROM qualified_plays
         WHERE in_sums = 1 AND playback_id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(ids))
      .all<{ playback_id: string }>();
    for (const row of results) counted.add(row.playback_id);
  }
  return plays.filter(({ playbackId }) => !counted.has(playbackId));
}
