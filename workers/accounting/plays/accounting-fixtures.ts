/** What the tests of counting are made of: messages as the queue brings them, and what the ledger makes of them. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { AccountId } from "#domain/foundation/ids.ts";
import type { PlaybackFacts } from "#domain/plays/play-event.ts";
import type { PlayMessage, ReportedPlayback } from "#domain/plays/play-message.ts";
import { recordingBlock } from "#domain/plays/play-sums.ts";
import { freshId, playEvent } from "#domain/plays/plays-fixtures.ts";
import { consumePlays } from "./plays-consumer.ts";
import { rollUp } from "./roll-up.ts";
import { countPlays } from "./sums-store.ts";

export const accounting = env as unknown as AccountingEnv;
export const NOON_MS = Date.UTC(2026, 10, 23, 12);
const SENT_AT = new Date(NOON_MS + 31_000);

export const qualifying = [playEvent(1, [0, 15_000]), playEvent(2, [15_000, 30_000])];

export function messageOf(playbacks: readonly ReportedPlayback[], overrides: Partial<PlayMessage> = {}): PlayMessage {
  const latestMs = Math.max(NOON_MS, ...playbacks.map(({ playback }) => playback.issuedAtMs));
  const accountId = freshId<AccountId>(NOON_MS);
  return { version: 1, accountId, receivedAtMs: latestMs + 31_000, playbacks, ...overrides };
}

const LISTENER = freshId<AccountId>(NOON_MS);

/** A message for each, as of one play that was heard for long enough. */
export function heardMessages(plays: readonly PlaybackFacts[]) {
  return plays.map((playback) => queued(messageOf([{ playback, events: qualifying }], { accountId: LISTENER })));
}

let messagesMade = 0;

export function queued(body: unknown, attempts = 1) {
  return { id: `message-${messagesMade++}`, timestamp: SENT_AT, attempts, body };
}

export async function deliver(messages: readonly ReturnType<typeof queued>[], consumerEnv = accounting) {
  const batch = createMessageBatch("rimshot-plays", [...messages]);
  await consumePlays(consumerEnv, batch);
  return getQueueResult(batch, createExecutionContext());
}

/** After a roll-up. */
export async function playsOf(recordingId: string): Promise<number | undefined> {
  await rollUpAll();
  return (await countPlays(accounting.LEDGER, [recordingId]))[recordingId];
}

export async function rollUpAll(rollUpEnv = accounting): Promise<void> {
  for (let run = 0; (await rollUp(rollUpEnv)) !== null; run++) {
    if (run > 10) throw new Error("the roll-up does not come to its end");
  }
}

/** The row of the ledger that has the recording's plays of the day. */
export async function sumsOfDay(day: string, recordingId: string): Promise<unknown> {
  const plays = await accounting.LEDGER.prepare("SELECT plays FROM recording_days WHERE day = ? AND block = ?")
    .bind(day, recordingBlock(recordingId))
    .first<string>("plays");
  return plays === null ? null : JSON.parse(plays);
}

/** The platform's storage with one part of it out of order. */
export function withBroken<Name extends "LEDGER" | "ARCHIVE" | "LISTENERS" | "PLAY_SHARDS">(name: Name): AccountingEnv {
  const broken = new Proxy(accounting[name], {
    get: () => () => {
      throw new Error(`${name} does not answer`);
    },
  });
  return { ...accounting, [name]: broken };
}

/**
 * Called at each thing that is asked of the ledger or a shard: whatever it throws is what the caller sees, in place of
 * the answer; `act` has it done.
 */
export type Interruption = <Answer>(index: number, act: () => Promise<Answer>) => Promise<Answer>;

export function interrupted(interruption: Interruption): AccountingEnv {
  let asked = 0;
  const ask = <Answer>(act: () => Promise<Answer>) => interruption(asked++, act);
  const getByName = (name: string) => {
    const shard = accounting.PLAY_SHARDS.getByName(name);
    return {
      closeRound: (...args: Parameters<typeof shard.closeRound>) => ask(() => shard.closeRound(...args)),
      newsOfPart: (...args: Parameters<typeof shard.newsOfPart>) => ask(() => shard.newsOfPart(...args)),
    };
  };
  const LEDGER = {
    prepare: (query: string) => interruptedStatement(accounting.LEDGER.prepare(query), ask),
    batch: (statements: D1PreparedStatement[]) => ask(() => accounting.LEDGER.batch(statements)),
  };
  return { ...accounting, LEDGER, PLAY_SHARDS: { getByName } } as unknown as AccountingEnv;
}

/** The statement itself goes into batches, so it is changed rather than wrapped. */
function interruptedStatement(
  statement: D1PreparedStatement,
  ask: <Answer>(act: () => Promise<Answer>) => Promise<Answer>,
): D1PreparedStatement {
  const bind = statement.bind.bind(statement);
  const first = statement.first.bind(statement) as () => Promise<unknown>;
  const all = statement.all.bind(statement);
  return Object.assign(statement, {
    bind: (...values: unknown[]) => interruptedStatement(bind(...values), ask),
    first: () => ask(first),
    all: () => ask(all),
  });
}
