/** `npm run deploy`: all five Workers to Cloudflare, callees first, the edge last. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { experimental_readRawConfig, type Unstable_RawConfig } from "wrangler";
import { ensureBucketRules } from "./deploy/bucket-rules.ts";
import { ensureResources, isMissingWorker, withResourceIds, wrangler } from "./deploy/cloudflare-resources.ts";
import { readSecrets, type Secrets, secretsOf } from "./deploy/worker-secrets.ts";
import { freshSecrets } from "./fresh-secrets.ts";
import { runCommand } from "./run-command.ts";
import { buildPlayer } from "./start/build-player.ts";
import { DATABASES, WORKERS } from "./workers.ts";

const HELP = `Deploys Rimshot to the Cloudflare account that wrangler is signed in to (wrangler login).

  npm run deploy -- [options]

  --dry-run           bundle all five Workers, print their sizes, upload nothing
  --secrets FILE      JSON of the secrets, needed at the first deploy and to change them
  --make-secrets FILE write new secrets to FILE and stop; keep it safe and out of the repository
  --help              this text

Databases, namespaces, buckets with their rules, and queues that are missing are made, and migrations applied before any
Worker.`;

type WorkerEntry = (typeof WORKERS)[number];

await runCommand("deploy", main);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "dry-run": { type: "boolean", default: false },
      secrets: { type: "string" },
      "make-secrets": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else if (values["make-secrets"] !== undefined) await makeSecrets(values["make-secrets"]);
  else if (values["dry-run"]) await dryRun();
  else await deploy(values.secrets === undefined ? null : await readSecrets(values.secrets));
}

async function makeSecrets(path: string): Promise<void> {
  if (existsSync(path)) throw new Error(`${path} is there already; secrets that are in use must not be lost`);
  await writeFile(path, `${JSON.stringify(freshSecrets(), null, 2)}\n`, { mode: 0o600 });
  console.log(`Wrote ${path}. Deploy with: npm run deploy -- --secrets ${path}`);
}

async function dryRun(): Promise<void> {
  await buildPlayer();
  const scratch = await mkdtemp(join(tmpdir(), "rimshot-deploy-"));
  console.log("Worker       bundle KiB   gzip KiB");
  try {
    for (const { name, config } of WORKERS) {
      const outDir = join(scratch, name);
      await wrangler("deploy", "-c", config, "--dry-run", "--minify", "--outdir", outDir);
      const { sizeBytes, gzipBytes } = await bundleSize(outDir);
      const kib = (bytes: number) => (bytes / 1024).toFixed(1).padStart(10);
      console.log(`${name.padEnd(12)} ${kib(sizeBytes)} ${kib(gzipBytes)}`);
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function bundleSize(outDir: string): Promise<{ sizeBytes: number; gzipBytes: number }> {
  const scripts = (await readdir(outDir)).filter((file) => /\.m?js$/.test(file));
  const code = Buffer.concat(await Promise.all(scripts.map((file) => readFile(join(outDir, file)))));
  return { sizeBytes: code.length, gzipBytes: gzipSync(code).length };
}

async function deploy(secrets: Secrets | null): Promise<void> {
  const configs = new Map(WORKERS.map((worker) => [worker, readConfig(worker)] as const));
  // Before anything is changed: a secret that is missing is found out now, not between two Workers.
  const ownSecrets = new Map(
    [...configs].map(([{ name }, { secrets: declared }]) => {
      return [name, secrets === null ? {} : secretsOf(name, declared?.required ?? [], secrets)] as const;
    }),
  );
  await buildPlayer();
  const ids = await ensureResources([...configs.values()]);
  await ensureBucketRules(wrangler);
  const resolved = new Map<string, string>();
  try {
    for (const [worker, config] of configs) {
      const path = join(dirname(worker.config), "wrangler.deploy.json");
      await writeFile(path, JSON.stringify(withResourceIds(config, ids)));
      resolved.set(worker.config, path);
    }
    for (const { binding, config } of DATABASES) {
      console.log(`migrating ${binding}`);
      await wrangler("d1", "migrations", "apply", binding, "--remote", "-c", resolved.get(config) ?? config);
    }
    if (secrets !== null) await deployPlaceholderApi();
    for (const { name, config } of WORKERS) {
      await deployWorker(name, resolved.get(config) ?? "", ownSecrets.get(name) ?? {});
    }
  } finally {
    for (const path of resolved.values()) await rm(path, { force: true });
  }
}

function readConfig(worker: WorkerEntry): Unstable_RawConfig {
  return experimental_readRawConfig({ config: worker.config }).rawConfig;
}

/** Needed once; later deploys find the real one and leave it. */
async function deployPlaceholderApi(): Promise<void> {
  const isThere = await wrangler("deployments", "list", "--name", "rimshot-api").then(
    () => true,
    (failure: unknown) => {
      // Any other failure leaves it open, and the real api must not be replaced.
      if (isMissingWorker(failure)) return false;
      throw failure;
    },
  );
  if (isThere) return;
  await wrangler(
    "deploy",
    "scripts/deploy/placeholder.ts",
    "--name",
    "rimshot-api",
    "--compatibility-date",
    "2026-10-01",
  );
}

async function deployWorker(name: string, configPath: string, secrets: Secrets): Promise<void> {
  console.log(`deploying ${name}`);
  const scratch = await mkdtemp(join(tmpdir(), "rimshot-secrets-"));
  try {
    const args = ["deploy", "-c", configPath, "--minify"];
    if (Object.keys(secrets).length > 0) {
      const path = join(scratch, "secrets.json");
      await writeFile(path, JSON.stringify(secrets), { mode: 0o600 });
      args.push("--secrets-file", path);
    }
    console.log(await wrangler(...args));
  } finally {
    await rm(scratch, { recursive: true });
  }
}
