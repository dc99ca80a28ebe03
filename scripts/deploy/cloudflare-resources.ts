/** The databases, stores, buckets and queues that the Workers name, found in the account or made there. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Unstable_RawConfig } from "wrangler";

const run = promisify(execFile);
const OUTPUT_BYTES_MAX = 16 * 1024 ** 2;

export async function wrangler(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("wrangler", [...args], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" },
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return stdout;
}

/** Cloudflare's codes for a Worker that the account does not have; wrangler prints them with the API's refusal. */
const NO_SUCH_WORKER = /\[code: (?:10007|10090)\]/;

/** `failure` is what a call of `wrangler` was rejected with. Any other failure says nothing about the Worker. */
export function isMissingWorker(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false;
  const { stdout, stderr } = failure as Error & { readonly stdout?: string; readonly stderr?: string };
  return NO_SUCH_WORKER.test(`${stdout ?? ""}\n${stderr ?? ""}`);
}

export interface ResourceIds {
  readonly databases: ReadonlyMap<string, string>;
  readonly namespaces: ReadonlyMap<string, string>;
}

/** Makes what is missing; what is there is left as it is. The ids are the account's, by our names. */
export async function ensureResources(configs: readonly Unstable_RawConfig[]): Promise<ResourceIds> {
  const names = (pick: (config: Unstable_RawConfig) => readonly (string | undefined)[]) =>
    [...new Set(configs.flatMap(pick))].filter((name) => name !== undefined);
  const databases = await ensureListed(
    names((config) => (config.d1_databases ?? []).map((database) => database.database_name)),
    async () => JSON.parse(await wrangler("d1", "list", "--json")) as { name: string; uuid: string }[],
    ({ name, uuid }) => [name, uuid],
    (name) => wrangler("d1", "create", name),
  );
  // Locally a namespace's id is the name it has in the account.
  const namespaces = await ensureListed(
    names((config) => (config.kv_namespaces ?? []).map((namespace) => namespace.id)),
    async () => JSON.parse(await wrangler("kv", "namespace", "list")) as { title: string; id: string }[],
    ({ title, id }) => [title, id],
    (name) => wrangler("kv", "namespace", "create", name),
  );
  for (const bucket of names((config) => (config.r2_buckets ?? []).map(({ bucket_name }) => bucket_name))) {
    await unlessThere(wrangler("r2", "bucket", "create", bucket));
  }
  const queues = names((config) => [
    ...(config.queues?.producers ?? []).map(({ queue }) => queue),
    ...(config.queues?.consumers ?? []).flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]),
  ]);
  for (const queue of queues) await unlessThere(wrangler("queues", "create", queue));
  return { databases, namespaces };
}

async function ensureListed<Row>(
  names: readonly string[],
  list: () => Promise<readonly Row[]>,
  idOf: (row: Row) => readonly [string, string],
  create: (name: string) => Promise<unknown>,
): Promise<ReadonlyMap<string, string>> {
  const known = new Map((await list()).map(idOf));
  const missing = names.filter((name) => !known.has(name));
  for (const name of missing) await create(name);
  return missing.length === 0 ? known : new Map((await list()).map(idOf));
}

async function unlessThere(creation: Promise<unknown>): Promise<void> {
  await creation.catch((error: unknown) => {
    if (!/already (exists|taken|own)/i.test(String(error))) throw error;
  });
}

/** A config with the account's ids in the places of the local ones. */
export function withResourceIds(config: Unstable_RawConfig, ids: ResourceIds): Unstable_RawConfig {
  return {
    ...config,
    ...(config.d1_databases === undefined
      ? {}
      : {
          d1_databases: config.d1_databases.map((database) => ({
            ...database,
            database_id: required(ids.databases, database.database_name),
          })),
        }),
    ...(config.kv_namespaces === undefined
      ? {}
      : {
          kv_namespaces: config.kv_namespaces.map((namespace) => ({
            ...namespace,
            id: required(ids.namespaces, namespace.id),
          })),
        }),
  };
}

function required(ids: ReadonlyMap<string, string>, name: string | undefined): string {
  const id = name === undefined ? undefined : ids.get(name);
  if (id === undefined) throw new Error(`the account has no ${name}`);
  return id;
}
