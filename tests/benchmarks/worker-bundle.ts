/** A Worker as `npm run deploy` uploads it: one module, with the bundler and options of wrangler deploy --minify. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export async function bundleWorker(entryPoint: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2024",
    keepNames: false,
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    define: { "navigator.userAgent": '"Cloudflare-Workers"', "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error(`${entryPoint} bundled to nothing`);
  return bundle.text;
}

export function gzipKilobytes(script: string): number {
  return gzipSync(script, { level: 9 }).length / 1_024;
}
