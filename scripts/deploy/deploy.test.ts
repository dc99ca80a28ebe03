import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { isMissingWorker } from "./cloudflare-resources.ts";
import { readSecrets, secretsOf } from "./worker-secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "rimshot-deploy-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the secrets of a deployment", () => {
  const secrets = { A: "a", B: "b" };

  it("go to the Workers that declare them, and to no other", () => {
    expect(secretsOf("api", ["B"], secrets)).toEqual({ B: "b" });
  });

  it("are named where they are missing", () => {
    expect(() => secretsOf("api", ["A", "C"], secrets)).toThrow(/no C, which the api Worker needs/);
  });

  it.each(["", "[]", '{"A":1}', '{"A":""}', "A=a"])("are refused where the file holds %j", async (text) => {
    const path = join(folder, "secrets.json");
    writeFileSync(path, text);
    await expect(readSecrets(path)).rejects.toThrow(/secrets\.json is not a JSON object/);
  });

  it("are read from a JSON object", async () => {
    const path = join(folder, "good.json");
    writeFileSync(path, JSON.stringify(secrets));
    expect(await readSecrets(path)).toEqual(secrets);
  });
});

describe("a Worker", () => {
  const failure = (output: object) => Object.assign(new Error("Command failed: wrangler deployments list"), output);

  it("is missing where Cloudflare says so, on either output", () => {
    const said = "A request to the Cloudflare API failed.\n  This Worker does not exist on your account. [code: 10007]";
    expect(isMissingWorker(failure({ stdout: "", stderr: said }))).toBe(true);
    expect(isMissingWorker(failure({ stdout: said, stderr: "" }))).toBe(true);
  });

  it("is not taken for missing where the question itself failed", () => {
    expect(isMissingWorker(failure({ stderr: "Authentication error [code: 10000]" }))).toBe(false);
    expect(isMissingWorker(failure({ stderr: "fetch failed" }))).toBe(false);
    expect(isMissingWorker(new Error("spawn wrangler ENOENT"))).toBe(false);
  });
});

describe("an option that no command knows", () => {
  it.each(["start", "deploy", "types", "lock-platforms", "accounts"])("is told by %s without a stack", async (name) => {
    const run = promisify(execFile)(process.execPath, [`scripts/${name}.ts`, "--frobnicate"]);
    const failed = await run.catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("Unknown option '--frobnicate'") });
    expect((failed as { stderr: string }).stderr).not.toMatch(/^\s+at /m);
  });
});
