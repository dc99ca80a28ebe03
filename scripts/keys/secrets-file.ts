/** The file that a deployment's secrets were set from: the only copy of the keys, and changed by one run at a time. */
import { type FileHandle, open, realpath, rename, rm, writeFile } from "node:fs/promises";
import { readSecrets, type Secrets } from "../deploy/worker-secrets.ts";

export class SecretsFile implements AsyncDisposable {
  readonly #path: string;
  readonly #lock: string;

  private constructor(path: string, lock: string) {
    this.#path = path;
    this.#lock = lock;
  }

  /** Throws a sentence where another run has it. */
  static async open(path: string): Promise<SecretsFile> {
    // What a link points at is changed, and the link stays.
    const real = await realpath(path);
    const lock = `${real}.lock`;
    let handle: FileHandle;
    try {
      handle = await open(lock, "wx", 0o600);
    } catch {
      throw new Error(`another rotation works on ${path}. If none does, delete ${lock} and try again`);
    }
    await handle.close();
    return new SecretsFile(real, lock);
  }

  read(): Promise<Secrets> {
    return readSecrets(this.#path);
  }

  /** Whole or not at all. A name without a value is taken out. */
  async change(changes: Readonly<Record<string, string | null>>): Promise<void> {
    const changed = Object.entries({ ...(await this.read()), ...changes }).filter(([, value]) => value !== null);
    const next = `${this.#path}.new`;
    // One that was left there keeps its own mode.
    await rm(next, { force: true });
    await writeFile(next, `${JSON.stringify(Object.fromEntries(changed), null, 2)}\n`, { mode: 0o600 });
    await rename(next, this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#lock, { force: true });
  }
}
