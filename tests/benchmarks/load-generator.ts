/**
 * Runs in a process of its own, so that making requests takes no CPU from what is measured but what a client takes.
 * A job comes as a message, its report goes back as one.
 */
import { median, percentile } from "./benchmark.ts";
import { LoadConnection } from "./load-connection.ts";
import type { LoadJob, LoadReport } from "./load-protocol.ts";

const TAIL = 0.99;

process.on("message", async (job: LoadJob) => process.send?.(await run(job)));

async function run(job: LoadJob): Promise<LoadReport> {
  const connections = Array.from({ length: job.connections }, () => new LoadConnection(job.port));
  const startedAt = performance.now();
  const deadline = startedAt + job.durationMs;
  const latenciesMs: number[] = [];
  let next = 0;
  const play = async (connection: LoadConnection) => {
    while (performance.now() < deadline) {
      const request = job.requests[next++ % job.requests.length];
      if (request === undefined) throw new Error("a job has requests");
      latenciesMs.push(await send(job, connection, request));
    }
  };
  try {
    await Promise.all(connections.map(play));
    const elapsedMs = performance.now() - startedAt;
    const p99Ms = percentile(latenciesMs, TAIL);
    return { kind: "done", completed: latenciesMs.length, elapsedMs, p50Ms: median(latenciesMs), p99Ms };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Milliseconds to the last byte. */
async function send(job: LoadJob, connection: LoadConnection, request: LoadJob["requests"][number]): Promise<number> {
  const { path, range } = request;
  const startedAt = performance.now();
  try {
    await connection.get(path, { ...job.headers, range }, job.expected);
  } catch (cause) {
    // Without the query: it carries a token.
    throw new Error(`${path.split("?")[0]}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return performance.now() - startedAt;
}
