/** What a local run keeps between starts, all in one folder: the platform's storage, secrets, accounts, the log. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Role } from "#domain/accounts/roles.ts";
import { developmentSecrets } from "../development-secrets.ts";

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
    return join(this.path, "secrets.env");
  }

  async open(): Promise<void> {
    await mkdir(this.storage, { recursive: true });
  }

  async erase(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** The secrets of this state: made at the first start, since what they signed and encrypted lasts as long. */
  async secrets(): Promise<Readonly<Record<string, string>>> {
    if (!existsSync(this.secretsFile)) {
      const lines = Object.entries(developmentSecrets()).map(([name, value]) => `${name}='${value}'`);
      await writeFile(this.secretsFile, `${lines.join("\n")}\n`, { mode: 0o600 });
    }
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

  /** A small JSON file of the state, or null where it is not there. */
  async read<Value>(name: string): Promise<Value | null> {
    const path = join(this.path, name);
    return existsSync(path) ? (JSON.parse(await readFile(path, "utf8")) as Value) : null;
  }

  async write(name: string, value: unknown): Promise<void> {
    await writeFile(join(this.path, name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  }
}
