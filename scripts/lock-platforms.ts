/**
 * Adds to package-lock.json the optional packages of platforms that npm left out. npm leaves them out where the registry
 * it was run against does not hold them (npm/cli#4828), and `npm ci` then calls the lock file out of step with
 * package.json, on every platform. Run it after a dependency has changed: npm run lock:platforms
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runCommand } from "./run-command.ts";

export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type LockedPackages = Readonly<Record<string, LockedPackage>>;

export interface MissingPackage {
  /** Where in the lock file it belongs. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

const EXACT_VERSION = /^\d/;

export function missingPlatformPackages(packages: LockedPackages): MissingPackage[] {
  return Object.entries(packages).flatMap(([path, { dev = false, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).flatMap(([name, range]) => {
      const nearest = nearestPath(packages, path, name);
      const isMet = nearest !== null && (!EXACT_VERSION.test(range) || packages[nearest]?.version === range);
      if (isMet) return [];
      // Another version is in the common place: this one goes below the package that wants it.
      const place = nearest === null ? `node_modules/${name}` : `${path}/node_modules/${name}`;
      return [{ path: place, name, version: range.replace(/^[\^~]/, ""), dev }];
    }),
  );
}

/** As Node looks a package up: beside the one that asks, then outwards. */
function nearestPath(packages: LockedPackages, from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return null;
  }
}

const SYSTEMS = {
  darwin: "darwin",
  android: "android",
  windows: "win32",
  win32: "win32",
  freebsd: "freebsd",
  linux: "linux",
};
const PROCESSORS = { arm64: "arm64", wasm32: "wasm32", arm: "arm", x64: "x64", "64": "x64" };

/** What keeps npm from installing it elsewhere: such packages are named after their platform. */
function platformOf(name: string): { cpu?: string[]; libc?: string[]; os?: string[] } {
  const find = (words: Readonly<Record<string, string>>) =>
    Object.entries(words).find(([word]) => name.includes(word))?.[1];
  const os = find(SYSTEMS);
  const cpu = find(PROCESSORS);
  return {
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(name.includes("musl") ? { libc: ["musl"] } : {}),
    ...(os === undefined ? {} : { os: [os] }),
  };
}

if (import.meta.main) await runCommand("lock:platforms", main);

async function main(): Promise<void> {
  parseArgs({ options: {} });
  const lock = JSON.parse(await readFile("package-lock.json", "utf8")) as { packages: Record<string, LockedPackage> };
  const missing = missingPlatformPackages(lock.packages);
  for (const { path, name, version, dev } of missing) {
    const { cpu, libc, os } = platformOf(name);
    // In npm's own order of fields; JSON leaves out what is undefined.
    const locked = { version, cpu, dev: dev || undefined, libc, optional: true, os };
    lock.packages[path] = locked as LockedPackage;
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${missing.length} packages of other platforms added`);
}
