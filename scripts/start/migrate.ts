import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DATABASES } from "../workers.ts";
import type { StateFolder } from "./state-folder.ts";

const run = promisify(execFile);
const MARK = "migrated.json";

/** Applies what is missing to each local database. False where nothing was, which is known without asking them. */
export async function migrate(state: StateFolder): Promise<boolean> {
  const sha256 = await migrationsSha256();
  if ((await state.read<{ sha256: string }>(MARK))?.sha256 === sha256) return false;
  for (const { binding, config } of DATABASES) {
    const args = ["d1", "migrations", "apply", binding, "--local", "-c", config, "--persist-to", state.storage];
    await run("wrangler", args, { env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" } });
  }
  await state.write(MARK, { sha256 });
  return true;
}

async function migrationsSha256(): Promise<string> {
  const hash = createHash("sha256");
  const names = (await readdir("migrations", { recursive: true })).filter((name) => name.endsWith(".sql")).sort();
  for (const name of names) hash.update(name).update(await readFile(join("migrations", name)));
  return hash.digest("hex");
}
