/** Servers that others have written: each in a folder of its own, and gone with it when the benchmark is over. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 50;
const END_WAIT_MS = 3_000;
const COMPLAINT_CHARACTERS_MAX = 2_000;
const ENDING_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** What must not be left behind, however the benchmark ends. */
const leftovers = new Set<() => void>();

let isExitWatched = false;

function clearAtExit(clear: () => void): void {
  leftovers.add(clear);
  if (isExitWatched) return;
  isExitWatched = true;
  process.once("exit", () => {
    for (const each of leftovers) each();
  });
  // A signal ends a process without that event, unless somebody handles it.
  for (const [signal, number] of Object.entries(ENDING_SIGNALS)) process.once(signal, () => process.exit(128 + number));
}

/** The path of a program, or null where PATH has none of that name. */
export function programOnPath(name: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A port of the loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a port was asked for");
  return address.port;
}

/** A parent that is killed outright runs no handlers: then the kernel ends the server, where setpriv can ask it to. */
function endingWithParent(): string[] {
  const setpriv = programOnPath("setpriv");
  return setpriv === null ? [] : [setpriv, "--pdeathsig", "TERM"];
}

export class TemporaryFolder implements Disposable {
  readonly path: string;
  readonly #remove: () => void;

  private constructor(path: string) {
    this.path = path;
    this.#remove = () => rmSync(path, { recursive: true, force: true });
    clearAtExit(this.#remove);
  }

  static async make(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), "rimshot-bench-")));
  }

  [Symbol.dispose](): void {
    this.#remove();
    leftovers.delete(this.#remove);
  }
}

export class ServerProcess implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #kill: () => void;
  #complaint = "";

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.#kill = () => this.#signal("SIGKILL");
    clearAtExit(this.#kill);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS_MAX);
    });
  }

  /** In a process group of its own, which holds the workers that it starts too. Throws where it does not start. */
  static async start(command: string, args: readonly string[], folder: string): Promise<ServerProcess> {
    const environment = { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder };
    const stdio = ["ignore", "ignore", "pipe"] as const;
    const [program = command, ...rest] = [...endingWithParent(), command, ...args];
    const child = spawn(program, rest, { cwd: folder, env: environment, stdio: [...stdio], detached: true });
    await once(child, "spawn");
    if (child.pid === undefined) throw new Error(`${command} has no process id`);
    return new ServerProcess(child, child.pid);
  }

  /** Until it answers with anything. Throws with what it wrote to the standard error where it ends, and at `signal`. */
  async untilItAnswers(url: string, signal: AbortSignal): Promise<void> {
    while (!this.#hasEnded) {
      const answer = await fetch(url, { signal }).catch(() => null);
      await answer?.body?.cancel();
      if (answer !== null) return;
      await wait(POLL_MS, undefined, { signal });
    }
    throw new Error(`it ended with: ${this.#complaint.trim()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) {
      const exit = once(this.#child, "exit");
      this.#signal("SIGTERM");
      await Promise.race([exit, wait(END_WAIT_MS, undefined, { ref: false })]);
    }
    // Workers whose parent has ended without them.
    this.#kill();
    leftovers.delete(this.#kill);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      // The whole group has ended already.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
