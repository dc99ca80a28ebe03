import { problemResponse } from "#workers/shared/http/problem.ts";
import { logFailure, logRequest, REQUEST_ID_HEADER, requestIdOf } from "#workers/shared/http/request-log.ts";
import { allowedOrigin, preflightAnswer, varyingByOrigin, withCors } from "./cors.ts";
import { type EdgeRoute, edgeRouteOf } from "./edge-routes.ts";
import { calleeOf, forward, ownersRequest } from "./forward/forward.ts";
import { ADDRESS_LIMIT, takeAddressTurn, tooMany } from "./limits/rate-limits.ts";
import { type RequestTarget, requestTarget } from "./request-target.ts";

export default {
  fetch(request: Request, env: EdgeEnv, ctx: ExecutionContext): Response | Promise<Response> {
    const receivedAt = Date.now();
    const turn = takeAddressTurn(request, receivedAt);
    if (turn?.allowed === false) return tooMany(ADDRESS_LIMIT, turn);
    const received = { request, env, ctx, receivedAt };
    return env.CORS_ORIGINS === "" ? answerOf(received) : answerForOrigin(received);
  },
} satisfies ExportedHandler<EdgeEnv>;

interface Received {
  readonly request: Request;
  readonly env: EdgeEnv;
  readonly ctx: ExecutionContext;
  readonly receivedAt: number;
}

async function answerForOrigin(received: Received): Promise<Response> {
  const { request, env } = received;
  const origin = allowedOrigin(request, env.CORS_ORIGINS);
  if (origin === null) return varyingByOrigin(await answerOf(received));
  return preflightAnswer(request, origin) ?? withCors(await answerOf(received), origin);
}

function answerOf(received: Received): Promise<Response> {
  const { request, env } = received;
  const target = requestTarget(request.url);
  const route = edgeRouteOf(target.path);
  if (route !== null) return routeAnswer(received, target, route);
  const owners = ownersRequest(request, target.path);
  if (owners !== null) return forward(owners, env, "INGEST");
  const callee = calleeOf(target.path);
  return callee === null ? servePlayerFile(request, env, target.path) : forward(request, env, callee);
}

async function routeAnswer(
  { request, env, ctx, receivedAt }: Received,
  target: RequestTarget,
  route: EdgeRoute,
): Promise<Response> {
  const requestId = requestIdOf(request);
  let response: Response;
  try {
    response = await route.handle(request, env, ctx, target, requestId);
  } catch (error) {
    logFailure("edge", requestId, error);
    response = problemResponse("unavailable", {
      detail: `Try again. If it lasts, tell us this request id: ${requestId}`,
      headers: { "retry-after": "2" },
    });
  }
  const { status } = response;
  if (route.logged === "all" || status >= 400) {
    response.headers.set(REQUEST_ID_HEADER, requestId);
    const durationMs = Date.now() - receivedAt;
    logRequest({ worker: "edge", requestId, method: request.method, route: route.path, status, durationMs });
  }
  return response;
}

/**
 * A file of an older build is gone. The page that stands in for the player's own paths must not stand in for it: it
 * would be kept as that script for as long as the script was to be kept.
 */
async function servePlayerFile(request: Request, env: EdgeEnv, path: string): Promise<Response> {
  const answer = await env.ASSETS.fetch(request);
  const isPage = answer.headers.get("content-type")?.startsWith("text/html") === true;
  return path.startsWith("/assets/") && isPage ? problemResponse("not-found") : answer;
}
