import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const DIST = "player/dist";
const MARK = join(DIST, ".source-sha256");

/** Builds the player, unless what is built is of these sources. False where there was nothing to do. */
export async function buildPlayer(): Promise<boolean> {
  const sha256 = await sourcesSha256();
  if (existsSync(MARK) && (await readFile(MARK, "utf8")) === sha256) return false;
  await run("vite", ["build", "player", "--logLevel", "warn"]);
  await writeFile(MARK, sha256);
  return true;
}

async function sourcesSha256(): Promise<string> {
  const hash = createHash("sha256").update(await readFile("package-lock.json"));
  const entries = await readdir("player", { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(DIST))
    .sort();
  for (const path of files) hash.update(path).update(await readFile(path));
  return hash.digest("hex");
}
