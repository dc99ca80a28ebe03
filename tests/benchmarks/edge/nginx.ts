/**
 * nginx with its own scheme of signed URLs: the address of a file carries when it ends and a digest of both with a
 * secret. It knows no accounts, countries or rights, and reads no store: a floor for any server of signed ranges.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Rendition } from "./edge-system.ts";
import type { Rival } from "./rival.ts";
import { freePort, programOnPath, ServerProcess, TemporaryFolder } from "./server-process.ts";

const START_MS = 10_000;
const URL_SECONDS = 3_600;

export async function startNginx(renditions: readonly Rendition[]): Promise<Rival | null> {
  const program = programOnPath("nginx");
  if (program === null) return null;
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await TemporaryFolder.make()).path;
  for (const { path, bytes } of renditions) await writeInto(join(folder, "files", path), bytes);
  const port = await freePort();
  const secret = randomBytes(16).toString("hex");
  const config = join(folder, "nginx.conf");
  await writeFile(config, configOf({ folder, port, secret }));
  const server = resources.use(await ServerProcess.start(program, ["-p", folder, "-c", config], folder));
  const origin = `http://127.0.0.1:${port}`;
  await server.untilItAnswers(origin, AbortSignal.timeout(START_MS));
  const signedPath = ({ path }: Rendition) => {
    const expires = Math.floor(Date.now() / 1_000) + URL_SECONDS;
    const digest = createHash("md5").update(`${expires}${path} ${secret}`).digest("base64url");
    return `${path}?md5=${digest}&expires=${expires}`;
  };
  await assertItChecks(origin, renditions, signedPath);
  const running = resources.move();
  return {
    pid: server.pid,
    port,
    pathOf: async (rendition) => signedPath(rendition),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function writeInto(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

/** A server that lets everybody in would be a fast one. */
async function assertItChecks(
  origin: string,
  renditions: readonly Rendition[],
  signedPath: (rendition: Rendition) => string,
): Promise<void> {
  for (const rendition of renditions) {
    const signed = signedPath(rendition);
    const altered = signed.replace(/expires=(\d+)/, (_all, expires: string) => `expires=${Number(expires) + 1}`);
    for (const [path, status] of [[signed, 206] as const, [rendition.path, 403] as const, [altered, 403] as const]) {
      const answer = await fetch(origin + path, { headers: { range: "bytes=0-0" } });
      await answer.arrayBuffer();
      if (answer.status !== status) throw new Error(`it answered with ${answer.status} where ${status} was due`);
    }
  }
}

function configOf({ folder, port, secret }: { folder: string; port: number; secret: string }): string {
  // As root, nginx would have its workers run as somebody who may not read the folder.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
    daemon off;
    ${user}
    worker_processes auto;
    pid ${folder}/nginx.pid;
    lock_file ${folder}/nginx.lock;
    error_log stderr error;
    events { worker_connections 256; }
    http {
      access_log off;
      sendfile on;
      keepalive_requests 1000000;
      ${bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n      ")}
      server {
        listen 127.0.0.1:${port};
        root ${folder}/files;
        location / {
          secure_link $arg_md5,$arg_expires;
          secure_link_md5 "$secure_link_expires$uri ${secret}";
          if ($secure_link = "") { return 403; }
          if ($secure_link = "0") { return 410; }
        }
      }
    }
  `;
}
