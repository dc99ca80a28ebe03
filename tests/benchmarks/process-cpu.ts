/** CPU that a process has used, as Linux counts it. */
import { readFile } from "node:fs/promises";

/** USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const MICROS_PER_TICK = 1_000_000 / TICKS_PER_SECOND;

/**
 * User and system time of all threads of the process and of all that it has started and that still run, in
 * microseconds; a tick is 10,000 of them.
 */
export async function processCpuMicros(pid: number): Promise<number> {
  const children = await Promise.all((await childrenOf(pid)).map(processCpuMicros));
  return children.reduce((sum, micros) => sum + micros, await ownCpuMicros(pid));
}

async function ownCpuMicros(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The command name, in parentheses, may hold spaces; utime and stime are the 14th and 15th field of all.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}

/** User and system time of the children of this process that have ended, and of theirs, in microseconds. */
export async function endedChildrenCpuMicros(): Promise<number> {
  const stat = await readFile("/proc/self/stat", "utf8");
  // cutime and cstime are the 16th and 17th field of all.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * MICROS_PER_TICK;
}

const IDLE_POLL_MS = 200;
const IDLE_POLLS_MAX = 100;

/** Until the process has no work left: two looks in a row find that it has used no more than a tick between them. */
export async function untilIdle(pid: number): Promise<void> {
  let usedBefore = await processCpuMicros(pid);
  let idlePolls = 0;
  for (let poll = 0; poll < IDLE_POLLS_MAX && idlePolls < 2; poll++) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
    const used = await processCpuMicros(pid);
    idlePolls = used - usedBefore <= MICROS_PER_TICK ? idlePolls + 1 : 0;
    usedBefore = used;
  }
  if (idlePolls < 2) throw new Error(`process ${pid} does not come to rest`);
}

/** The child of this process with that command name. Throws where there is not exactly one. */
export async function childPid(command: string): Promise<number> {
  const found: number[] = [];
  for (const child of await childrenOf(process.pid)) {
    const name = await readFile(`/proc/${child}/comm`, "utf8").catch(() => "");
    if (name.trim() === command) found.push(child);
  }
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} children are called ${command}, not one`);
  return pid;
}

/** Those that its first thread has started, which is the one that forks in every server that is measured here. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text
    .split(" ")
    .filter((entry) => entry.trim() !== "")
    .map(Number);
}
