/** The typed client of /v1: paths, parameters and answers follow from the contracts. */
import { isSignInRemembered } from "../accounts/sign-in-memory.ts";
import { accessTokenKeeper } from "./access-token.ts";
import { ApiError, networkError, readProblem } from "./problem.ts";
import type { AnswerOf, RequestOf, RouteName } from "./routes.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Lets the request outlive the page. */
  readonly keepalive?: boolean;
}

/** The parts of a request in the widest form, as `send` needs them; `RequestOf` is what callers see. */
interface LooseRequest {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly bytes?: Blob | undefined;
  readonly idempotencyKey?: string | undefined;
}

export const accessToken = accessTokenKeeper(fetchAccessToken, Date.now);

/** Calls a route. Throws ApiError for any answer but a success, and the signal's reason where it was aborted. */
export async function call<Name extends RouteName>(
  name: Name,
  request: RequestOf<Name>,
  options: CallOptions = {},
): Promise<AnswerOf<Name>> {
  const response = await send(name, request, options);
  return (response.status === 204 ? null : await response.json()) as AnswerOf<Name>;
}

/** `get /v1/tracks/:id` with its parameters filled in: the method, and the path with its query. */
export function locate(name: RouteName, request: LooseRequest): { method: string; url: string } {
  const [method = "get", path = "/"] = name.split(" ");
  const filled = path.replaceAll(/:([a-z_]+)/g, (_, key: string) => encodeURIComponent(String(request.params?.[key])));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(key, String(value));
  }
  return { method: method.toUpperCase(), url: query.size === 0 ? filled : `${filled}?${query}` };
}

async function send(name: RouteName, request: LooseRequest, options: CallOptions): Promise<Response> {
  const first = await sendOnce(name, request, options);
  if (first.response.status !== 401 || first.token === null) return successOrThrow(first.response);
  // The keys may have been rotated or the clock be wrong: one more try with a fresh token tells.
  accessToken.drop(first.token);
  const second = await sendOnce(name, request, options);
  return successOrThrow(second.response);
}

async function sendOnce(name: RouteName, request: LooseRequest, options: CallOptions) {
  const { method, url } = locate(name, request);
  const token = await accessToken.get();
  const headers = new Headers({ accept: "application/json" });
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  if (request.idempotencyKey !== undefined) headers.set("idempotency-key", request.idempotencyKey);
  if (request.body !== undefined) headers.set("content-type", "application/json");
  const body = request.bytes ?? (request.body === undefined ? null : JSON.stringify(request.body));
  const signal = options.signal ?? null;
  const init: RequestInit = { method, headers, body, signal, keepalive: options.keepalive === true };
  const response = await fetchOrThrow(url, init);
  return { response, token };
}

async function fetchOrThrow(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw networkError();
  }
}

async function successOrThrow(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await readProblem(response);
}

async function fetchAccessToken(): Promise<string | null> {
  // A guest would get a 401 here on each visit: the session says first whether there is anybody to ask for.
  if (!isSignInRemembered()) return null;
  const response = await fetchOrThrow("/api/auth/token", { headers: { accept: "application/json" } });
  if (response.status === 401) return null;
  if (!response.ok) throw await readProblem(response);
  const body: unknown = await response.json();
  if (typeof body === "object" && body !== null && "token" in body && typeof body.token === "string") return body.token;
  throw new ApiError({ kind: "unknown", status: response.status, title: "The sign-in could not be renewed" });
}
