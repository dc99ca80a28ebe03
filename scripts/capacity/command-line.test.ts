import { describe, expect, it } from "vitest";
import { scenarioReport } from "./capacity-document.ts";
import { readCommand } from "./command-line.ts";
import { AS_BUILT } from "./designs.ts";
import { SCENARIOS } from "./scenarios.ts";
import { capacitiesOf, fullAt, isExceeded } from "./shards.ts";

describe("npm run capacity", () => {
  it("writes, checks, helps and prints JSON", () => {
    expect(readCommand([])).toEqual({ kind: "write" });
    expect(readCommand(["--check"])).toEqual({ kind: "check" });
    expect(readCommand(["--help"])).toEqual({ kind: "help" });
    expect(readCommand(["--json"])).toEqual({ kind: "json", scenario: null });
  });

  it("takes numbers of one's own, and fills in the rest from the nearest scale", () => {
    const command = readCommand(["--listeners", "80000000", "--hit-ratio", "0.9", "--mean-bytes", "3000000"]);
    expect(command).toMatchObject({
      kind: "report",
      scenario: { listeners: 80_000_000, hitRatio: 0.9, meanBytes: 3_000_000, tracks: 100_000_000 },
    });
    if (command.kind !== "report") throw new Error("this is a report");
    expect(scenarioReport(command.scenario)).toContain("At 80,000,000 listeners");
    expect(readCommand(["--json", "--pops", "7"])).toMatchObject({ kind: "json", scenario: { pops: 7 } });
  });

  it.each([
    [["--listeners", "many"], /whole number above 0/],
    [["--listeners", "0"], /whole number above 0/],
    [["--tracks", "1.5"], /whole number above 0/],
    [["--hit-ratio", "1.1"], /from 0 to 1/],
    [["--streams-per-day", ""], /number above 0/],
    [["--streams-per-day", "Infinity"], /number above 0/],
    [["--check", "--json"], /goes alone/],
    [["--verbose"], /--help/],
    [["docs/other.md"], /--help/],
  ])("refuses %j", (args, reason) => {
    expect(() => readCommand(args)).toThrow(reason);
  });
});

describe("shards", () => {
  it("are full at the listeners, or tracks, that the document names", () => {
    for (const scenario of SCENARIOS) {
      for (const capacity of capacitiesOf(scenario, AS_BUILT)) {
        const full = fullAt(scenario, capacity);
        expect(isExceeded(capacity), `${capacity.what} at ${scenario.name}`).toBe(scenario[capacity.growsWith] > full);
      }
    }
  });
});
