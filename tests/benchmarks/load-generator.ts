/**
 * Runs in a process of its own, so that making requests takes no CPU from what is measured but what a client takes.
 * A job comes as a message, its report goes back as one.
 */
import { Agent, get } from "node:http";
import { median } from "./benchmark.ts";
import type { LoadJob, LoadReport } from "./load-protocol.ts";

const REQUEST_TIMEOUT_MS = 10_000;

process.on("message", async (job: LoadJob) => process.send?.(await run(job)));

async function run(job: LoadJob): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: job.connections });
  const startedAt = performance.now();
  const deadline = startedAt + job.durationMs;
  const latenciesMs: number[] = [];
  let next = 0;
  const connection = async () => {
    while (performance.now() < deadline) {
      const request = job.requests[next++ % job.requests.length];
      if (request === undefined) throw new Error("a job has requests");
      latenciesMs.push(await send(job, agent, request));
    }
  };
  try {
    await Promise.all(Array.from({ length: job.connections }, connection));
    const elapsedMs = performance.now() - startedAt;
    return { kind: "done", completed: latenciesMs.length, elapsedMs, p50Ms: median(latenciesMs) };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    agent.destroy();
  }
}

/** Milliseconds to the last byte. */
function send(job: LoadJob, agent: Agent, { path, range }: LoadJob["requests"][number]): Promise<number> {
  const startedAt = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { ...job.headers, range };
  const request = get({ host: "127.0.0.1", port: job.port, agent, path, headers }, (response) => {
    let sizeBytes = 0;
    response.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
    });
    response.on("error", reject);
    response.on("end", () => {
      const { statusCode } = response;
      if (statusCode === job.expected.status && sizeBytes === job.expected.sizeBytes) {
        resolve(performance.now() - startedAt);
      } else reject(new Error(`${path.split("?")[0]} was answered with ${statusCode} and ${sizeBytes} bytes`));
    });
  });
  request.setTimeout(REQUEST_TIMEOUT_MS, () => request.destroy(new Error("no answer in time")));
  request.on("error", reject);
  return promise;
}
