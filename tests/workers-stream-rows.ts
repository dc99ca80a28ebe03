/**
 * Bundled by the benchmark `stream-rows`: has the real statements and objects do what they do for a stream, and says
 * how many rows the platform would bill for it.
 */
import type { AccountId, PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { MINUTE_MS } from "#domain/foundation/time.ts";
import type { PlaybackFacts } from "#domain/plays/play-event.ts";
import { packPlayMessages } from "#domain/plays/play-message.ts";
import { dayOf, mergeSums, sumKey } from "#domain/plays/play-sums.ts";
import type { SubjectId } from "#domain/plays/subject.ts";
import { ListenerObject } from "#durable-objects/listeners/listener-object.ts";
import { STREAM_SESSION_HEADER, STREAMS_MAX_HEADER } from "#durable-objects/listeners/stream-protocol.ts";
import { PlayShardObject } from "#durable-objects/plays/play-shard-object.ts";
import { addToHours } from "#workers/accounting/deliveries/deliveries-store.ts";
import { addToSums, moveRollUp, noteNews, readRollUp } from "#workers/accounting/plays/roll-up-store.ts";
import { findPlayable } from "#workers/api/playbacks/playbacks-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { freshId } from "#workers/shared/fresh-id.ts";

interface RowsEnv {
  readonly CATALOG_0: D1Database;
  readonly LEDGER: D1Database;
  readonly LISTENERS: DurableObjectNamespace<CountingListener>;
  readonly PLAY_SHARDS: DurableObjectNamespace<CountingPlayShard>;
}

/** What is asked of this Worker, as JSON. */
export interface RowsQuestion {
  readonly recordingId: string;
  readonly songMs: number;
  readonly deliveries: readonly object[];
}

export interface Rows {
  readonly read: number;
  readonly written: number;
}

export type RowsAnswer = Readonly<Record<string, Rows>>;

/** The object's own SQL, with a note of what each statement took. */
function countedSql(ctx: DurableObjectState): () => Rows {
  const { sql } = ctx.storage;
  let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const exec = (query: string, ...bindings: unknown[]) => {
    const cursor = sql.exec(query, ...bindings);
    cursors.push(cursor);
    return cursor;
  };
  Object.defineProperty(ctx.storage, "sql", { value: { exec } });
  return () => {
    const rows = {
      read: sum(cursors.map((cursor) => cursor.rowsRead)),
      written: sum(cursors.map((cursor) => cursor.rowsWritten)),
    };
    cursors = [];
    return rows;
  };
}

export class CountingListener extends ListenerObject {
  readonly #take: () => Rows;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    const take = countedSql(ctx);
    super(ctx, env);
    this.#take = take;
  }

  takeRows(): Rows {
    return this.#take();
  }
}

export class CountingPlayShard extends PlayShardObject {
  readonly #take: () => Rows;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    const take = countedSql(ctx);
    super(ctx, env);
    this.#take = take;
  }

  takeRows(): Rows {
    return this.#take();
  }
}

export default {
  async fetch(request: Request, env: RowsEnv): Promise<Response> {
    const question = await request.json<RowsQuestion>();
    const answer: RowsAnswer = {
      grant: await rowsOfGrant(env, question),
      ...(await rowsOfListener(env, question)),
      ...(await rowsOfCounting(env, question)),
      ...(await rowsOfRollUp(env)),
      deliveries: await rowsOfDeliveries(env, question),
    };
    return Response.json(answer);
  },
};

function rowsOfGrant({ CATALOG_0 }: RowsEnv, { recordingId }: RowsQuestion): Promise<Rows> {
  return countedD1(CATALOG_0, async (database) => {
    const playable = await findPlayable({ database: catalogDatabase(database), nowMs: Date.now() }, recordingId);
    if (playable === null) throw new Error("the recording cannot be played");
  });
}

/** Those of an account that has listened for long: by then old turns are forgotten as new ones come. */
const STREAMS_BEFORE = 250;
const STREAMS_COUNTED = 50;
const SESSION_AT_LAST = sessionOf(STREAMS_BEFORE + STREAMS_COUNTED - 1);

/** A device plays some songs before another one does, as a phone and a desk would. */
function sessionOf(index: number): string {
  return `session-${Math.floor(index / 10) % 3}-${"0".repeat(12)}`;
}

async function rowsOfListener({ LISTENERS }: RowsEnv, { recordingId }: RowsQuestion) {
  const listener = LISTENERS.getByName("rows");
  const begin = async (index: number) => {
    const playbackId = freshId<PlaybackId>();
    const request = { playbackId, recordingId: recordingId as RecordingId, device: "Firefox on Linux", streamsMax: 1 };
    const sessionId = sessionOf(index);
    const begun = await listener.beginStream({ ...request, sessionId, continues: false });
    if (!begun.ok) throw new Error("the stream did not begin");
    return playbackId;
  };
  let playbackId = await begin(0);
  for (let index = 1; index < STREAMS_BEFORE; index++) playbackId = await begin(index);
  await listener.takeRows();
  for (let index = STREAMS_BEFORE; index < STREAMS_BEFORE + STREAMS_COUNTED; index++) playbackId = await begin(index);
  const begun = perOne(await listener.takeRows(), STREAMS_COUNTED);
  const play = () => ({
    playbackId: freshId<PlaybackId>(),
    recordingId: recordingId as RecordingId,
    playedAtMs: Date.now(),
  });
  const rowsOf = async (act: () => Promise<unknown>): Promise<Rows> => {
    // A sign of life of the very same instant would change nothing.
    await scheduler.wait(10);
    await act();
    return listener.takeRows();
  };
  const keep = { playbackId, sessionId: null, recordingId: null, streamsMax: 1 };
  return {
    begin: begun,
    renew: await rowsOf(() => listener.keepStream({ ...keep, recordingId: recordingId as RecordingId })),
    heartbeat: await rowsOf(() => listener.keepStream(keep)),
    connect: await rowsOf(() => connect(listener)),
    history: await rowsOf(() => listener.recordPlays([play()])),
    historyOfFive: await rowsOf(() => listener.recordPlays(Array.from({ length: 5 }, play))),
  };
}

async function connect(listener: DurableObjectStub<CountingListener>): Promise<void> {
  const headers = { upgrade: "websocket", [STREAM_SESSION_HEADER]: SESSION_AT_LAST, [STREAMS_MAX_HEADER]: "1" };
  const { webSocket } = await listener.fetch("https://listeners.internal/", { headers });
  if (webSocket === null) throw new Error("the socket was refused");
  webSocket.accept();
}

const REPORT_SONGS = 5;

/** Reports of five songs: the first that counts in a round, and one after it; then the round is closed. */
async function rowsOfCounting({ PLAY_SHARDS }: RowsEnv, { songMs }: RowsQuestion) {
  const shard = PLAY_SHARDS.getByName("rows");
  const report = async (): Promise<Rows> => {
    const reported = Array.from({ length: REPORT_SONGS }, () => ({
      playback: factsOf(freshId<RecordingId>()),
      event: { eventId: crypto.randomUUID(), seq: 0, kind: "end" as const, spans: [{ fromMs: 0, toMs: songMs }] },
    }));
    const receivedAtMs = Date.now() + songMs;
    for (const message of packPlayMessages(freshId<AccountId>(), receivedAtMs, reported)) {
      await shard.recordReports(message.playbacks.map((one) => ({ ...one, receivedAtMs })));
    }
    return shard.takeRows();
  };
  await shard.takeRows();
  const first = await report();
  const countFive = await report();
  await shard.closeRound(0);
  const close = less(await shard.takeRows(), { read: (await rowsOfLooking(shard)).read, written: 0 });
  return { countFive, countMark: less(first, countFive), close };
}

/** To read what a round has: the days of all subjects behind its marks. */
async function rowsOfLooking(shard: DurableObjectStub<CountingPlayShard>): Promise<Rows> {
  await shard.newsOfPart({ after: 0, through: 1 }, { part: 0, parts: 1 });
  await shard.takeRows();
  await shard.newsOfPart({ after: 0, through: 1 }, { part: 0, parts: 1 });
  return shard.takeRows();
}

const RECORDINGS_ADDED = 100;

/** Each of two rows, that of its day and that of its total, which are there already. */
async function rowsOfRollUp({ LEDGER }: RowsEnv) {
  const shard = "2026-11:0";
  const day = dayOf(Date.now());
  const plays = Array.from({ length: RECORDINGS_ADDED }, () => factsOf(freshId<RecordingId>()));
  const sums = mergeSums(plays.map((play) => ({ key: sumKey(play), day, plays: 1 })));
  const planned = { shard, after: 0, through: 1 };
  const add = async (database: D1Database, what: { sums: typeof sums; added: (typeof planned)[] }) => {
    const state = await readRollUp(LEDGER);
    await addToSums(database, state, { next: state, ...what });
  };
  const move = await countedD1(LEDGER, async (database) => {
    const state = await readRollUp(LEDGER);
    await moveRollUp(database, state, state);
  });
  await add(LEDGER, { sums, added: [] });
  const added = less(await countedD1(LEDGER, (database) => add(database, { sums, added: [] })), move);
  const noted = await countedD1(LEDGER, (database) => noteNews(database, new Map([[shard, 1]])));
  const finished = await countedD1(LEDGER, (database) => add(database, { sums: [], added: [planned] }));
  return {
    rollUpMove: move,
    rollUpSum: perOne(added, 2 * RECORDINGS_ADDED),
    rollUpShard: less({ read: noted.read + finished.read, written: noted.written + finished.written }, move),
  };
}

function less(rows: Rows, other: Rows): Rows {
  return { read: Math.max(0, rows.read - other.read), written: rows.written - other.written };
}

function rowsOfDeliveries({ LEDGER }: RowsEnv, { deliveries }: RowsQuestion): Promise<Rows> {
  const toMs = Date.now();
  const report = { id: freshId<string>(), fromMs: toMs - MINUTE_MS, toMs, deliveries } as unknown as Parameters<
    typeof addToHours
  >[1];
  return countedD1(LEDGER, (database) => addToHours(database, report, toMs));
}

function factsOf(recordingId: RecordingId): PlaybackFacts {
  return {
    playbackId: freshId<PlaybackId>(),
    subjectId: "0".repeat(22) as SubjectId,
    recordingId,
    durationMs: 205_000,
    issuedAtMs: Date.now(),
    country: "DE",
    commercialModel: "SubscriptionModel",
  };
}

/** The database, with a note of what each statement took. drizzle asks for raw rows, which come without a note. */
async function countedD1(database: D1Database, run: (counted: D1Database) => Promise<void>): Promise<Rows> {
  const metas: D1Meta[] = [];
  const note = <T>(result: D1Result<T>) => {
    metas.push(result.meta);
    return result;
  };
  const counted = {
    prepare: (query: string) => ({
      bind(...values: unknown[]) {
        const statement = database.prepare(query).bind(...values);
        const raw = statement.raw.bind(statement);
        const run = statement.run.bind(statement);
        // The statement itself goes into batches, so it is changed rather than wrapped.
        return Object.assign(statement, {
          run: async () => note(await run()),
          async raw() {
            note(
              await database
                .prepare(query)
                .bind(...values)
                .all(),
            );
            return raw();
          },
        });
      },
    }),
    batch: async (statements: D1PreparedStatement[]) => (await database.batch(statements)).map(note),
  };
  await run(counted as unknown as D1Database);
  return { read: sum(metas.map((meta) => meta.rows_read)), written: sum(metas.map((meta) => meta.rows_written)) };
}

function perOne({ read, written }: Rows, count: number): Rows {
  return { read: read / count, written: written / count };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
