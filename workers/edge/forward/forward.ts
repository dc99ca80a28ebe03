/**
 * Everything that is not audio: hands the request to the Worker that answers it, over a service binding. An access token
 * that is plainly bad, and an account that asks too often, are refused here, at the POP; the Worker behind checks the
 * token again and decides.
 */
import { MANIFEST_PATH_PREFIX, MANIFEST_TOKEN_USE, type ManifestTokenClaims } from "#domain/delivery/manifest-token.ts";
import { verifyToken } from "#domain/foundation/signed-token.ts";
import { isJwt, verifierByEnv } from "#workers/shared/auth/access-token.ts";
import { bearerToken } from "#workers/shared/auth/bearer-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import { logFailure, logRequest, REQUEST_ID_HEADER, requestIdOf } from "#workers/shared/http/request-log.ts";
import { ACCOUNT_LIMIT, takeAccountTurn, tooMany } from "../limits/rate-limits.ts";
import { requestTarget } from "../request-target.ts";

const TOKEN_PARAMETER = "token=";
const BEARER_SUBPROTOCOL = /(?:^|,)\s*bearer\.([^\s,]+)/;

type Callee = "API" | "INGEST" | "REALTIME";

const LIVE_PATH_PATTERN = /^\/v1\/(playlists\/[^/]+\/live|me\/stream)$/;

const verifierOf = verifierByEnv<EdgeEnv>((env, request) => env.API.fetch(request));

/** Which Worker answers a path; null for the player's own files. */
export function calleeOf(path: string): Callee | null {
  if (LIVE_PATH_PATTERN.test(path)) return "REALTIME";
  if (path.startsWith("/v1/ingest/")) return "INGEST";
  if (path.startsWith("/v1/") || path.startsWith("/api/")) return "API";
  return null;
}

const OWNED_PATH_PATTERN = /^\/v1\/(tracks|albums|releases|artists)\/([^/]+)$/;

/**
 * What listeners read at these paths its owner changes and deletes there too. Ingest has one path for each of them, which
 * the request is sent to; null for any other request.
 */
export function ownersRequest(request: Request, path: string): Request | null {
  if (request.method !== "PATCH" && request.method !== "DELETE") return null;
  const [, kind = "", id = ""] = OWNED_PATH_PATTERN.exec(path) ?? [];
  if (kind === "") return null;
  const url = new URL(request.url);
  // An album is a release, in the word of listeners' clients.
  url.pathname = `/v1/ingest/${kind === "albums" ? "releases" : kind}/${id}`;
  return new Request(url, request);
}

/** The answer of the Worker behind as it is, a WebSocket included; what is refused or fails here is logged here. */
export async function forward(request: Request, env: EdgeEnv, callee: Callee): Promise<Response> {
  const startedAt = performance.now();
  const requestId = requestIdOf(request);
  const answered = (await refusalOf(request, env)) ?? (await callWorker(request, env, callee, requestId));
  if (answered.by === "callee") return answered.response;
  const { response } = answered;
  response.headers.set(REQUEST_ID_HEADER, requestId);
  const durationMs = Math.round(performance.now() - startedAt);
  const { method } = request;
  logRequest({ worker: "edge", requestId, method, route: `to ${callee}`, status: response.status, durationMs });
  return response;
}

interface Answered {
  readonly by: "callee" | "edge";
  readonly response: Response;
}

async function callWorker(request: Request, env: EdgeEnv, callee: Callee, requestId: string): Promise<Answered> {
  const forwarded = new Request(request);
  forwarded.headers.set(REQUEST_ID_HEADER, requestId);
  try {
    return { by: "callee", response: await env[callee].fetch(forwarded) };
  } catch (error) {
    logFailure("edge", requestId, error);
    const detail = `Try again in a moment. If it lasts, tell us this request id: ${requestId}`;
    return { by: "edge", response: problemResponse("unavailable", { detail, headers: { "retry-after": "2" } }) };
  }
}

/**
 * Null where the request may go on. Other credentials than an access token, such as an operator's key, are for the api
 * to know. Without the keys nothing can be said here; the Worker behind refuses what it cannot check.
 */
async function refusalOf(request: Request, env: EdgeEnv): Promise<Answered | null> {
  const { path, query } = requestTarget(request.url);
  if (path.startsWith(MANIFEST_PATH_PREFIX)) return manifestRefusal(env, query);
  const token = bearerToken(request) ?? bearerOfSubprotocol(request);
  if (token === null || !isJwt(token)) return null;
  const verified = await verifierOf(env)(token);
  if (!verified.ok) return verified.error.kind === "invalid" ? { by: "edge", response: unauthenticated() } : null;
  const turn = takeAccountTurn(verified.value.accountId, Date.now());
  return turn.allowed ? null : { by: "edge", response: tooMany(ACCOUNT_LIMIT, turn) };
}

/** A signed URL of a manifest costs more than a range, and its token says whose turn it takes. The api checks the rest. */
async function manifestRefusal(env: EdgeEnv, query: string): Promise<Answered | null> {
  const token = query.startsWith(TOKEN_PARAMETER) ? query.slice(TOKEN_PARAMETER.length) : "";
  const nowMs = Date.now();
  const keyring = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const verified = await verifyToken<ManifestTokenClaims>(keyring, MANIFEST_TOKEN_USE, token, nowMs);
  if (!verified.ok) return null;
  const turn = takeAccountTurn(verified.value.sub, nowMs);
  return turn.allowed ? null : { by: "edge", response: tooMany(ACCOUNT_LIMIT, turn) };
}

/** As browsers send it with a WebSocket, on which they can set no headers. */
function bearerOfSubprotocol(request: Request): string | null {
  return BEARER_SUBPROTOCOL.exec(request.headers.get("sec-websocket-protocol") ?? "")?.[1] ?? null;
}

function unauthenticated(): Response {
  return problemResponse("unauthenticated", {
    detail: "The access token is not valid or has expired.",
    headers: { "www-authenticate": 'Bearer error="invalid_token"' },
  });
}
