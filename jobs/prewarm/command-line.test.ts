import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { HELP, parsePrewarmOptions } from "./command-line.ts";

const environment = { RIMSHOT_JOB_EMAIL: "job@example.com", RIMSHOT_JOB_PASSWORD: "secret" };
const url = ["--url", "http://127.0.0.1:8787"];
const release = "0".repeat(22);

describe("the prewarm job's options", () => {
  it("have defaults [DLV-40]", () => {
    expect(parsePrewarmOptions([...url, "--top", "20"], environment)).toEqual({
      ok: true,
      value: {
        url: "http://127.0.0.1:8787",
        selection: { top: 20 },
        profiles: null,
        concurrency: 4,
        asJson: false,
        credentials: { email: "job@example.com", password: "secret" },
      },
    });
  });

  it.each([
    [["--release", release], { release_id: release }],
    [["--scheduled", "0.5"], { scheduled_within_hours: 0.5 }],
    [["--top", "500"], { top: 500 }],
    [["--top", "500", "--country", "JP"], { top: 500, country: "JP" }],
  ])("choose what is warmed: %j [DLV-40]", (args, selection) => {
    expect(parsePrewarmOptions([...url, ...args], environment)).toMatchObject({ ok: true, value: { selection } });
  });

  it.each([
    [[], environment],
    [["--top", "20"], environment],
    [["--url", "nowhere", "--top", "20"], environment],
    [url, environment],
    [[...url, "--top", "20", "--scheduled", "1"], environment],
    [[...url, "--top", "0"], environment],
    [[...url, "--top", "1", "--country", "Japan"], environment],
    [[...url, "--scheduled", "1", "--country", "JP"], environment],
    [[...url, "--top", "501"], environment],
    [[...url, "--top", "1.5"], environment],
    [[...url, "--scheduled", "0"], environment],
    [[...url, "--scheduled", "169"], environment],
    [[...url, "--scheduled", "soon"], environment],
    [[...url, "--release", "x"], environment],
    [[...url, "--top", "1", "--profiles", "vorbis-160,wax"], environment],
    [[...url, "--top", "1", "--concurrency", "33"], environment],
    [[...url, "--top", "1", "--frobnicate"], environment],
    [[...url, "--top", "1", "stray"], environment],
    [[...url, "--top", "1"], {}],
  ])("are refused where they make no sense: %j [DLV-40]", (args, given) => {
    expect(parsePrewarmOptions(args, given)).toMatchObject({ ok: false });
  });

  it("are all in the help", async () => {
    const main = "jobs/prewarm/main.ts";
    const { stdout } = await promisify(execFile)(process.execPath, [main, "--help"]);
    expect(stdout).toBe(`${HELP}\n`);
    for (const name of ["url", "release", "scheduled", "top", "profiles", "concurrency", "json", "help"]) {
      expect(HELP).toContain(`--${name}`);
    }
    await expect(promisify(execFile)(process.execPath, [main])).rejects.toMatchObject({ code: 2 });
  });
});
