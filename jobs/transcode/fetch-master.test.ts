import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ServiceClient } from "#jobs/client/service-client.ts";
import { fetchMaster } from "./fetch-master.ts";

const bytes = randomBytes(200_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const never = new AbortController().signal;

let folder: string;
let server: Server;
let requests: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rimshot-fixtures-"));
  requests = 0;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Storage that answers each request in turn with the next of these; a body shorter than it says breaks off. */
async function fetchFrom(answers: readonly Buffer[], sizeBytes = bytes.length): Promise<Buffer> {
  server = createServer((_request, response) => {
    const body = answers[Math.min(requests, answers.length - 1)] ?? Buffer.alloc(0);
    requests += 1;
    response.writeHead(200, { "content-length": Math.max(body.length, bytes.length) });
    response.write(body, () => (body.length < bytes.length ? response.destroy() : response.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new ServiceClient(url, { email: "a", password: "b" });
  const master = { url: `${url}/m`, sha256, size_bytes: sizeBytes, content_type: "audio/flac", file_name: "m.flac" };
  const path = join(folder, "master");
  await fetchMaster(client, master, path, never);
  return readFileSync(path);
}

it("a master that breaks off on its way is fetched anew [TRC-4]", async () => {
  expect((await fetchFrom([bytes.subarray(0, 70_000), bytes])).equals(bytes)).toBe(true);
  expect(requests).toBe(2);
});

it("other bytes than the lease names are never taken [TRC-4]", async () => {
  const other = Buffer.from(bytes);
  other.writeUInt8(other.readUInt8(9) ^ 1, 9);
  await expect(fetchFrom([other])).rejects.toThrow(/SHA-256/);
  expect(requests).toBe(3);
});

it("more bytes than the lease names are not read to their end [TRC-4]", async () => {
  await expect(fetchFrom([bytes], 1_000)).rejects.toThrow(/more bytes/);
});
