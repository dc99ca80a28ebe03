/** The command itself, on a state of a local run and on a deployment whose wrangler writes down what it is given. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freshSecrets } from "../fresh-secrets.ts";
import { StateFolder } from "../start/state-folder.ts";

const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rimshot-keys-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function rotate(...args: readonly string[]) {
  const path = [folder, process.env["PATH"]].join(delimiter);
  return run(process.execPath, ["scripts/keys-rotate.ts", ...args], { env: { ...process.env, PATH: path } });
}

function keyringIn(secret: string | undefined): { current: string; keys: Record<string, string> } {
  return JSON.parse(secret ?? "{}");
}

/** Takes what `wrangler secret put` takes; fails where a file of the name `refuse` holds the Worker's name. */
async function fakeWrangler(): Promise<void> {
  const path = join(folder, "wrangler");
  const script = `#!/bin/sh
if [ -f "${folder}/refuse" ] && [ "$(cat "${folder}/refuse")" = "$5" ]; then exit 1; fi
printf '%s %s ' "$3" "$5" >> "${folder}/calls"; cat >> "${folder}/calls"; echo >> "${folder}/calls"
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
}

async function calls(): Promise<{ worker: string; current: string; keys: number }[]> {
  const lines = (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
  return lines.map((line) => {
    const [, worker = "", secret] = /^\S+ (\S+) (.*)$/.exec(line) ?? [];
    const { current, keys } = keyringIn(secret);
    return { worker, current, keys: Object.keys(keys).length };
  });
}

describe("keys:rotate", () => {
  it("gives a local state a key that signs, and leaves the one before and the other rings [TOK-14]", async () => {
    const state = new StateFolder(join(folder, "state"));
    await state.open();
    const before = await state.secrets();
    const { stdout } = await rotate("--state", state.path);
    const after = await state.secrets();
    const ring = keyringIn(after["AUDIO_TOKEN_KEYS"]);
    expect(ring.current).toMatch(/^audio-\d{8}T\d{6}Z$/);
    expect(Object.keys(ring.keys)).toEqual(["audio-1", ring.current]);
    expect({ ...after, AUDIO_TOKEN_KEYS: null }).toEqual({ ...before, AUDIO_TOKEN_KEYS: null });
    expect(stdout).toContain(`${ring.current} is the key that signs.`);
    expect(stdout).not.toContain(ring.keys[ring.current]);
  });

  it("tells each Worker that has the ring, all of them the key before any its use [TOK-14]", async () => {
    await fakeWrangler();
    const secrets = join(folder, "secrets.json");
    await writeFile(secrets, JSON.stringify(freshSecrets()));
    await rotate("--secrets", secrets, "--settle-seconds", "0");
    const told = await calls();
    const holders = ["rimshot-api", "rimshot-ingest", "rimshot-edge"];
    expect(told.map(({ worker }) => worker)).toEqual([...holders, ...holders]);
    expect(told.map(({ keys }) => keys)).toEqual([2, 2, 2, 2, 2, 2]);
    const { current } = keyringIn(JSON.parse(await readFile(secrets, "utf8")).AUDIO_TOKEN_KEYS);
    expect(told.map((call) => call.current === current)).toEqual([false, false, false, true, true, true]);
  });

  it("goes on after a Worker that did not take it, and no ring has a key that nobody needs [TOK-14]", async () => {
    await fakeWrangler();
    const secrets = join(folder, "secrets.json");
    await writeFile(secrets, JSON.stringify(freshSecrets()));
    await writeFile(join(folder, "refuse"), "rimshot-edge");
    const failed = rotate("--secrets", secrets, "--settle-seconds", "0");
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("rimshot-edge") });
    const staged = keyringIn(JSON.parse(await readFile(secrets, "utf8")).AUDIO_TOKEN_KEYS);
    expect(staged.current).toBe("audio-1");
    await rm(join(folder, "refuse"));
    await rotate("--secrets", secrets, "--settle-seconds", "0");
    const done = keyringIn(JSON.parse(await readFile(secrets, "utf8")).AUDIO_TOKEN_KEYS);
    expect(Object.keys(done.keys)).toEqual(["audio-1", done.current]);
    expect(Object.keys(staged.keys)[1]).not.toBe(done.current);
  });

  it("finishes what broke off in its last step, before any other key is made [TOK-14]", async () => {
    await fakeWrangler();
    const secrets = join(folder, "secrets.json");
    await writeFile(secrets, JSON.stringify(freshSecrets()));
    const running = rotate("--secrets", secrets, "--settle-seconds", "1");
    await vi.waitFor(async () => expect(await calls()).toHaveLength(3), 20_000);
    await writeFile(join(folder, "refuse"), "rimshot-edge");
    await expect(running).rejects.toMatchObject({ code: 1 });
    const broken = keyringIn(JSON.parse(await readFile(secrets, "utf8")).AUDIO_TOKEN_KEYS);
    await rm(join(folder, "refuse"));
    const { stdout } = await rotate("--secrets", secrets, "--settle-seconds", "0");
    expect(stdout).toContain("Finished the rotation");
    const told = (await calls()).slice(-3);
    expect(told.map(({ worker }) => worker)).toEqual(["rimshot-api", "rimshot-ingest", "rimshot-edge"]);
    expect(told.every(({ current }) => current === broken.current)).toBe(true);
    expect(Object.keys(JSON.parse(await readFile(secrets, "utf8")))).toEqual(Object.keys(freshSecrets()));
  });

  it("lets one run at a time work on a file, and leaves no secret in what it says [TOK-14]", async () => {
    await fakeWrangler();
    const secrets = join(folder, "secrets.json");
    await writeFile(secrets, JSON.stringify({ ...freshSecrets(), AUDIO_TOKEN_KEYS: "hunter2-not-json" }));
    await expect(rotate("--secrets", secrets)).rejects.toMatchObject({
      code: 1,
      stderr: expect.not.stringContaining("hunter2"),
    });
    await writeFile(secrets, JSON.stringify(freshSecrets()));
    await writeFile(`${secrets}.lock`, "");
    const second = rotate("--secrets", secrets, "--settle-seconds", "0");
    await expect(second).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("another rotation") });
  });

  it.each([
    [["--ring", "NOBODYS_KEYS"], "--ring is one of"],
    [["--state", "/nowhere/at/all"], "no state of a local run"],
    [["--settle-seconds", "soon"], "--settle-seconds is a number"],
  ])("says what is wrong with %j [TOK-14]", async (args, sentence) => {
    await expect(rotate(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(sentence) });
  });
});
