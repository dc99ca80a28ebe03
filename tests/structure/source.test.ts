import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { type LockedPackages, missingPlatformPackages } from "#scripts/lock-platforms.ts";

const LINES_MAX = 400;
/** A test file is a list: one more case is no more to understand. */
const TEST_LINES_MAX = 450;
const NAMES_THAT_SAY_NOTHING = /^(utils?|helpers?|misc|common|manager)\b/;

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .trim()
  .split("\n");
const sources = tracked.filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".gen.d.ts"));

function offenders(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.filter((path) => pattern.test(readFileSync(path, "utf8")));
}

describe("source files", () => {
  it(`have at most ${LINES_MAX} lines`, () => {
    const long = sources.filter((path) => {
      const linesMax = path.endsWith(".test.ts") ? TEST_LINES_MAX : LINES_MAX;
      return readFileSync(path, "utf8").trimEnd().split("\n").length > linesMax;
    });
    expect(long).toEqual([]);
  });

  it("have names in kebab-case that say what is in them", () => {
    const badly = sources.filter(
      (path) => !/^[a-z0-9.-]+\.tsx?$/.test(basename(path)) || NAMES_THAT_SAY_NOTHING.test(basename(path)),
    );
    expect(badly).toEqual([]);
  });

  it("leave nothing open, skipped or unchecked", () => {
    const rest = sources.filter((path) => path !== "tests/structure/source.test.ts");
    expect(offenders(/\b(TODO|FIXME|XXX|HACK)\b/, rest)).toEqual([]);
    expect(offenders(/\b(it|test|describe)\.(only|skip|todo)\b/, rest)).toEqual([]);
    // `any` itself is the linter's to find.
    expect(offenders(/@ts-(ignore|nocheck|expect-error)/, rest)).toEqual([]);
  });

  it("lock the packages of every platform, or `npm ci` refuses the lock file", () => {
    const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: LockedPackages };
    expect(missingPlatformPackages(lock.packages)).toEqual([]);
  });

  it("keep an address of a package registry out of the lock file", () => {
    expect(offenders(/"resolved"/, ["package-lock.json"])).toEqual([]);
  });
});

describe("specifications", () => {
  const specs = tracked.filter((path) => path.startsWith("docs/specs/") && path.endsWith(".md"));
  const tests = tracked
    .filter((path) => /(\.test\.tsx?|-conformance\.ts)$/.test(path))
    .map((path) => readFileSync(path, "utf8"));

  it.each(specs)("%s has a test for each of its rules", (path) => {
    const rules = [...readFileSync(path, "utf8").matchAll(/\*\*\[?([A-Z]{2,4}-\d+)\]?\*\*/g)].map(([, id]) => id ?? "");
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter((id) => !tests.some((text) => text.includes(`[${id}]`)))).toEqual([]);
  });
});
