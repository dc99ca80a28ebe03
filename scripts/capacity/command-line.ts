/** What `npm run capacity` is asked for. */
import { parseArgs } from "node:util";
import { messageOf } from "#jobs/terminal/failure-text.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

export const HELP = `Usage: npm run capacity [-- OPTIONS]

Writes docs/capacity.md: what a stream costs, what is full first, and what changes it.
With numbers of one's own it prints a report of those instead, and writes nothing.

  --listeners N        people who listen (default: 1000000)
  --streams-per-day N  streams of each of them
  --hit-ratio X        share of renditions that the cache has, 0 to 1
  --mean-bytes N       bytes that a listener loads of a stream
  --tracks N           tracks in the catalog
  --pops N             points of presence that the listeners are spread over
  --json               all figures as one JSON object, to the standard output
  --check              fails where docs/capacity.md is not what would be written
  --help               print this
`;

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "write" | "check" }
  /** `scenario` is null for those of the document. */
  | { readonly kind: "json"; readonly scenario: Scenario | null }
  | { readonly kind: "report"; readonly scenario: Scenario };

const NUMBERS = ["listeners", "streams-per-day", "hit-ratio", "mean-bytes", "tracks", "pops"] as const;

type NumberName = (typeof NUMBERS)[number];

const BASIS = SCENARIOS[1];

/** Throws an Error with a sentence for people. */
export function readCommand(args: readonly string[]): Command {
  const values = parse(args);
  if (values.help === true) return { kind: "help" };
  const given = NUMBERS.filter((name) => values[name] !== undefined);
  const scenario =
    given.length === 0 ? null : scenarioOf(new Map(given.map((name) => [name, numberOf(name, values[name])])));
  if (values.check === true) {
    if (scenario !== null || values.json === true) throw new Error("--check goes alone. Try --help.");
    return { kind: "check" };
  }
  if (values.json === true) return { kind: "json", scenario };
  return scenario === null ? { kind: "write" } : { kind: "report", scenario };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    listeners: text,
    "streams-per-day": text,
    "hit-ratio": text,
    "mean-bytes": text,
    tracks: text,
    pops: text,
    json: flag,
    check: flag,
    help: flag,
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Error(`${messageOf(error)} Try --help.`);
  }
}

function numberOf(name: NumberName, text: string | undefined): number {
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  const isRatio = name === "hit-ratio";
  if (isRatio && !(value >= 0 && value <= 1)) throw new Error(`--${name} is a number from 0 to 1, not "${text}".`);
  const isWhole = name !== "streams-per-day" && !isRatio;
  if (!isRatio && !(value > 0 && Number.isFinite(value) && (!isWhole || Number.isSafeInteger(value)))) {
    throw new Error(`--${name} is a ${isWhole ? "whole " : ""}number above 0, not "${text}".`);
  }
  return value;
}

function scenarioOf(given: ReadonlyMap<NumberName, number>): Scenario {
  if (BASIS === undefined) throw new RangeError("there is no scenario to begin with");
  const listeners = given.get("listeners") ?? BASIS.listeners;
  const nearest = SCENARIOS.reduce((best, one) =>
    Math.abs(Math.log(one.listeners / listeners)) < Math.abs(Math.log(best.listeners / listeners)) ? one : best,
  );
  return {
    ...nearest,
    name: new Intl.NumberFormat("en-US").format(listeners),
    listeners,
    streamsPerDay: given.get("streams-per-day") ?? nearest.streamsPerDay,
    hitRatio: given.get("hit-ratio") ?? null,
    meanBytes: given.get("mean-bytes") ?? nearest.meanBytes,
    tracks: given.get("tracks") ?? nearest.tracks,
    pops: given.get("pops") ?? nearest.pops,
  };
}
