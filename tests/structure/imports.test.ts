import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * Who may import whom. The tree stands on three floors: Workers on Durable Objects, both on the domain; jobs on the
 * domain; the player touches the rest by types alone. No arrow goes back up.
 */
interface ImportOf {
  readonly from: string;
  /** A path in the repository, or a package's name. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const IMPORT_PATTERN = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)";?/gm;
const ALIASES: Readonly<Record<string, string>> = {
  "#domain/": "domain/",
  "#durable-objects/": "durable-objects/",
  "#workers/": "workers/",
  "#jobs/": "jobs/",
  "#scripts/": "scripts/",
  "#tests/": "tests/",
};

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.ts", "*.tsx"], {
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((path) => !path.endsWith(".gen.d.ts"));

const imports: readonly ImportOf[] = files.flatMap((from) =>
  [...readFileSync(from, "utf8").matchAll(IMPORT_PATTERN)].map(([, type, specifier = ""]) => ({
    from,
    to: resolve(from, specifier),
    typeOnly: type !== undefined,
  })),
);

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  const alias = Object.keys(ALIASES).find((prefix) => specifier.startsWith(prefix));
  return alias === undefined ? specifier : `${ALIASES[alias]}${specifier.slice(alias.length)}`;
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /-(fixtures|conformance|testing)\.ts$/.test(path) || path.startsWith("tests/");
}

const production = imports.filter(({ from }) => !isTest(from));

function offenders(from: RegExp, isForbidden: (edge: ImportOf) => boolean): string[] {
  return production
    .filter((edge) => from.test(edge.from) && isForbidden(edge))
    .map((edge) => `${edge.from} imports ${edge.to}`);
}

function sliceOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

function layerOf(path: string): string {
  return path.split("/")[0] ?? "";
}

const LAYERS = ["domain", "durable-objects", "workers", "jobs", "scripts", "player", "tests"];

function isInTree(path: string): boolean {
  return LAYERS.includes(layerOf(path));
}

describe("imports", () => {
  it("finds the imports it is about", () => {
    expect(production.length).toBeGreaterThan(200);
  });

  it("lets a domain slice import the foundation and itself, and other slices' types only", () => {
    const isForbidden = ({ from, to, typeOnly }: ImportOf) =>
      isInTree(to) &&
      !(layerOf(to) === "domain" && (sliceOf(to) === sliceOf(from) || sliceOf(to) === "domain/foundation" || typeOnly));
    expect(offenders(/^domain\//, isForbidden)).toEqual([]);
  });

  it("keeps the domain free of any runtime", () => {
    const packages = new Set(["fractional-indexing"]);
    expect(offenders(/^domain\//, ({ to }) => !isInTree(to) && !packages.has(to))).toEqual([]);
  });

  it("lets Durable Objects import the domain and their own folder, never a Worker", () => {
    const isForbidden = ({ from, to }: ImportOf) =>
      isInTree(to) && layerOf(to) !== "domain" && sliceOf(to) !== sliceOf(from);
    expect(offenders(/^durable-objects\//, isForbidden)).toEqual([]);
  });

  it("lets a Worker import itself, what Workers share, objects and the domain, never another Worker", () => {
    const isForbidden = ({ from, to }: ImportOf) =>
      isInTree(to) &&
      !["domain", "durable-objects"].includes(layerOf(to)) &&
      ![sliceOf(from), "workers/shared"].includes(sliceOf(to));
    expect(offenders(/^workers\//, isForbidden)).toEqual([]);
  });

  it("lets Workers import of the objects only types, but for the one that hosts them", () => {
    const isForbidden = ({ to, typeOnly }: ImportOf) =>
      layerOf(to) === "durable-objects" && !typeOnly && !to.endsWith("-protocol.ts");
    expect(offenders(/^workers\/(?!realtime\/)/, isForbidden)).toEqual([]);
  });

  it("keeps hono and zod out of actions and stores, and SQL out of routes", () => {
    const isWeb = ({ to, typeOnly }: ImportOf) => (to === "hono" || to === "zod") && !typeOnly;
    expect(offenders(/-(actions|store)\.ts$/, isWeb)).toEqual([]);
    const isStorage = ({ to }: ImportOf) => /-store\.ts$/.test(to) || to.startsWith("drizzle-orm");
    expect(offenders(/-routes\.ts$/, isStorage)).toEqual([]);
  });

  it("keeps zod, drizzle and hono out of the edge, in all that it reaches", () => {
    const reached = new Set<string>();
    const queue = ["workers/edge/index.ts"];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      for (const { from, to, typeOnly } of production) if (from === path && !typeOnly) queue.push(to);
    }
    expect([...reached].filter((path) => /^(zod|hono|drizzle-orm)/.test(path))).toEqual([]);
    expect(reached.size).toBeGreaterThan(10);
  });

  it("lets jobs and scripts reach the service over HTTP only: of Workers they know types", () => {
    const isForbidden = ({ to, typeOnly }: ImportOf) =>
      ["workers", "durable-objects", "player"].includes(layerOf(to)) && !typeOnly;
    expect(offenders(/^(jobs|scripts)\//, isForbidden)).toEqual([]);
  });

  it("lets the player import the domain, and types of the contracts", () => {
    const isForbidden = ({ to, typeOnly }: ImportOf) =>
      ["workers", "durable-objects", "jobs", "scripts", "tests"].includes(layerOf(to)) && !typeOnly;
    expect(offenders(/^player\//, isForbidden)).toEqual([]);
  });

  it("has no circle", () => {
    const next = Map.groupBy(
      production.filter(({ typeOnly, to }) => !typeOnly && isInTree(to)),
      ({ from }) => from,
    );
    const state = new Map<string, "open" | "closed">();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === "closed") return;
      if (state.get(path) === "open") {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
        return;
      }
      state.set(path, "open");
      for (const { to } of next.get(path) ?? []) visit(to, [...trail, path]);
      state.set(path, "closed");
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});
