/** Folders for the files of one lease. They go when the work ends; those of jobs that were killed go later. */
import { lstat, mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "rimshot-transcode-";
/** A live job touches its folder at each heartbeat, and no lease is longer than ten minutes. */
const STALE_MS = 15 * 60_000;

export async function makeWorkFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), PREFIX));
}

export async function removeWorkFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Says that the folder is in use. */
export async function touchWorkFolder(folder: string, nowMs: number): Promise<void> {
  await utimes(folder, nowMs / 1_000, nowMs / 1_000);
}

/** Removes what dead jobs of this user left behind. Answers how many folders went. */
export async function removeStaleFolders(nowMs: number): Promise<number> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  let removed = 0;
  for (const name of names) {
    const folder = join(tmpdir(), name);
    // Another job may be removing the same folder.
    const found = await lstat(folder).catch(() => null);
    const isOurs = found?.isDirectory() === true && found.uid === (process.getuid?.() ?? found.uid);
    if (!isOurs || nowMs - found.mtimeMs < STALE_MS) continue;
    await removeWorkFolder(folder);
    removed += 1;
  }
  return removed;
}
