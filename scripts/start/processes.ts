/** The children of a local run. None outlives it: each is ended at the end, whatever that end is. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";

const STOP_GRACE_MS = 4_000;
const LOG_LINES_SHOWN = 20;

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Both its outputs go here. */
  readonly log: string;
}

export class Processes {
  readonly #children = new Map<string, ChildProcess>();
  #stopping = false;

  /** Starts a child; `onExit` is called where it ends before we end it. */
  start({ name, command, args, env, log }: ChildOptions, onExit: (reason: string) => void): void {
    const output = openSync(log, "a");
    const child = spawn(command, args, {
      stdio: ["ignore", output, output],
      env: { ...process.env, ...env },
      // A group of its own, so that what it has started itself is ended with it.
      detached: true,
    });
    closeSync(output);
    this.#children.set(name, child);
    child.once("error", (error) => onExit(error.message));
    child.once("exit", (code, signal) => {
      this.#children.delete(name);
      if (!this.#stopping) onExit(`${name} ended (${signal ?? `exit ${code}`})`);
    });
  }

  async stopAll(): Promise<void> {
    this.#stopping = true;
    const children = [...this.#children.values()];
    await Promise.all(children.map((child) => stop(child)));
  }

  /** For an exit that cannot wait. */
  killAll(): void {
    for (const child of this.#children.values()) signalGroup(child, "SIGKILL");
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_GRACE_MS);
  await ended;
  clearTimeout(timer);
  // The leader is gone; whatever of its group is not, goes now.
  signalGroup(child, "SIGKILL");
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

export async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
}
