import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StateFolder } from "./state-folder.ts";
import { endLeftovers, lockState, RUN_VARIABLE } from "./state-lock.ts";

let parent: string;
let state: StateFolder;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "rimshot-state-test-"));
  state = new StateFolder(join(parent, "state"));
});
afterEach(() => rmSync(parent, { recursive: true }));

describe("a state folder", () => {
  it("is made where it is missing, and forgets everything but its lock when asked", async () => {
    await state.open();
    const lock = await lockState(state);
    const secrets = await state.secrets();
    mkdirSync(join(state.storage, "v3"), { recursive: true });
    await state.write("demo.json", {});
    await state.erase();
    expect(readdirSync(state.path).filter((name) => !name.startsWith("run."))).toEqual([]);
    expect(await state.secrets()).not.toEqual(secrets);
    lock.release();
  });

  it.each([
    ["a letter", "letter.txt", "Dear all"],
    ["another program's secrets", "secrets.env", "DATABASE_URL='x'"],
  ])("is neither begun nor erased where it holds %s", async (_, name, text) => {
    mkdirSync(state.path);
    writeFileSync(join(state.path, name), text);
    await expect(state.open()).rejects.toThrow(/holds files that are not Rimshot's/);
    await expect(state.erase()).rejects.toThrow(/holds files that are not Rimshot's/);
    expect(readdirSync(state.path)).toEqual([name]);
    expect(readFileSync(join(state.path, name), "utf8")).toBe(text);
  });
});

describe("the lock of a state folder", () => {
  it("is one run's at a time, and the other is told whose it is", async () => {
    await state.open();
    const first = await lockState(state);
    const refusal = new RegExp(`already \\(process ${process.pid}\\)`);
    await expect(lockState(state)).rejects.toThrow(refusal);
    first.release();
    const second = await lockState(state);
    expect(second.run).not.toBe(first.run);
    second.release();
  });

  it("comes free when its process is killed", async () => {
    await state.open();
    const modules = ["./state-folder.ts", "./state-lock.ts"].map((path) => JSON.stringify(import.meta.resolve(path)));
    const script = `
      const { StateFolder } = await import(${modules[0]});
      const { lockState } = await import(${modules[1]});
      const lock = await lockState(new StateFolder(${JSON.stringify(state.path)}));
      console.log("locked");
      setInterval(() => lock.run, 1_000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    await expect(lockState(state)).rejects.toThrow(`process ${child.pid}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    (await lockState(state)).release();
  });
});

describe.runIf(existsSync("/proc/self/environ"))("what a killed run has left", () => {
  const start = (run: string) => spawn("sleep", ["60"], { env: { ...process.env, [RUN_VARIABLE]: run } });

  it("is ended by its mark, and nothing else is", async () => {
    const [ours, another] = [start("the-killed-run"), start("another-run")];
    try {
      await endLeftovers("the-killed-run");
      await expect.poll(() => ours.signalCode).toBe("SIGTERM");
      expect(another.signalCode).toBeNull();
    } finally {
      another.kill("SIGKILL");
      ours.kill("SIGKILL");
    }
  });

  it("is killed where it does not listen", async () => {
    const script = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
    const env = { ...process.env, [RUN_VARIABLE]: "a-deaf-run" };
    const deaf = spawn("sh", ["-c", script], { env, stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(deaf.stdout, "data");
      await endLeftovers("a-deaf-run");
      await expect.poll(() => deaf.signalCode).toBe("SIGKILL");
    } finally {
      deaf.kill("SIGKILL");
    }
  }, 20_000);
});
