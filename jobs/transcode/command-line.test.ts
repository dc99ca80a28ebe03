import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { HELP, parseJobOptions } from "./command-line.ts";

const environment = { RIMSHOT_JOB_EMAIL: "job@example.com", RIMSHOT_JOB_PASSWORD: "secret" };
const url = ["--url", "http://127.0.0.1:8787"];

describe("the job's options", () => {
  it("have defaults", () => {
    expect(parseJobOptions(url, environment)).toEqual({
      ok: true,
      value: {
        url: "http://127.0.0.1:8787",
        concurrency: 2,
        leaseSeconds: 60,
        isOnce: false,
        endsWhenIdle: false,
        asJson: false,
        credentials: { email: "job@example.com", password: "secret" },
      },
    });
  });

  it.each([
    [[], environment],
    [["--url", "nowhere"], environment],
    [[...url, "--lease-seconds", "1"], environment],
    [[...url, "--lease-seconds", "601"], environment],
    [[...url, "--concurrency", "0"], environment],
    [[...url, "--concurrency", "2.5"], environment],
    [[...url, "--frobnicate"], environment],
    [[...url, "stray"], environment],
    [url, {}],
    [url, { RIMSHOT_JOB_EMAIL: "job@example.com" }],
  ])("are refused where they make no sense: %j", (args, given) => {
    expect(parseJobOptions(args, given)).toMatchObject({ ok: false });
  });

  it("are all in the help", async () => {
    const main = "jobs/transcode/main.ts";
    const { stdout } = await promisify(execFile)(process.execPath, [main, "--help"]);
    expect(stdout).toBe(`${HELP}\n`);
    for (const name of ["url", "concurrency", "lease-seconds", "once", "idle-exit", "json", "help"]) {
      expect(HELP).toContain(`--${name}`);
    }
    await expect(promisify(execFile)(process.execPath, [main])).rejects.toMatchObject({ code: 2 });
  });
});
