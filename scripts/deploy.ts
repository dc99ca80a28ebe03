/** `npm run deploy`: all five Workers to Cloudflare, callees first, the edge last. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { experimental_readRawConfig, type Unstable_RawConfig } from "wrangler";
import { ensureResources, withResourceIds, wrangler } from "./deploy/cloudflare-resources.ts";
import { developmentSecrets } from "./development-secrets.ts";
import { buildPlayer } from "./start/build-player.ts";
import { DATABASES, WORKERS } from "./workers.ts";

const HELP = `Deploys Rimshot to the Cloudflare account that wrangler is signed in to (wrangler login).

  npm run deploy -- [options]

  --dry-run           bundle all five Workers, print their sizes, upload nothing
  --secrets FILE      JSON of the secrets, needed at the first deploy and to change them
  --make-secrets FILE write new secrets to FILE and stop; keep it safe and out of the repository
  --help              this text

Databases, namespaces, buckets and queues that are missing are made, and migrations applied before any Worker.`;

const { values } = parseArgs({
  options: {
    "dry-run": { type: "boolean", default: false },
    secrets: { type: "string" },
    "make-secrets": { type: "string" },
    help: { type: "boolean", default: false },
  },
});

type WorkerEntry = (typeof WORKERS)[number];

if (values.help) console.log(HELP);
else if (values["make-secrets"] !== undefined) await makeSecrets(values["make-secrets"]);
else if (values["dry-run"]) await dryRun();
else await deploy();

async function makeSecrets(path: string): Promise<void> {
  if (existsSync(path)) throw new Error(`${path} is there already; secrets that are in use must not be lost`);
  await writeFile(path, `${JSON.stringify(developmentSecrets(), null, 2)}\n`, { mode: 0o600 });
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

async function deploy(): Promise<void> {
  await buildPlayer();
  const configs = new Map(WORKERS.map((worker) => [worker, readConfig(worker)] as const));
  const ids = await ensureResources([...configs.values()]);
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
    if (values.secrets !== undefined) await deployPlaceholderApi();
    for (const [worker, config] of configs) await deployWorker(worker, config, resolved.get(worker.config) ?? "");
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
    () => false,
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

/** A Worker gets the secrets it declares and no other. */
async function deployWorker(worker: WorkerEntry, config: Unstable_RawConfig, path: string): Promise<void> {
  console.log(`deploying ${worker.name}`);
  const scratch = await mkdtemp(join(tmpdir(), "rimshot-secrets-"));
  try {
    const args = ["deploy", "-c", path, "--minify"];
    const names = config.secrets?.required ?? [];
    if (values.secrets !== undefined && names.length > 0) {
      const all = JSON.parse(await readFile(values.secrets, "utf8")) as Record<string, string>;
      const own = join(scratch, "secrets.json");
      await writeFile(own, JSON.stringify(Object.fromEntries(names.map((name) => [name, all[name]]))), { mode: 0o600 });
      args.push("--secrets-file", own);
    }
    console.log(await wrangler(...args));
  } finally {
    await rm(scratch, { recursive: true });
  }
}
