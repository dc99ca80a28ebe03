/** What a local run keeps between starts, all in one folder: the platform's storage, secrets, accounts, the log. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Role } from "#domain/accounts/roles.ts";
import { freshSecrets } from "../fresh-secrets.ts";
import { LOCK_FILES } from "./state-lock.ts";

export const STATE_FOLDER_DEFAULT = ".state";
const SECRETS_FILE = "secrets.env";
const SECRETS_MARK = "AUDIO_TOKEN_KEYS=";

export interface LocalAccount {
  readonly role: Role;
  readonly email: string;
  readonly password: string;
}

export class StateFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get storage(): string {
    return join(this.path, "storage");
  }

  get log(): string {
    return join(this.path, "workers.log");
  }

  get transcodeLog(): string {
    return join(this.path, "transcode.log");
  }

  get secretsFile(): string {
    return join(this.path, SECRETS_FILE);
  }

  /** Makes the folder, unless it is there. Throws a sentence where it is somebody else's: a slip of the hand. */
  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const names = await readdir(this.path);
    if (!(await this.#isOurs(names))) {
      throw new Error(
        `${this.path} holds files that are not Rimshot's. Choose another folder: npm start -- --state DIR`,
      );
    }
  }

  /** Forgets all data. The lock stays: this run holds it. Throws where the folder is not ours, and erases nothing. */
  async erase(): Promise<void> {
    await this.open();
    const names = (await readdir(this.path)).filter((name) => !LOCK_FILES.includes(name));
    // The mark goes last: an erasure that is cut can be begun again.
    const marked = names.toSorted((a, b) => Number(a === SECRETS_FILE) - Number(b === SECRETS_FILE));
    for (const name of marked) await rm(join(this.path, name), { recursive: true, force: true });
  }

  /** Ours is what is empty but for a lock, or has secrets of our making. */
  async #isOurs(names: readonly string[]): Promise<boolean> {
    if (names.every((name) => LOCK_FILES.includes(name))) return true;
    const secrets = await readFile(this.secretsFile, "utf8").catch(() => "");
    return secrets.includes(SECRETS_MARK);
  }

  /** The secrets of this state: made at the first start, since what they signed and encrypted lasts as long. */
  async secrets(): Promise<Readonly<Record<string, string>>> {
    if (!existsSync(this.secretsFile)) await this.writeSecrets(freshSecrets());
    const text = await readFile(this.secretsFile, "utf8");
    return Object.fromEntries(
      text
        .trim()
        .split("\n")
        .map((line) => {
          const equals = line.indexOf("=");
          return [line.slice(0, equals), line.slice(equals + 2, -1)];
        }),
    );
  }

  /** Whole or not at all: nothing can be read back out of what was signed with them. */
  async writeSecrets(secrets: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(secrets).map(([name, value]) => `${name}='${value}'`);
    await writeFile(`${this.secretsFile}.new`, `${lines.join("\n")}\n`, { mode: 0o600 });
    await rename(`${this.secretsFile}.new`, this.secretsFile);
  }

  /** A small JSON file of the state, or null where it is not there. */
  async read<Value>(name: string): Promise<Value | null> {
    const path = join(this.path, name);
    return existsSync(path) ? (JSON.parse(await readFile(path, "utf8")) as Value) : null;
  }

  async write(name: string, value: unknown): Promise<void> {
    await writeFile(join(this.path, name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  }
}
