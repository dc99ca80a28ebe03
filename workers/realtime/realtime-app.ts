/**
 * The door for WebSockets. It verifies who comes and opens a connection of its own to the object: nothing that a client
 * sends, headers included, reaches an object as it is.
 */
import * as z from "zod";
import { STREAMS_MAX } from "#domain/accounts/products.ts";
import { roleMeetsPolicy } from "#domain/accounts/roles.ts";
import {
  STREAM_SESSION_HEADER,
  STREAM_SUBPROTOCOL,
  STREAMS_MAX_HEADER,
} from "#durable-objects/listeners/stream-protocol.ts";
import { PLAYLIST_SUBPROTOCOL, WATCHER_ACCOUNT_HEADER } from "#durable-objects/playlists/playlist-protocol.ts";
import { JWKS_PATH, type Principal, verifierByEnv } from "#workers/shared/auth/access-token.ts";
import { createRouteBinder } from "#workers/shared/http/bind-routes.ts";
import { getHealth, getReadiness } from "#workers/shared/http/health-contract.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { checkReadiness } from "#workers/shared/http/readiness.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams, streamSessionSchema } from "#workers/shared/http/wire-schemas.ts";

/** Browsers cannot set headers on a WebSocket: a token comes as a subprotocol that starts like this. */
const BEARER_SUBPROTOCOL_PREFIX = "bearer.";

/** Public lists are open to all; of others, only the owner and collaborators learn that they exist. */
export const watchPlaylist = defineRoute({
  method: "get",
  path: "/v1/playlists/:id/live",
  policy: "public",
  summary: "A WebSocket that tells each edit of a playlist as it is made",
  params: idParams,
  responses: { 101: null },
});

export const followStream = defineRoute({
  method: "get",
  path: "/v1/me/stream",
  policy: "listener",
  summary: "A WebSocket of one player: its sign of life, and the word that another device has taken over",
  query: z.object({ session_id: streamSessionSchema }),
  responses: { 101: null },
});

export const realtimeRoutes = createRouteBinder<RealtimeEnv>({
  worker: "realtime",
  verifier: verifierByEnv((env, request) => env.API.fetch(request)),
});

export const realtimeApp = realtimeRoutes.app;

// Before the binder looks for a token, so that one rule judges it wherever it came from.
for (const { path } of [watchPlaylist, followStream]) {
  realtimeRoutes.app.use(path, async (context, next) => {
    context.req.raw = withBearerOfSubprotocol(context.req.raw);
    await next();
  });
}

realtimeRoutes.bind(watchPlaylist, ({ params, principal }, context) => {
  requireHandshake(context.req.raw, PLAYLIST_SUBPROTOCOL);
  return openWatch(context.env, params.id, principal);
});

realtimeRoutes.bind(followStream, ({ query, principal }, context) => {
  requireHandshake(context.req.raw, STREAM_SUBPROTOCOL);
  return openStream(context.env, query.session_id, principal);
});

realtimeRoutes.bind(getHealth, (_input, context) => context.json({ status: "ok", worker: "realtime" }));

realtimeRoutes.bind(getReadiness, async (_input, context) => {
  const readiness = await checkReadiness("realtime", {
    keys: () => readKeySet(context.env),
    playlists: () => context.env.PLAYLISTS.getByName("readiness").ping(),
  });
  return context.json(readiness, readiness.status === "ok" ? 200 : 503);
});

function requireHandshake(request: Request, subprotocol: string): void {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new ProblemError("bad-request", {
      detail: "This address answers WebSocket handshakes only.",
      headers: { upgrade: "websocket" },
    });
  }
  if (!subprotocolsOf(request).includes(subprotocol)) {
    throw new ProblemError("bad-request", { detail: `Offer the subprotocol ${subprotocol}.` });
  }
}

async function openStream(env: RealtimeEnv, sessionId: string, principal: Principal): Promise<Response> {
  const headers = new Headers({
    upgrade: "websocket",
    "sec-websocket-protocol": STREAM_SUBPROTOCOL,
    [STREAM_SESSION_HEADER]: sessionId,
    [STREAMS_MAX_HEADER]: String(STREAMS_MAX[principal.product]),
  });
  const answer = await env.LISTENERS.getByName(principal.accountId).fetch("https://listeners.internal/", { headers });
  if (answer.status === 101) return answer;
  if (answer.status !== 503) throw new Error(`a listener's object answered a handshake with ${answer.status}`);
  throw new ProblemError("unavailable", { detail: "As many players of this account are connected as can be." });
}

async function openWatch(env: RealtimeEnv, playlistId: string, principal: Principal | null): Promise<Response> {
  const headers = new Headers({ upgrade: "websocket", "sec-websocket-protocol": PLAYLIST_SUBPROTOCOL });
  // A job's credential is nobody's: it sees what the public sees.
  if (principal !== null && roleMeetsPolicy(principal.role, "listener")) {
    headers.set(WATCHER_ACCOUNT_HEADER, principal.accountId);
  }
  const answer = await env.PLAYLISTS.getByName(playlistId).fetch("https://playlists.internal/", { headers });
  switch (answer.status) {
    case 101:
      return answer;
    case 404:
      throw new ProblemError("not-found");
    case 503:
      throw new ProblemError("unavailable", { detail: "As many watch this playlist as can at a time." });
    default:
      throw new Error(`a playlist answered a handshake with ${answer.status}`);
  }
}

function subprotocolsOf(request: Request): string[] {
  const header = request.headers.get("sec-websocket-protocol") ?? "";
  return header.split(",").map((name) => name.trim());
}

/** The request with the token that its subprotocols carry as the header it stands for. A header given stays. */
function withBearerOfSubprotocol(request: Request): Request {
  const offered = subprotocolsOf(request).find((name) => name.startsWith(BEARER_SUBPROTOCOL_PREFIX));
  if (offered === undefined || request.headers.has("authorization")) return request;
  const token = offered.slice(BEARER_SUBPROTOCOL_PREFIX.length);
  // As a header it would read as no credential at all.
  if (token === "") throw new ProblemError("unauthenticated", { headers: { "www-authenticate": "Bearer" } });
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${token}`);
  return new Request(request, { headers });
}

async function readKeySet(env: RealtimeEnv): Promise<void> {
  const answer = await env.API.fetch(`https://api.internal${JWKS_PATH}`);
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the key set is answered with ${answer.status}`);
}
