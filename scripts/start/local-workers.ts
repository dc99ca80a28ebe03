/** All five Workers in one local process, at one origin. */
import { createServer } from "node:net";
import { WORKERS } from "../workers.ts";
import type { Processes } from "./processes.ts";
import type { StateFolder } from "./state-folder.ts";

export const HOST = "127.0.0.1";
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;

/** Throws a sentence to show where the port is taken. */
export async function assertPortFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(
        new Error(taken ? `Port ${port} is in use. Choose another: npm start -- --port ${port + 1}` : error.message),
      );
    });
    server.listen(port, HOST, resolve);
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

export function startWorkers(
  processes: Processes,
  state: StateFolder,
  port: number,
  onExit: (reason: string) => void,
): void {
  // The first config is the Worker that answers the port.
  const edgeFirst = [...WORKERS].reverse().flatMap((worker) => ["-c", worker.config]);
  processes.start(
    {
      name: "workers",
      command: "wrangler",
      args: [
        "dev",
        ...edgeFirst,
        "--env-file",
        state.secretsFile,
        "--persist-to",
        state.storage,
        "--ip",
        HOST,
        "--port",
        String(port),
        "--inspector-port",
        "0",
        "--show-interactive-dev-session=false",
      ],
      env: {
        X_LOCAL_OBSERVABILITY: "false",
        WRANGLER_SEND_METRICS: "false",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        CI: "1",
        // Whoever tries it out on one machine waits for a count, and no minute's timer runs.
        ROLL_UP_SECONDS: "2",
      },
      log: state.log,
    },
    onExit,
  );
}

/** Waits until the edge and all behind it answer. `failed` rejects where the process has ended meanwhile. */
export async function untilReady(url: string, failed: Promise<never>): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answer = await Promise.race([fetch(`${url}/readyz`).catch(() => null), failed]);
    if (answer?.ok === true) return;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, READY_POLL_MS)), failed]);
  }
  const readiness = await fetch(`${url}/readyz`).then(
    (answer) => answer.text(),
    (error) => String(error),
  );
  throw new Error(`The Workers are not ready: ${readiness}`);
}
