/** The importer: `npm run import -- --help`. */
import { ServiceClient } from "#jobs/client/service-client.ts";
import { interruptSignal } from "#jobs/interrupt-signal.ts";
import { createSlots } from "#jobs/slots.ts";
import { failureText, messageOf } from "#jobs/terminal/failure-text.ts";
import type { listReleases, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { awaitOutcomes, type FollowedFile } from "./import/await-outcomes.ts";
import { HELP, type ImportOptions, parseImportOptions } from "./import/command-line.ts";
import type { FileOutcome } from "./import/file-outcome.ts";
import { findCredentials } from "./import/find-credentials.ts";
import { importRelease } from "./import/import-release.ts";
import { closingTable, createImportReport, type ImportReport, OutcomeLog } from "./import/import-report.ts";
import { type PlannedRelease, planReleases } from "./import/plan-releases.ts";
import { readTags } from "./import/read-tags.ts";
import { type AudioFile, walkFolder } from "./import/walk-folder.ts";

const TAG_READERS = 8;
/** Releases prepared at a time; their files share the transfers. */
const RELEASES_AT_A_TIME = 2;
/** Pages of the account's releases, of fifty each. */
const RELEASE_PAGES_MAX = 2_000;
const EXIT_INTERRUPTED = 130;

async function main(): Promise<number> {
  const options = parseImportOptions(process.argv.slice(2));
  if (!options.ok) {
    console.error(`${options.error}\n\n${HELP}`);
    return 2;
  }
  if (options.value === "help") {
    console.log(HELP);
    return 0;
  }
  try {
    return await runImport(options.value);
  } catch (error) {
    console.error(failureText(error));
    return 1;
  }
}

async function runImport(options: ImportOptions): Promise<number> {
  const found = await walkFolder(options.folder);
  const tagReaders = createSlots(TAG_READERS);
  const tagged = await Promise.all(
    found.files.map((file) => tagReaders.run(async () => ({ file, tags: await readTags(file.path) }))),
  );
  const releases = planReleases(tagged, found.rootName);
  const report = createImportReport(process.stdout, options.asJson, found.files);
  if (options.isDryRun) {
    report.plan(releases);
    report.notice(`${releases.length} releases, ${found.files.length} files; nothing was sent`);
    return 0;
  }
  const credentials = await findCredentials(options.url, options.email);
  if (!credentials.ok) {
    console.error(credentials.error);
    return 2;
  }
  const client = new ServiceClient(options.url, credentials.value);
  const log = new OutcomeLog();
  // The first Ctrl-C ends the transfers and shows what is done; a second one ends everything.
  const signal = interruptSignal();
  let isBroken = false;
  try {
    await client.signIn(signal);
    await sendAll(client, releases, { report, log, signal, concurrency: options.concurrency });
  } catch (error) {
    // What is done so far is worth a table all the same.
    isBroken = !signal.aborted;
    if (isBroken) report.notice(messageOf(error));
  } finally {
    report.close();
  }
  for (const file of found.files) if (!log.has(file)) log.set(file, { kind: "interrupted" });
  const exitCode = conclude(options, log);
  if (signal.aborted) return EXIT_INTERRUPTED;
  return isBroken ? 1 : exitCode;
}

interface Sending {
  readonly report: ImportReport;
  readonly log: OutcomeLog;
  readonly signal: AbortSignal;
  readonly concurrency: number;
}

async function sendAll(client: ServiceClient, plans: readonly PlannedRelease[], sending: Sending): Promise<void> {
  const { report, log, signal } = sending;
  const followed: FollowedFile[] = [];
  const settle = (file: AudioFile, outcome: FileOutcome) => {
    log.set(file, outcome);
    report.outcome(file, outcome);
  };
  const context = {
    client,
    report,
    transfers: createSlots(sending.concurrency),
    signal,
    nowMs: Date.now(),
    releases: await fetchReleases(client, signal),
    artistIds: new Map<string, Promise<string>>(),
    settle,
    follow(file: AudioFile, upload: Upload, success: FollowedFile["success"]) {
      settle(file, { kind: "on-its-way" });
      followed.push({ file, uploadId: upload.id, releaseId: upload.release_id, success });
    },
  };
  const preparations = createSlots(RELEASES_AT_A_TIME);
  await Promise.all(plans.map((plan) => preparations.run(() => importRelease(context, plan))));
  await awaitOutcomes(client, followed, settle, signal);
}

async function fetchReleases(client: ServiceClient, signal: AbortSignal): Promise<StudioRelease[]> {
  const releases: StudioRelease[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < RELEASE_PAGES_MAX; page++) {
    const query: { cursor?: string } = cursor === null ? {} : { cursor };
    const answer = await client.call<typeof listReleases>("get", "/v1/ingest/releases", { query }, { signal });
    releases.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) return releases;
  }
  throw new Error(`this account has more than ${RELEASE_PAGES_MAX} pages of releases`);
}

function conclude(options: ImportOptions, log: OutcomeLog): number {
  const counts = log.counts();
  if (options.asJson) console.log(JSON.stringify({ event: "summary", ...counts }));
  else process.stdout.write(`\n${closingTable(log)}`);
  return counts.refused + counts.failed > 0 ? 1 : 0;
}

process.exitCode = await main();
