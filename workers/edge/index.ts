import { problemResponse } from "#workers/shared/http/problem.ts";
import { logFailure, logRequest, REQUEST_ID_HEADER } from "#workers/shared/http/request-log.ts";
import { allowedOrigin, preflightAnswer, varyingByOrigin, withCors } from "./cors.ts";
import { EdgeRequest } from "./edge-request.ts";
import { type EdgeRoute, edgeRouteOf } from "./edge-routes.ts";
import { calleeOf, forward, ownersRequest } from "./forward/forward.ts";
import { ADDRESS_LIMIT, takeAddressTurn, tooMany } from "./limits/rate-limits.ts";
import { requestTarget } from "./request-target.ts";

export default {
  fetch(request: Request, env: EdgeEnv, ctx: ExecutionContext): Response | Promise<Response> {
    const receivedAtMs = Date.now();
    const turn = takeAddressTurn(request, receivedAtMs);
    if (turn?.allowed === false) return tooMany(ADDRESS_LIMIT, turn);
    const asked = new EdgeRequest(request, env, ctx, { target: requestTarget(request.url), receivedAtMs });
    return env.CORS_ORIGINS === "" ? answerOf(asked) : answerForOrigin(asked);
  },
} satisfies ExportedHandler<EdgeEnv>;

async function answerForOrigin(asked: EdgeRequest): Promise<Response> {
  const { request, env } = asked;
  const origin = allowedOrigin(request, env.CORS_ORIGINS);
  if (origin === null) return varyingByOrigin(await answerOf(asked));
  return preflightAnswer(request, origin) ?? withCors(await answerOf(asked), origin);
}

function answerOf(asked: EdgeRequest): Promise<Response> {
  const { request, env, target } = asked;
  const route = edgeRouteOf(target.path);
  if (route !== null) return routeAnswer(asked, route);
  const owners = ownersRequest(request, target.path);
  if (owners !== null) return forward(owners, env, "INGEST");
  const callee = calleeOf(target.path);
  return callee === null ? servePlayerFile(request, env, target.path) : forward(request, env, callee);
}

async function routeAnswer(asked: EdgeRequest, route: EdgeRoute): Promise<Response> {
  let response: Response;
  try {
    response = await route.handle(asked);
  } catch (error) {
    logFailure("edge", asked.id, error);
    response = problemResponse("unavailable", {
      detail: `Try again. If it lasts, tell us this request id: ${asked.id}`,
      headers: { "retry-after": "2" },
    });
  }
  if (route.logged === "all" || response.status >= 400) logAnswer(asked, route, response);
  return response;
}

/** The answer says under which name the log has it. */
function logAnswer({ id, request, receivedAtMs }: EdgeRequest, route: EdgeRoute, { headers, status }: Response): void {
  headers.set(REQUEST_ID_HEADER, id);
  const durationMs = Date.now() - receivedAtMs;
  logRequest({ worker: "edge", requestId: id, method: request.method, route: route.path, status, durationMs });
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
