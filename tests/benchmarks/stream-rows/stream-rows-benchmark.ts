/**
 * The rows that a stream reads and writes in databases and objects, as the platform counts them. No times: the
 * statements are the real ones, and what they touch is the same wherever they run.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { DELIVERIES_PER_REPORT_MAX } from "#domain/delivery/delivery-report.ts";
import { ID_RANDOM_BYTES, makeId } from "#domain/foundation/ids.ts";
import { LADDER, MADE_PROFILES } from "#domain/ingest/ladder.ts";
import type { Benchmark, Figures } from "../benchmark.ts";
import { bundleWorker } from "../worker-bundle.ts";

const SONG_MS = 205_000;
/** More than one, so that a statement without its index would show. */
const RECORDINGS = 50;
/** What an isolate of a point of presence meets: mostly its own country. */
const COUNTRIES = 5;
const QUALITIES = 4;

interface Rows {
  readonly read: number;
  readonly written: number;
}

export const streamRowsBenchmark: Benchmark = {
  name: "stream-rows",
  summary: "rows that a stream reads and writes in D1 and in objects (some seconds)",
  async run(progress) {
    progress("Starting the statements and objects in workerd.");
    const miniflare = await startMiniflare();
    try {
      const recordingId = await publishRecordings(await miniflare.getD1Database("CATALOG_0"));
      await applyMigrations(await miniflare.getD1Database("LEDGER"), "ledger");
      return figuresOf(await measure(miniflare, recordingId));
    } finally {
      await miniflare.dispose();
    }
  },
};

async function startMiniflare(): Promise<Miniflare> {
  const config = unstable_readConfig({ config: "wrangler.toml" });
  const options = convertV4MiniflareOptions({
    name: "rows",
    modules: true,
    script: await bundleWorker("tests/workers-stream-rows.ts"),
    compatibilityDate: config.compatibility_date ?? "",
    compatibilityFlags: config.compatibility_flags,
    d1Databases: { CATALOG_0: "catalog", LEDGER: "ledger" },
    durableObjects: {
      LISTENERS: { className: "CountingListener", useSQLite: true },
      PLAY_SHARDS: { className: "CountingPlayShard", useSQLite: true },
    },
    cf: false,
    logRequests: false,
  });
  const miniflare = new Miniflare(options);
  await miniflare.ready;
  return miniflare;
}

type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

async function applyMigrations(database: Database, name: string): Promise<void> {
  const folder = join("migrations", name);
  for (const file of (await readdir(folder)).filter((path) => path.endsWith(".sql")).sort()) {
    const text = await readFile(join(folder, file), "utf8");
    for (const statement of text.split("--> statement-breakpoint")) await database.prepare(statement).run();
  }
}

/** The id of one of them. */
async function publishRecordings(database: Database): Promise<string> {
  await applyMigrations(database, "catalog");
  const [artistId, releaseId] = [newId(), newId()];
  await database.batch([
    database
      .prepare(
        "INSERT INTO artists (id, owner_account_id, name, name_key, created_at) VALUES (?, 'owner', 'Name', 'name', 0)",
      )
      .bind(artistId),
    database
      .prepare(
        `INSERT INTO releases (id, owner_account_id, artist_id, title, title_key, type, label, release_at, published_at,
                               idempotency_key, request_sha256, created_at)
         VALUES (?, 'owner', ?, 'Title', 'title', 'album', '', 0, 1, 'key', '', 0)`,
      )
      .bind(releaseId, artistId),
  ]);
  let recordingId = "";
  for (let track = 1; track <= RECORDINGS; track++) {
    recordingId = newId();
    await database.batch(recordingStatements(database, { recordingId, releaseId, track }));
  }
  return recordingId;
}

function recordingStatements(
  database: Database,
  { recordingId, releaseId, track }: { recordingId: string; releaseId: string; track: number },
) {
  const sha256 = String(track).padStart(64, "0");
  const rendition = database.prepare(
    `INSERT INTO renditions (master_sha256, profile, sha256, size_bytes, bitrate_kbps, sample_rate, channels,
                             total_frames, start_skip_frames, seek_points, created_at)
     VALUES (?, ?, ?, 1, 1, 44100, 2, 1, 0, '[]', 0)`,
  );
  return [
    database
      .prepare(
        `INSERT INTO masters (sha256, object_key, size_bytes, content_type, duration_ms, created_at)
         VALUES (?, 'key', 1, 'audio/flac', ?, 0)`,
      )
      .bind(sha256, SONG_MS),
    database
      .prepare(
        `INSERT INTO recordings (id, release_id, title, disc_number, track_number, explicit, master_sha256,
                                 published_at, created_at)
         VALUES (?, ?, 'Title', 1, ?, 0, ?, 1, 0)`,
      )
      .bind(recordingId, releaseId, track, sha256),
    ...MADE_PROFILES.map(({ id }, rung) =>
      rendition.bind(sha256, id, `${String(rung).padStart(8, "0")}${sha256.slice(8)}`),
    ),
  ];
}

async function measure(miniflare: Miniflare, recordingId: string): Promise<Record<string, Rows>> {
  const deliveries = Array.from({ length: DELIVERIES_PER_REPORT_MAX }, (_unused, index) => ({
    playback: newId(),
    track: newId(),
    country: ["DE", "AT", "CH", "FR", "PL"][index % COUNTRIES],
    quality: LADDER[index % QUALITIES]?.id,
    ranges: 1,
    cacheRanges: 1,
    cacheBytes: 1,
    originBytes: 0,
  }));
  const body = JSON.stringify({ recordingId, songMs: SONG_MS, deliveries });
  const answer = await miniflare.dispatchFetch("http://rows.internal/", { method: "POST", body });
  if (answer.status !== 200) throw new Error(`the statements failed: ${await answer.text()}`);
  return (await answer.json()) as Record<string, Rows>;
}

const MEANINGS: Readonly<Record<string, string>> = {
  grant: "D1 catalog, a playback granted",
  begin: "listener's object, a stream begun",
  renew: "listener's object, a stream renewed",
  heartbeat: "listener's object, a heartbeat over HTTP",
  connect: "listener's object, a socket that connects",
  history: "listener's object, a play added to the history",
  historyOfFive: "listener's object, five plays added in one call",
  countFive: "play shard, a message of five songs",
  countMark: "play shard, the mark of the first that counts in a round",
  close: "play shard, a round closed",
  rollUpMove: "D1 ledger, a move of a roll-up",
  rollUpShard: "D1 ledger, a shard in a roll-up",
  rollUpSum: "D1 ledger, a row of sums that a roll-up adds to",
  deliveries: `D1 ledger, a report of ${DELIVERIES_PER_REPORT_MAX} deliveries`,
};

function figuresOf(rows: Readonly<Record<string, Rows>>): Figures {
  const figures = Object.entries(rows).flatMap(([name, { read, written }]) => [
    [`${name}RowsRead`, { value: rounded(read), unit: "rows", meaning: `read: ${MEANINGS[name]}` }] as const,
    [`${name}RowsWritten`, { value: rounded(written), unit: "rows", meaning: `written: ${MEANINGS[name]}` }] as const,
  ]);
  return Object.fromEntries(figures);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

function newId(): string {
  return makeId(Date.now(), randomBytes(ID_RANDOM_BYTES));
}
