import { execFile } from "node:child_process";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";

let server: Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

interface Service {
  /** What each rendition's cache entry says, or the status of a refusal. */
  readonly caches: Map<string, string | number>;
  readonly bodies: unknown[];
  inFlightMax: number;
}

/** What speaks the service's wire: pages of two renditions, and a cache that keeps what it is given. */
async function startService(names: readonly string[]): Promise<Service & { url: string }> {
  const service: Service = { caches: new Map(), bodies: [], inFlightMax: 0 };
  let inFlight = 0;
  server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const path = request.url ?? "";
    const json = (value: unknown) => {
      response.setHeader("set-auth-token", "session");
      response.end(JSON.stringify(value));
    };
    if (path.startsWith("/api/auth/")) return json({ token: accessToken() });
    if (path === "/v1/ingest/prewarm") {
      const asked = JSON.parse(body) as { cursor?: string };
      service.bodies.push(asked);
      if (names.length === 0) response.statusCode = 403;
      const from = asked.cursor === undefined ? 0 : names.indexOf(asked.cursor) + 1;
      const page = names.slice(from, from + 2);
      const items = page.map((name) => ({ url: `/prewarm/${name}`, size_bytes: 1, profile: "flac", track_id: name }));
      return json({ items, next_cursor: page.length === 2 ? page[1] : null });
    }
    inFlight += 1;
    service.inFlightMax = Math.max(service.inFlightMax, inFlight);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inFlight -= 1;
    const name = path.slice("/prewarm/".length);
    const said = service.caches.get(name) ?? "filled";
    if (typeof said === "number") response.statusCode = said;
    else response.setHeader("x-cache", said).statusCode = 204;
    if (said === "filled") service.caches.set(name, "present");
    response.end();
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return Object.assign(service, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function accessToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "EdDSA" })}.${part({ exp: Math.floor(Date.now() / 1_000) + 600 })}.c2ln`;
}

function runJob(url: string, ...args: readonly string[]): Promise<{ code: number; events: Record<string, unknown>[] }> {
  const environment = { ...process.env, RIMSHOT_JOB_EMAIL: "a@b.c", RIMSHOT_JOB_PASSWORD: "secret" };
  const all = ["jobs/prewarm/main.ts", "--url", url, "--json", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env: environment, timeout: 20_000 }, (error, stdout) => {
      const lines = stdout.trim().split("\n");
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, events: lines.map((line) => JSON.parse(line) as Record<string, unknown>) });
    });
  });
}

it("warms every page, a few at a time, and says what was there already [DLV-40]", async () => {
  const service = await startService(["a", "b", "c", "d", "e"]);
  service.caches.set("b", "present");
  const first = await runJob(service.url, "--scheduled", "2", "--profiles", "flac", "--concurrency", "2");
  expect(first.code).toBe(0);
  expect(first.events.at(-1)).toEqual({ event: "ended", present: 1, filled: 4, unkept: 0, failed: 0 });
  expect(service.inFlightMax).toBe(2);
  const selection = { scheduled_within_hours: 2, profiles: ["flac"] };
  expect(service.bodies).toEqual([selection, { ...selection, cursor: "b" }, { ...selection, cursor: "d" }]);
  const second = await runJob(service.url, "--top", "5");
  expect(second.code).toBe(0);
  expect(second.events.at(-1)).toMatchObject({ present: 5, filled: 0 });
  expect(JSON.stringify(first.events)).not.toContain("/prewarm/");
});

it("goes on past what cannot be warmed, and ends with 1 [DLV-40]", async () => {
  const service = await startService(["a", "b", "c"]);
  service.caches.set("a", 404).set("b", "unkept");
  const { code, events } = await runJob(service.url, "--release", "0".repeat(22));
  expect(code).toBe(1);
  expect(events.at(-1)).toEqual({ event: "ended", present: 0, filled: 1, unkept: 1, failed: 1 });
  expect(events.find(({ event }) => event === "notice")?.["text"]).toContain("a flac");
});

it("ends with 1 where the service does not say what to warm [DLV-40]", async () => {
  const service = await startService([]);
  const { code, events } = await runJob(service.url, "--top", "1");
  expect([code, events.map(({ event }) => event)]).toEqual([1, ["notice"]]);
});
