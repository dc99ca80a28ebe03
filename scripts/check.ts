/** `npm run check`: what every commit passes. Format and lint, types, generated Envs, and the shape of the tree. */
import { spawn } from "node:child_process";

const CHECKS = [
  { name: "biome", command: ["biome", "check", "--error-on-warnings"] },
  { name: "types of Workers", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "types of jobs and scripts", command: ["tsc", "-p", "tsconfig.node.json"] },
  { name: "types of the player", command: ["tsc", "-p", "player/tsconfig.json"] },
  { name: "generated Env types", command: ["node", "scripts/types.ts", "--check"] },
  { name: "structure", command: ["vitest", "run", "--project", "node", "tests/structure"] },
] as const;

let failed = 0;
for (const { name, command } of CHECKS) {
  const startedAt = performance.now();
  const { code, output } = await run(command);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${code === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
  if (code === 0) continue;
  failed += 1;
  console.log(output);
}
process.exitCode = failed === 0 ? 0 : 1;

function run([command, ...args]: readonly [string, ...string[]]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
