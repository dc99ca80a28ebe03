/** `npm start`: everything on this machine, from nothing to music. */
import { parseArgs } from "node:util";
import { failureText, messageOf } from "#jobs/terminal/failure-text.ts";
import { buildPlayer } from "./start/build-player.ts";
import { ensureDemo } from "./start/demo-content.ts";
import { accountOf, ensureAccounts } from "./start/local-accounts.ts";
import { assertPortFree, HOST, startWorkers, untilReady } from "./start/local-workers.ts";
import { migrate } from "./start/migrate.ts";
import { lastLines, Processes } from "./start/processes.ts";
import { Progress } from "./start/progress.ts";
import { type LocalAccount, STATE_FOLDER_DEFAULT, StateFolder } from "./start/state-folder.ts";
import { lockState, RUN_VARIABLE } from "./start/state-lock.ts";

const HELP = `Runs all of Rimshot on this machine.

  npm start -- [options]

  --port N           the port to listen on (8787)
  --state DIR        where this run keeps its data (.state)
  --fresh            forget the data and begin again
  --without LIST     leave out parts: demo, transcode, or both with a comma
  --json             when ready, print one line of JSON: {"url", "accounts", "tracks"}
  --help             this text

Ctrl-C stops everything it has started.`;

const PARTS = ["demo", "transcode"];
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Longer than any consumer of ours waits for a batch to fill. */
const QUEUE_DELIVERY_MS = 3_000;
/** A terminal and npm both pass one Ctrl-C on: what comes this soon after a signal is the same one. */
const SAME_SIGNAL_MS = 300;

let isServing = false;
let stoppingSince: number | null = null;
const processes = new Processes();
process.once("exit", () => processes.killAll());
for (const signal of STOP_SIGNALS) process.on(signal, () => void stopBySignal());
main().catch(async (error: unknown) => {
  process.stderr.write(`\n${failureText(error)}\n`);
  await stop(1);
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      state: { type: "string", default: STATE_FOLDER_DEFAULT },
      fresh: { type: "boolean", default: false },
      without: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`--port takes a number, not ${values.port}`);
  const without = values.without === "" ? [] : values.without.split(",");
  const unknown = without.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`--without takes ${PARTS.join(" and ")}, not ${unknown}`);
  const state = await openState(values.state);
  // What an earlier run has left behind is gone now, so this is somebody else's.
  await assertPortFree(port);
  if (values.fresh) await state.erase();
  const progress = new Progress();
  const secrets = await state.secrets();
  await prepare(state, progress);
  const url = `http://${HOST}:${port}`;
  await runWorkers(state, port, url, progress);
  const accounts = await ensureAccounts(state, url, secrets["OPERATOR_KEY"] ?? "");
  if (!without.includes("transcode")) runTranscodeJob(state, url, accountOf(accounts, "job"));
  const wantsDemo = !without.includes("demo") && !without.includes("transcode");
  const tracks = wantsDemo ? await ensureDemo(state, url, accountOf(accounts, "artist"), progress) : 0;
  if (values.json) console.log(JSON.stringify({ url, accounts, tracks }));
  else announce(url, values.state, accounts, tracks);
}

/** Takes the folder for this run until the process ends. */
async function openState(path: string): Promise<StateFolder> {
  const state = new StateFolder(path);
  await state.open();
  const lock = await lockState(state);
  process.once("exit", () => lock.release());
  // All children get it with the environment.
  process.env[RUN_VARIABLE] = lock.run;
  return state;
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
    await untilReady(url, failed);
  } catch (error) {
    throw new Error(`${messageOf(error)}\n${await lastLines(state.log)}`);
  }
  isReady = true;
  isServing = true;
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

/**
 * The local queues live in the Workers' memory. Whatever was taken in is given the time to be delivered, or a play that
 * was answered would be forgotten; on Cloudflare a queue outlives its Workers. A second signal does not wait.
 */
async function stopBySignal(): Promise<void> {
  if (stoppingSince !== null && Date.now() - stoppingSince < SAME_SIGNAL_MS) return;
  const isSecond = stoppingSince !== null;
  stoppingSince = Date.now();
  if (isServing && !isSecond) {
    process.stderr.write("\nStopping when what is queued is delivered (again: at once) …\n");
    await new Promise((resolve) => setTimeout(resolve, QUEUE_DELIVERY_MS));
  }
  await stop(0);
}

async function stop(exitCode: number): Promise<void> {
  await processes.stopAll();
  process.exit(exitCode);
}

function announce(url: string, statePath: string, accounts: readonly LocalAccount[], tracks: number): void {
  const people = accounts.filter((account) => account.role !== "job");
  const lines = [
    `Rimshot is ready: ${url}`,
    `${tracks} tracks to play`,
    "",
    ...people.map(({ role, email, password }) => `${role.padEnd(9)} ${email.padEnd(23)} ${password}`),
    "",
    `logs and data: ${statePath}   stop: Ctrl-C   begin again: npm start -- --fresh`,
  ];
  const width = Math.max(...lines.map((line) => line.length));
  console.log(`\n  ╭─${"─".repeat(width)}─╮`);
  for (const line of lines) console.log(`  │ ${line.padEnd(width)} │`);
  console.log(`  ╰─${"─".repeat(width)}─╯\n`);
}
