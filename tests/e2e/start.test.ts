/** The commands a person runs. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";

const run = promisify(execFile);

describe("npm start", () => {
  it("says which port is taken, and what to do", async () => {
    const { port } = new URL(inject("system").url);
    const state = await mkdtemp(join(tmpdir(), "rimshot-start-test-"));
    const args = ["scripts/start.ts", "--port", port, "--state", state];
    const failed = await run(process.execPath, args).catch((error: unknown) => error);
    await rm(state, { recursive: true });
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining(`Port ${port} is in use`) });
  });

  it("refuses a port that is none, and a part that is none", async () => {
    for (const args of [
      ["--port", "music"],
      ["--without", "music"],
    ]) {
      const failed = await run(process.execPath, ["scripts/start.ts", ...args]).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("music") });
    }
  });
});

describe("npm run deploy -- --dry-run", () => {
  it("bundles all five Workers and prints their sizes", async () => {
    const { stdout } = await run(process.execPath, ["scripts/deploy.ts", "--dry-run"]);
    const sizes = [...stdout.matchAll(/^(\w+) +([\d.]+) +([\d.]+)$/gm)].map(([, name, , gzip]) => [name, Number(gzip)]);
    expect(sizes.map(([name]) => name)).toEqual(["realtime", "accounting", "api", "ingest", "edge"]);
    for (const [name, gzipKib] of sizes) expect(gzipKib, String(name)).toBeGreaterThan(1);
  });
});
