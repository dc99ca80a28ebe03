/** CPU that a process has used, as Linux counts it. */
import { readFile } from "node:fs/promises";

/** USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const MICROS_PER_TICK = 1_000_000 / TICKS_PER_SECOND;

/** User and system time of all threads of the process, in microseconds; a tick is 10,000 of them. */
export async function processCpuMicros(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The command name, in parentheses, may hold spaces; utime and stime are the 14th and 15th field of all.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}

/** The child of this process with that command name. Throws where there is not exactly one. */
export async function childPid(command: string): Promise<number> {
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  const found: number[] = [];
  for (const text of children.trim().split(" ")) {
    const name = await readFile(`/proc/${text}/comm`, "utf8").catch(() => "");
    if (name.trim() === command) found.push(Number(text));
  }
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} children are called ${command}, not one`);
  return pid;
}
