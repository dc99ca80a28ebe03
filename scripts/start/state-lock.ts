/** One run for each state folder, and nothing left over from one that was killed. */
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { StateFolder } from "./state-folder.ts";

export const LOCK_FILES: readonly string[] = ["run.lock", "run.lock-journal", "run.json"];
const [LOCK_FILE = "", , RUN_FILE = ""] = LOCK_FILES;

/** In the environment of a run and of all that it starts, so that what it has left behind can be told by it. */
export const RUN_VARIABLE = "RIMSHOT_RUN";

const SQLITE_BUSY = 5;
const STOP_GRACE_MS = 4_000;
const STOP_POLL_MS = 50;

export interface StateLock {
  /** The value of RUN_VARIABLE for this run's children. */
  readonly run: string;
  release(): void;
}

interface RunFile {
  readonly pid: number;
  readonly run: string;
}

/**
 * Takes the folder for this process, and ends what an earlier run in it has left running. Throws a sentence where
 * another run has it. SQLite holds the lock, because the system drops it with the process, however that ends: a file
 * with a process id can go stale, and the id can be another's by then.
 */
export async function lockState(state: StateFolder): Promise<StateLock> {
  const database = new DatabaseSync(join(state.path, LOCK_FILE), { timeout: 0 });
  const before = await state.read<RunFile>(RUN_FILE).catch(() => null);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!(error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY)) throw error;
    const holder = before === null ? "" : ` (process ${before.pid})`;
    throw new Error(
      `Rimshot runs on ${state.path} already${holder}. Stop it, or choose another folder: npm start -- --state DIR`,
    );
  }
  if (before !== null) await endLeftovers(before.run);
  const run = randomBytes(16).toString("hex");
  await state.write(RUN_FILE, { pid: process.pid, run } satisfies RunFile);
  return { run, release: () => database.close() };
}

/** Ends the processes that carry the run's mark. They are looked for where the system shows them: in /proc. */
export async function endLeftovers(run: string): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) if (await endBy(signal, run)) return;
  throw new Error(`An earlier run has left processes that do not end: ${(await processesOf(run)).join(", ")}`);
}

/** True once none is left; false where the signal did not do it in time. */
async function endBy(signal: NodeJS.Signals, run: string): Promise<boolean> {
  const deadline = performance.now() + STOP_GRACE_MS;
  const told = new Set<number>();
  while (performance.now() < deadline) {
    const left = await processesOf(run);
    if (left.length === 0) return true;
    for (const pid of left.filter((candidate) => !told.has(candidate))) sendSignal(pid, signal);
    for (const pid of left) told.add(pid);
    await sleep(STOP_POLL_MS);
  }
  return false;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

async function processesOf(run: string): Promise<number[]> {
  const names = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const mark = `${RUN_VARIABLE}=${run}`;
  const found = names.map(async (name) => {
    // Of others' processes it cannot be read, and of those that are dead and not yet buried it is empty.
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    return environment.split("\0").includes(mark) ? [Number(name)] : [];
  });
  return (await Promise.all(found)).flat().filter((pid) => pid !== process.pid);
}
