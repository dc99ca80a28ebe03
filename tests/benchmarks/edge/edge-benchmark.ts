/**
 * What the edge's checks cost: 256 KiB ranges of signed renditions from the edge as it is deployed, against the same
 * ranges from a Worker that checks nothing, from nginx behind its own signed URLs and from supysonic. EdgeSonic, which
 * is a Worker as well, is not run: it is published neither on npm nor by Debian.
 */
import { type Benchmark, interleavedRounds } from "../benchmark.ts";
import { LoadGenerator, type LoadSample } from "../load.ts";
import type { LoadJob } from "../load-protocol.ts";
import { untilIdle } from "../process-cpu.ts";
import { gzipKilobytes } from "../worker-bundle.ts";
import { figuresOf, type Samples } from "./edge-figures.ts";
import { COUNTRY, type EdgeSystem, type Rendition, startEdgeSystem } from "./edge-system.ts";
import { Listeners, RANGE_BYTES } from "./listeners.ts";
import { startNginx } from "./nginx.ts";
import { type StartRival, startOrExplain } from "./rival.ts";
import { measureStartupMs } from "./startup.ts";
import { startSupysonic } from "./supysonic.ts";

const EDGE_ENTRY = "workers/edge/index.ts";
const CONNECTIONS = 16;
/** Many short rounds: what else the machine does then falls on few of them, and the median leaves those out. */
const ROUND_MS = 500;
const CACHED_ROUNDS = 31;
const BUCKET_ROUNDS = 21;
const RIVAL_ROUNDS = 15;
/** Where the platform would say that the listener is. */
const COUNTRY_HEADERS = { "mf-cf-blob": JSON.stringify({ country: COUNTRY }) };

/** Ranges by many listeners from one server, for a round. */
type Play = () => Promise<LoadSample>;

export const edgeBenchmark: Benchmark = {
  name: "edge",
  summary: "what token, rights and range handling cost on top of a bare range, and against nginx (two minutes)",
  async run(progress) {
    progress("Starting the edge and a bare Worker in workerd.");
    await using system = await startEdgeSystem(EDGE_ENTRY);
    using generator = new LoadGenerator();
    const { ports, pid, signedPath, edgeScript } = system;
    const player = (server: { port: number; pid: number }, pathOf: (rendition: Rendition) => Promise<string>): Play => {
      const listeners = new Listeners(system, pathOf);
      return () => listeners.play((requests) => generator.measure(jobFor(server.port, requests), server.pid));
    };
    await warmCaches(system);
    progress(`Ranges from the cache: ${CACHED_ROUNDS} rounds.`);
    const edge = player({ port: ports.edge, pid }, signedPath);
    const bare = player({ port: ports.bare, pid }, async ({ key }) => `/cache/${key}`);
    const cached = await interleavedRounds(CACHED_ROUNDS, { edge, other: bare });
    await warmUncached(system);
    progress(`Ranges from the bucket: ${BUCKET_ROUNDS} rounds.`);
    const bucket = await interleavedRounds(BUCKET_ROUNDS, {
      edge: player({ port: ports.uncachedEdge, pid }, signedPath),
      other: player({ port: ports.bare, pid }, async ({ key }) => `/bucket/${key}`),
    });
    const against = async (name: string, start: StartRival): Promise<Samples | null> => {
      await using rival = await startOrExplain(name, start, system.renditions, progress);
      if (rival === null) return null;
      const other = player(rival, rival.pathOf);
      await other();
      progress(`Ranges from ${name}: ${RIVAL_ROUNDS} rounds.`);
      // Awaited here: the rival ends with this block.
      return await interleavedRounds(RIVAL_ROUNDS, { edge, other });
    };
    const nginx = await against("nginx", startNginx);
    const supysonic = await against("supysonic", startSupysonic);
    progress("Loading the edge into fresh isolates.");
    const startupMs = await measureStartupMs(edgeScript);
    return figuresOf({ cached, bucket, nginx, supysonic, startupMs, bundleKb: gzipKilobytes(edgeScript) });
  },
};

function jobFor(port: number, requests: LoadJob["requests"]): LoadJob {
  return {
    port,
    connections: CONNECTIONS,
    durationMs: ROUND_MS,
    headers: COUNTRY_HEADERS,
    requests,
    expected: { status: 206, sizeBytes: RANGE_BYTES },
  };
}

const WARMING_ATTEMPTS_MAX = 100;
const WARMING_PAUSE_MS = 50;

/** Until every rendition comes from the cache of both Workers. */
async function warmCaches({ ports, renditions, signedPath }: EdgeSystem): Promise<void> {
  for (const rendition of renditions) {
    await untilCached(ports.edge, await signedPath(rendition), isHit);
    await untilCached(ports.bare, `/cache/${rendition.key}`, (answer) => answer.status === 206);
  }
}

/**
 * The edge stops asking a cache that keeps nothing, for a minute, once three fills in a row have left nothing there;
 * where there is none, as on workers.dev, that is the edge's usual state. Each rendition begins a fill here.
 */
async function warmUncached({ ports, pid, renditions, signedPath }: EdgeSystem): Promise<void> {
  const assertMisses = async () => {
    for (const rendition of renditions) {
      const answer = await askOneByte(ports.uncachedEdge, await signedPath(rendition));
      if (!isMiss(answer)) throw new Error("the edge without a cache did not answer from the bucket");
    }
  };
  await assertMisses();
  // Fills outlive the answers that began them.
  await untilIdle(pid);
  await assertMisses();
}

async function untilCached(port: number, path: string, isCached: (answer: Response) => boolean): Promise<void> {
  for (let attempt = 0; attempt < WARMING_ATTEMPTS_MAX; attempt++) {
    if (isCached(await askOneByte(port, path))) return;
    await new Promise((resolve) => setTimeout(resolve, WARMING_PAUSE_MS));
  }
  throw new Error(`${path.split("?")[0]} did not get into the cache`);
}

async function askOneByte(port: number, path: string): Promise<Response> {
  const headers = { range: "bytes=0-0", ...COUNTRY_HEADERS };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  await answer.arrayBuffer();
  return answer;
}

function isHit({ headers }: Response): boolean {
  return headers.get("server-timing")?.includes("cache;desc=hit") === true;
}

function isMiss({ status, headers }: Response): boolean {
  return status === 206 && headers.get("server-timing")?.includes("cache;desc=miss") === true;
}
