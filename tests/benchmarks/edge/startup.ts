/**
 * How long workerd takes to load the edge: the first request to an isolate that is made for it, less the same for a
 * Worker of one line. What is left is to compile the edge's module, to evaluate it and to answer for the first time.
 */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { interleavedRounds, median } from "../benchmark.ts";

const ROUNDS = 41;

/** Refused before the edge asks anything of its bindings. */
const FIRST_REQUEST = "http://startup.internal/audio/none";

const EMPTY_WORKER = "export default { fetch: () => new Response(null, { status: 404 }) };";

/** Makes a new isolate for each request, which it forwards. */
const LOADER = `
  export default {
    async fetch(request, env) {
      const name = new URL(request.url).pathname.slice(1);
      const worker = env.LOADER.get(crypto.randomUUID(), () => ({
        compatibilityDate: env.COMPATIBILITY.date,
        compatibilityFlags: env.COMPATIBILITY.flags,
        mainModule: "main.js",
        modules: { "main.js": env.SCRIPTS[name] },
        env: env.VARS,
      }));
      return worker.getEntrypoint().fetch("${FIRST_REQUEST}");
    },
  };
`;

export async function measureStartupMs(edgeScript: string): Promise<number> {
  const {
    compatibility_date: date = "",
    compatibility_flags: flags,
    vars,
  } = unstable_readConfig({
    config: "wrangler.toml",
  });
  const options = convertV4MiniflareOptions({
    name: "loader",
    modules: true,
    script: LOADER,
    compatibilityDate: date,
    bindings: { SCRIPTS: { edge: edgeScript, empty: EMPTY_WORKER }, VARS: vars, COMPATIBILITY: { date, flags } },
    workerLoaders: { LOADER: {} },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    cf: false,
    logRequests: false,
    // The edge logs what it refuses.
    handleStructuredLogs: () => undefined,
  });
  const miniflare = new Miniflare(options);
  try {
    await miniflare.ready;
    const { origin } = await miniflare.unsafeGetDirectURL("loader");
    return await addedMs(origin);
  } finally {
    await miniflare.dispose();
  }
}

async function addedMs(origin: string): Promise<number> {
  const first = (name: string) => async () => {
    const startedAt = performance.now();
    const answer = await fetch(`${origin}/${name}`);
    await answer.arrayBuffer();
    if (answer.status !== 404) throw new Error(`a fresh isolate answered with ${answer.status}`);
    return performance.now() - startedAt;
  };
  // The connection and the loader itself are warm from here on.
  await first("empty")();
  const { edge, empty } = await interleavedRounds(ROUNDS, { edge: first("edge"), empty: first("empty") });
  return median(edge.map((ms, round) => ms - (empty[round] ?? Number.NaN)));
}
