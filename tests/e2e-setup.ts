/**
 * Starts Rimshot as a person would, twice: whole, with its demo catalog, and bare, without a transcode job, for tests
 * that run one of their own. Both on free ports, with state that goes when the tests are over.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { Role } from "#domain/accounts/roles.ts";
import { buildPlayer } from "#scripts/start/build-player.ts";

export interface StartedSystem {
  readonly url: string;
  readonly accounts: readonly { readonly role: Role; readonly email: string; readonly password: string }[];
  readonly tracks: number;
}

declare module "vitest" {
  export interface ProvidedContext {
    readonly system: StartedSystem;
    readonly bareSystem: StartedSystem;
  }
}

const START_TIMEOUT_MS = 240_000;

export default async function startSystems(project: TestProject): Promise<() => Promise<void>> {
  const state = await mkdtemp(join(tmpdir(), "rimshot-e2e-"));
  const children: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(children.map(stopChild));
    await rm(state, { recursive: true, force: true });
  };
  // Once, and before either: both would build into the one folder, and one serve what the other is writing.
  await buildPlayer();
  try {
    const [system, bareSystem] = await Promise.all([
      start(children, ["--state", join(state, "whole")]),
      start(children, ["--state", join(state, "bare"), "--without", "demo,transcode"]),
    ]);
    project.provide("system", system);
    project.provide("bareSystem", bareSystem);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function start(children: ChildProcess[], args: readonly string[]): Promise<StartedSystem> {
  const port = String(await freePort());
  const child = spawn(process.execPath, ["scripts/start.ts", "--json", "--port", port, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  let progress = "";
  child.stderr.on("data", (chunk: Buffer) => {
    progress += chunk;
  });
  const { promise, resolve, reject } = Promise.withResolvers<StartedSystem>();
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
    if (said.includes("\n")) resolve(JSON.parse(said) as StartedSystem);
  });
  child.once("exit", (code) => reject(new Error(`the start ended with ${code}:\n${progress}`)));
  const timer = setTimeout(() => reject(new Error(`not ready in time:\n${progress}`)), START_TIMEOUT_MS);
  return promise.finally(() => clearTimeout(timer));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
