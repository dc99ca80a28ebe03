/**
 * Writes workers/<name>/env.gen.d.ts from each wrangler.toml, so that a binding is declared in one place.
 * With --check it writes nothing and fails where a file is not what would be written.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { runCommand } from "./run-command.ts";
import { WORKERS } from "./workers.ts";

const run = promisify(execFile);

await runCommand("types", main);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const scratch = await mkdtemp(join(tmpdir(), "rimshot-types-"));
  try {
    const stale: string[] = [];
    for (const worker of WORKERS) {
      const path = `workers/${worker.name}/env.gen.d.ts`;
      const wanted = await generate(worker, scratch);
      const present = await readFile(path, "utf8").catch(() => "");
      if (present === wanted) continue;
      stale.push(path);
      if (!values.check) await writeFile(path, wanted);
    }
    if (values.check && stale.length > 0) throw new Error(`out of date: ${stale.join(", ")}. Run: npm run types`);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function generate(worker: (typeof WORKERS)[number], scratch: string): Promise<string> {
  const raw = join(scratch, `${worker.name}.d.ts`);
  const others = WORKERS.filter((other) => other !== worker).flatMap((other) => ["-c", other.config]);
  const flags = ["--env-interface", worker.envInterface, "--include-runtime=false"];
  await run("wrangler", ["types", raw, "--strict-vars=false", "-c", worker.config, ...others, ...flags], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  return envInterface(await readFile(raw, "utf8"), worker);
}

/**
 * The bindings alone: the rest of the file declares globals, which five Workers in one program cannot each have.
 * Paths in it lead from the scratch folder and are turned to lead from the Worker's.
 */
function envInterface(generated: string, worker: (typeof WORKERS)[number]): string {
  const block = new RegExp(`interface __BaseEnv_${worker.envInterface} \\{\\n([\\s\\S]*?)\\n\\}`).exec(generated)?.[1];
  if (block === undefined) throw new Error(`wrangler wrote no Env for ${worker.name}`);
  const bindings = block
    .replaceAll(/import\("[^"]*\/workers\/(\w+)\/index"\)/g, 'import("../$1/index.ts")')
    .replaceAll("\t", "  ");
  return `// Written by \`npm run types\` from ${worker.config}.\ninterface ${worker.envInterface} {\n${bindings}\n}\n`;
}
