import { problemResponse } from "#workers/shared/http/problem.ts";
import { logFailure, logRequest, REQUEST_ID_HEADER, requestIdOf } from "#workers/shared/http/request-log.ts";
import { edgeRouteOf } from "./edge-routes.ts";
import { calleeOf, forward } from "./forward/forward.ts";
import { requestTarget } from "./request-target.ts";

export default {
  async fetch(request: Request, env: EdgeEnv, ctx: ExecutionContext): Promise<Response> {
    const target = requestTarget(request.url);
    const route = edgeRouteOf(target.path);
    if (route === null) {
      const callee = calleeOf(target.path);
      return callee === null ? servePlayerFile(request, env, target.path) : forward(request, env, callee);
    }
    const startedAt = performance.now();
    const requestId = requestIdOf(request);
    const response = await answerOf(() => route.handle(request, env, ctx, target, requestId), requestId);
    response.headers.set(REQUEST_ID_HEADER, requestId);
    const { status } = response;
    if (route.logged === "all" || status >= 400) {
      const durationMs = Math.round(performance.now() - startedAt);
      logRequest({ worker: "edge", requestId, method: request.method, route: route.path, status, durationMs });
    }
    return response;
  },
} satisfies ExportedHandler<EdgeEnv>;

/**
 * A file of an older build is gone. The page that stands in for the player's own paths must not stand in for it: it
 * would be kept as that script for as long as the script was to be kept.
 */
async function servePlayerFile(request: Request, env: EdgeEnv, path: string): Promise<Response> {
  const answer = await env.ASSETS.fetch(request);
  const isPage = answer.headers.get("content-type")?.startsWith("text/html") === true;
  return path.startsWith("/assets/") && isPage ? problemResponse("not-found") : answer;
}

async function answerOf(handle: () => Promise<Response> | Response, requestId: string): Promise<Response> {
  try {
    return await handle();
  } catch (error) {
    logFailure("edge", requestId, error);
    return problemResponse("unavailable", {
      detail: `Try again. If it lasts, tell us this request id: ${requestId}`,
      headers: { "retry-after": "2" },
    });
  }
}
