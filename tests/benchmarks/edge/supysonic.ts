/**
 * supysonic, a Subsonic server in Python as Debian packages it: a user's name and password in each request, looked up
 * in SQLite, as is the song. Its songs are real ones of at least a rendition's size, since it only serves what it has
 * scanned; which bytes they are makes no difference to it.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { RENDITION_BYTES, type Rendition } from "./edge-system.ts";
import type { Rival } from "./rival.ts";
import { freePort, programOnPath, ServerProcess, TemporaryFolder } from "./server-process.ts";

const START_MS = 20_000;
const USER = "bench";
/** Noise in FLAC hardly shrinks: this is about 6 MB. */
const SONG_SECONDS = 45;

const run = promisify(execFile);

export async function startSupysonic(
  renditions: readonly Rendition[],
  progress: (line: string) => void,
): Promise<Rival | null> {
  const [cli, program] = [programOnPath("supysonic-cli"), programOnPath("supysonic-server")];
  if (cli === null || program === null) return null;
  const signal = AbortSignal.timeout(START_MS);
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await TemporaryFolder.make()).path;
  const password = randomBytes(16).toString("hex");
  await makeLibrary({ cli, folder, password, songs: renditions.length, signal });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = resources.use(await startServer({ program, folder, port, signal, progress }));
  const credentials = new URLSearchParams({ u: USER, p: password, v: "1.8.0", c: "bench" });
  const songs = await findSongs(origin, credentials, signal);
  const pathOf = (rendition: Rendition) => {
    const song = songs[renditions.indexOf(rendition) % songs.length] ?? "";
    return `/rest/stream.view?${credentials}&id=${song}&format=raw`;
  };
  await assertItChecks(origin, renditions.map(pathOf), signal);
  const running = resources.move();
  return {
    pid: server.pid,
    port,
    pathOf: async (rendition) => pathOf(rendition),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface Library {
  readonly cli: string;
  readonly folder: string;
  readonly password: string;
  readonly songs: number;
  readonly signal: AbortSignal;
}

async function makeLibrary({ cli, folder, password, songs, signal }: Library): Promise<void> {
  const music = join(folder, "music");
  await mkdir(music);
  const song = join(music, "0.flac");
  const noise = ["-f", "lavfi", "-i", `anoisesrc=duration=${SONG_SECONDS}:sample_rate=44100`];
  await run(ffmpegPath(), ["-v", "error", ...noise, "-metadata", "title=Noise", song], { signal });
  const { size: sizeBytes } = await stat(song);
  if (sizeBytes < RENDITION_BYTES) throw new Error(`a song of ${sizeBytes} bytes has too few ranges`);
  for (let copy = 1; copy < songs; copy++) await copyFile(song, join(music, `${copy}.flac`));
  await writeFile(join(folder, "supysonic.conf"), configOf(folder));
  const options = { cwd: folder, env: { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder }, signal };
  await run(cli, ["user", "add", USER, "-p", password], options);
  await run(cli, ["folder", "add", "music", music], options);
  await run(cli, ["folder", "scan", "--foreground", "music"], options);
}

function configOf(folder: string): string {
  return `
[base]
database_uri = sqlite:///${folder}/supysonic.db
[webapp]
cache_dir = ${folder}/cache
log_level = ERROR
[daemon]
socket = ${folder}/daemon.sock
run_watcher = no
`;
}

/** A request counts the play in the song's row, and fails where another one has counted meanwhile: one at a time. */
const ONE_AT_A_TIME = ["--processes", "1", "--threads", "1"];

/**
 * Debian's package names none of the servers that supysonic-server runs on, and brings Werkzeug along as a part of
 * Flask. Where there is no other, it serves as well: supysonic was as fast on it as on gunicorn and on waitress.
 */
const WERKZEUG = `
import logging, sys
from werkzeug.serving import run_simple
from supysonic.web import create_application
logging.getLogger("werkzeug").setLevel(logging.ERROR)
run_simple("127.0.0.1", int(sys.argv[1]), create_application(), threaded=False)
`;

interface ServerStart {
  readonly program: string;
  readonly folder: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

async function startServer({ program, folder, port, signal, progress }: ServerStart): Promise<ServerProcess> {
  const answering = async (command: string, args: readonly string[]) => {
    const server = await ServerProcess.start(command, args, folder);
    try {
      await server.untilItAnswers(`http://127.0.0.1:${port}/rest/ping.view`, signal);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  };
  try {
    return await answering(program, ["--host", "127.0.0.1", "--port", String(port), ...ONE_AT_A_TIME]);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("Couldn't load any server"))) throw error;
    progress("supysonic runs on Werkzeug: gevent, gunicorn and waitress are not installed.");
    // The interpreter that its packages are installed for is the one that its program names.
    const [, interpreter = "python3"] = /^#! *(\S+)/.exec(await readFile(program, "utf8")) ?? [];
    return answering(interpreter, ["-c", WERKZEUG, String(port)]);
  }
}

async function findSongs(origin: string, credentials: URLSearchParams, signal: AbortSignal): Promise<string[]> {
  const answer = await fetch(`${origin}/rest/getRandomSongs.view?${credentials}&f=json&size=500`, { signal });
  const text = await answer.text();
  const songs = [...text.matchAll(/"id": ?"([0-9a-f-]+)"/g)].map(([, id = ""]) => id);
  if (songs.length === 0) throw new Error(`it has no songs: ${text.slice(0, 200)}`);
  return songs;
}

/** A server that lets everybody in would be a fast one. */
async function assertItChecks(origin: string, paths: readonly string[], signal: AbortSignal): Promise<void> {
  const statusOf = async (path: string) => {
    const answer = await fetch(origin + path, { headers: { range: "bytes=0-0" }, signal });
    await answer.arrayBuffer();
    return answer.status;
  };
  for (const path of paths) {
    const status = await statusOf(path);
    if (status !== 206) throw new Error(`a song was answered with ${status}`);
    if ((await statusOf(path.replace(/p=[0-9a-f]+/, "p=wrong"))) === 206) throw new Error("it takes any password");
  }
}
