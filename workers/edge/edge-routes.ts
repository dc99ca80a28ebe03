/**
 * The edge's own routes. Few and fixed, so they are a table that is read from top to bottom, not a router: the audio
 * path comes first and costs one comparison.
 */
import type { Policy } from "#domain/accounts/roles.ts";
import { checkReadiness } from "#workers/shared/http/readiness.ts";
import { serveAudio } from "./audio/serve-audio.ts";
import { serveCover } from "./covers/serve-cover.ts";
import type { EdgeRequest } from "./edge-request.ts";
import { servePrewarm } from "./prewarm/serve-prewarm.ts";

export interface EdgeRoute {
  /** A path, or a prefix where it ends in a slash. */
  readonly path: string;
  readonly policy: Policy;
  /**
   * Ranges that went well are too many for a line each, and so need no id to find it by: what the line would say is in
   * the reports of deliveries.
   */
  readonly logged: "all" | "refusals";
  readonly handle: (asked: EdgeRequest) => Promise<Response> | Response;
}

const NO_STORE = { "cache-control": "no-store" } as const;

export const EDGE_ROUTES: readonly EdgeRoute[] = [
  { path: "/audio/", policy: "signed", logged: "refusals", handle: serveAudio },
  { path: "/prewarm/", policy: "signed", logged: "all", handle: servePrewarm },
  { path: "/covers/", policy: "public", logged: "all", handle: serveCover },
  { path: "/healthz", policy: "public", logged: "all", handle: health },
  { path: "/readyz", policy: "public", logged: "all", handle: ({ env }) => readiness(env) },
];

export function edgeRouteOf(requested: string): EdgeRoute | null {
  for (const route of EDGE_ROUTES) {
    if (route.path.endsWith("/") ? requested.startsWith(route.path) : requested === route.path) return route;
  }
  return null;
}

function health(): Response {
  return Response.json({ status: "ok", worker: "edge" }, { headers: NO_STORE });
}

/** Anybody may ask, and each answer asks all Workers and some objects: an isolate finds out once in this time. */
const READINESS_KEPT_MS = 5_000;

interface KnownReadiness {
  readonly askedAt: number;
  readonly checked: ReturnType<typeof checkAll>;
}

const readinessByEnv = new WeakMap<EdgeEnv, KnownReadiness>();

async function readiness(env: EdgeEnv): Promise<Response> {
  const nowMs = Date.now();
  let known = readinessByEnv.get(env);
  if (known === undefined || nowMs - known.askedAt >= READINESS_KEPT_MS) {
    known = { askedAt: nowMs, checked: checkAll(env) };
    readinessByEnv.set(env, known);
  }
  const checked = await known.checked;
  return Response.json(checked, { status: checked.status === "ok" ? 200 : 503, headers: NO_STORE });
}

/** What of the whole service is degraded, as seen from here. Audio needs a bucket or a cache, and no more. */
function checkAll(env: EdgeEnv) {
  const ready = (callee: "API" | "INGEST" | "REALTIME" | "ACCOUNTING") => async () => {
    const answer = await env[callee].fetch(new Request("https://worker.internal/readyz"));
    if (!answer.ok) throw new Error(`${callee} is degraded`);
  };
  return checkReadiness("edge", {
    renditions: () => env.RENDITIONS.head("readiness"),
    rights: () => env.RIGHTS.get("readiness"),
    api: ready("API"),
    ingest: ready("INGEST"),
    realtime: ready("REALTIME"),
    accounting: ready("ACCOUNTING"),
  });
}
