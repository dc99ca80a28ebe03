/** `npm start`: everything on this machine, from nothing to music. */
import { parseArgs } from "node:util";
import { buildPlayer } from "./start/build-player.ts";
import { ensureDemo } from "./start/demo-content.ts";
import { accountOf, ensureAccounts } from "./start/local-accounts.ts";
import { assertPortFree, HOST, startWorkers, untilReady } from "./start/local-workers.ts";
import { migrate } from "./start/migrate.ts";
import { lastLines, Processes } from "./start/processes.ts";
import { Progress } from "./start/progress.ts";
import { type LocalAccount, StateFolder } from "./start/state-folder.ts";

const HELP = `Runs all of Rimshot on this machine.

  npm start -- [options]

  --port N           the port to listen on (8787)
  --state DIR        where this run keeps its data (.state)
  --fresh            forget the data and begin again
  --without LIST     leave out parts: demo, transcode, or both with a comma
  --json             when ready, print one line of JSON: {"url", "accounts", "tracks"}
  --help             this text

Ctrl-C stops everything it has started.`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8787" },
    state: { type: "string", default: ".state" },
    fresh: { type: "boolean", default: false },
    without: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const PARTS = ["demo", "transcode"];
const processes = new Processes();
process.once("exit", () => processes.killAll());

if (values.help) {
  console.log(HELP);
} else {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void stop(0));
  main().catch(async (error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    await stop(1);
  });
}

async function main(): Promise<void> {
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`--port takes a number, not ${values.port}`);
  const without = values.without === "" ? [] : values.without.split(",");
  const unknown = without.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`--without takes ${PARTS.join(" and ")}, not ${unknown}`);
  await assertPortFree(port);
  const state = new StateFolder(values.state);
  if (values.fresh) await state.erase();
  await state.open();
  const progress = new Progress();
  const secrets = await state.secrets();
  await prepare(state, progress);
  const url = `http://${HOST}:${port}`;
  await runWorkers(state, port, url, progress);
  const accounts = await ensureAccounts(state, url, secrets["OPERATOR_KEY"] ?? "");
  if (!without.includes("transcode")) runTranscodeJob(state, url, accountOf(accounts, "job"));
  const wantsDemo = !without.includes("demo") && !without.includes("transcode");
  const tracks = wantsDemo ? await ensureDemo(state, url, accountOf(accounts, "artist"), progress) : 0;
  announce(url, accounts, tracks);
}

async function prepare(state: StateFolder, progress: Progress): Promise<void> {
  progress.begin("building the player and preparing the databases");
  const [built, migrated] = await Promise.all([buildPlayer(), migrate(state)]);
  progress.end(built || migrated ? "" : "nothing to do");
}

async function runWorkers(state: StateFolder, port: number, url: string, progress: Progress): Promise<void> {
  progress.begin("starting five Workers");
  const { promise: failed, reject } = Promise.withResolvers<never>();
  // After the start nobody waits on this promise; then an end of the Workers is the end of the run.
  failed.catch(() => undefined);
  let isReady = false;
  startWorkers(processes, state, port, (reason) => {
    reject(new Error(reason));
    if (isReady) void endWith(reason, state.log);
  });
  try {
    await untilReady(url, state, failed);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${await lastLines(state.log)}`);
  }
  isReady = true;
  progress.end(url);
}

function runTranscodeJob(state: StateFolder, url: string, job: LocalAccount): void {
  processes.start(
    {
      name: "the transcode job",
      command: process.execPath,
      args: ["jobs/transcode/main.ts", "--url", url],
      env: { RIMSHOT_JOB_EMAIL: job.email, RIMSHOT_JOB_PASSWORD: job.password },
      log: state.transcodeLog,
    },
    (reason) => void endWith(reason, state.transcodeLog),
  );
}

async function endWith(reason: string, log: string): Promise<void> {
  process.stderr.write(`\n${reason}\n${await lastLines(log)}\n`);
  await stop(1);
}

async function stop(exitCode: number): Promise<void> {
  await processes.stopAll();
  process.exit(exitCode);
}

function announce(url: string, accounts: readonly LocalAccount[], tracks: number): void {
  if (values.json) {
    console.log(JSON.stringify({ url, accounts, tracks }));
    return;
  }
  const people = accounts.filter((account) => account.role !== "job");
  const lines = [
    `Rimshot is ready: ${url}`,
    `${tracks} tracks to play`,
    "",
    ...people.map(({ role, email, password }) => `${role.padEnd(9)} ${email.padEnd(23)} ${password}`),
    "",
    `logs and data: ${values.state}   stop: Ctrl-C   begin again: npm start -- --fresh`,
  ];
  const width = Math.max(...lines.map((line) => line.length));
  console.log(`\n  ╭─${"─".repeat(width)}─╮`);
  for (const line of lines) console.log(`  │ ${line.padEnd(width)} │`);
  console.log(`  ╰─${"─".repeat(width)}─╯\n`);
}
