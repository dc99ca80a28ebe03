/** One account floods the edge; another, in the same isolate of the same machine, listens on. */
import { Agent, get } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COUNTRY, type EdgeSystem, RENDITION_BYTES, startEdgeSystem } from "#tests/benchmarks/edge/edge-system.ts";
import { ACCOUNT_LIMIT } from "#workers/edge/limits/rate-limits.ts";

const FLOOD_CONNECTIONS = 32;
const FLOOD_MS = 4_000;
/** A player at its busiest: a seek bar under a finger. */
const LISTEN_EVERY_MS = 50;
const RANGE_BYTES = 16_384;
/** What a machine that stands still for a moment lets through more than it says. */
const TURNS_SLACK = 50;
const ANSWER_TIMEOUT_MS = 10_000;

let system: EdgeSystem;

beforeAll(async () => {
  system = await startEdgeSystem("workers/edge/index.ts");
});

afterAll(() => system[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly latencyMs: number;
  readonly sizeBytes: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

function askRange(agent: Agent, path: string): Promise<Answer> {
  const first = Math.floor(Math.random() * (RENDITION_BYTES - RANGE_BYTES));
  const headers = {
    range: `bytes=${first}-${first + RANGE_BYTES - 1}`,
    "MF-CF-Blob": JSON.stringify({ country: COUNTRY }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const startedAt = performance.now();
  const request = get({ host: "127.0.0.1", port: system.ports.edge, agent, path, headers }, (response) => {
    let sizeBytes = 0;
    response.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
    });
    response.on("error", reject);
    response.on("end", () => {
      const latencyMs = performance.now() - startedAt;
      resolve({ status: response.statusCode ?? 0, latencyMs, sizeBytes, headers: response.headers });
    });
  });
  request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error("no answer in time")));
  request.on("error", reject);
  return promise;
}

/** Asks without a pause over many connections; each takes the next of the paths. */
async function flood(paths: readonly string[]): Promise<{ answers: Answer[]; elapsedMs: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: FLOOD_CONNECTIONS });
  const answers: Answer[] = [];
  const startedAt = performance.now();
  let next = 0;
  const connection = async () => {
    while (performance.now() - startedAt < FLOOD_MS)
      answers.push(await askRange(agent, paths[next++ % paths.length] ?? ""));
  };
  await Promise.all(Array.from({ length: FLOOD_CONNECTIONS }, connection));
  agent.destroy();
  return { answers, elapsedMs: performance.now() - startedAt };
}

/** Asks at its own pace, whether or not the answers keep up. */
async function listen(path: string): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true });
  const asked: Promise<Answer>[] = [];
  const startedAt = performance.now();
  while (performance.now() - startedAt < FLOOD_MS) {
    asked.push(askRange(agent, path));
    await new Promise((resolve) => setTimeout(resolve, LISTEN_EVERY_MS));
  }
  const answers = await Promise.all(asked);
  agent.destroy();
  return answers;
}

function medianMs(answers: readonly Answer[]): number {
  const sorted = answers.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}

function expectAllServed(answers: readonly Answer[]): void {
  // The pace is this process's own, which a busy machine slows down: that some were asked is all that is certain.
  expect(answers.length).toBeGreaterThan(5);
  expect(new Set(answers.map(({ status, sizeBytes }) => `${status} ${sizeBytes}`))).toEqual(
    new Set([`206 ${RANGE_BYTES}`]),
  );
}

/** Tokens of as many accounts. */
async function pathsOfAccounts(count: number): Promise<string[]> {
  const [rendition] = system.renditions;
  if (rendition === undefined) throw new Error("the system has renditions");
  return Promise.all(Array.from({ length: count }, () => system.signedPath(rendition)));
}

describe("while one account floods the edge", { timeout: 60_000 }, () => {
  it("it gets its share and no more, and another account every range it asks for [LIM-4]", async () => {
    const [[flooder = "", other = ""], crowd] = [await pathsOfAccounts(2), await pathsOfAccounts(500)];
    const quiet = await listen(other);
    const [flooded, listened] = await Promise.all([flood([flooder]), listen(other)]);
    // As many requests of accounts that are none of them refused: what a flood would cost that were not turned away.
    const [unlimited, beside] = await Promise.all([flood(crowd), listen(other)]);

    for (const answers of [quiet, listened, beside]) expectAllServed(answers);
    const served = flooded.answers.filter(({ status }) => status === 206);
    const refused = flooded.answers.filter(({ status }) => status === 429);
    expect(served.length + refused.length).toBe(flooded.answers.length);
    const share = ACCOUNT_LIMIT.burst + (ACCOUNT_LIMIT.perSecond * flooded.elapsedMs) / 1_000;
    expect(served.length).toBeGreaterThanOrEqual(ACCOUNT_LIMIT.burst);
    expect(served.length).toBeLessThanOrEqual(share + TURNS_SLACK);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) {
      expect(headers["ratelimit"]).toMatch(/^"account";r=0;t=\d+$/);
      expect(headers["ratelimit-policy"]).toBe('"account";q=300;w=3');
      expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
    }

    const rate = (answers: readonly Answer[]) => `${Math.round((answers.length * 1_000) / FLOOD_MS)}/s`;
    console.info(
      `flood of ${rate(flooded.answers)}, of which ${rate(served)} served: the other account's median is ` +
        `${medianMs(listened)} ms; ${medianMs(quiet)} ms in quiet, and ${medianMs(beside)} ms beside ` +
        `${rate(unlimited.answers)} that nobody limits`,
    );
  });
});
