/**
 * Binds contracts to handlers on a hono app. What every route needs is here once: a request id, the policy, the
 * validation of every input, one log line, and problem+json for all that goes wrong.
 */
import { type Context, Hono } from "hono";
import type * as z from "zod";
import { roleMeetsPolicy } from "#domain/accounts/roles.ts";
import type { AccessTokenVerifier, Principal } from "#workers/shared/auth/access-token.ts";
import { bearerToken } from "#workers/shared/auth/bearer-token.ts";
import { countryOf } from "./country.ts";
import { type FieldError, ProblemError, problemResponse } from "./problem.ts";
import { logFailure, logRequest, REQUEST_ID_HEADER, requestIdOf } from "./request-log.ts";
import type { RouteContract } from "./route-contract.ts";

export const JSON_BODY_BYTES_MAX = 512 * 1024;
/** More than a form can show; a request must not be answered with many times its own length. */
const FIELD_ERRORS_MAX = 20;

export interface AppVariables {
  requestId: string;
  /** The pattern of the route that answered, for the log. */
  route: string;
}

export interface AppEnv<Env extends object> {
  Bindings: Env;
  Variables: AppVariables;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export interface RouteInput<Contract extends RouteContract> {
  readonly params: Parsed<Contract["params"]>;
  readonly query: Parsed<Contract["query"]>;
  readonly headers: Parsed<Contract["headers"]>;
  readonly body: Parsed<Contract["body"]>;
  /** Null only on public and signed routes. */
  readonly principal: Contract["policy"] extends "public" | "signed" ? Principal | null : Principal;
  readonly requestId: string;
  readonly country: string | null;
}

export type RouteHandler<Env extends object, Contract extends RouteContract> = (
  input: RouteInput<Contract>,
  context: Context<AppEnv<Env>>,
) => Promise<Response> | Response;

export interface BoundRoute {
  readonly contract: RouteContract;
}

export interface AppOptions<Env extends object> {
  readonly worker: string;
  readonly verifier: (env: Env) => AccessTokenVerifier;
  /** A credential other than an access token, where the Worker has one; null where it is not that either. */
  readonly otherCredential?: (env: Env, token: string) => Promise<Principal | null>;
}

export interface RouteBinder<Env extends object> {
  readonly app: Hono<AppEnv<Env>>;
  /** Every route of the Worker, for the test that holds each against its policy. */
  readonly routes: BoundRoute[];
  bind<Contract extends RouteContract>(contract: Contract, handler: RouteHandler<Env, Contract>): void;
}

export function createRouteBinder<Env extends object>(options: AppOptions<Env>): RouteBinder<Env> {
  const app = new Hono<AppEnv<Env>>();
  const routes: BoundRoute[] = [];
  app.use(async (context, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(context.req.raw);
    context.set("requestId", requestId);
    context.set("route", "unmatched");
    await next();
    if (context.res.status !== 101) context.header(REQUEST_ID_HEADER, requestId);
    logRequest({
      worker: options.worker,
      requestId,
      method: context.req.method,
      route: context.get("route"),
      status: context.res.status,
      durationMs: Math.round(performance.now() - startedAt),
    });
  });
  app.onError((error, context) => {
    if (error instanceof ProblemError) return error.toResponse();
    logFailure(options.worker, context.get("requestId"), error);
    return problemResponse("internal", { detail: `Tell us this request id: ${context.get("requestId")}` });
  });
  app.notFound(() => problemResponse("not-found"));
  function bind<Contract extends RouteContract>(contract: Contract, handler: RouteHandler<Env, Contract>): void {
    routes.push({ contract });
    app.on(contract.method.toUpperCase(), contract.path, async (context) => {
      context.set("route", contract.path);
      const principal = await authorise(contract, context, options);
      const input = { ...(await parseInput(contract, context)), principal };
      return handler(input as RouteInput<Contract>, context);
    });
  }
  return { app, routes, bind };
}

/** The caller, or the refusal. Runs before any input is read: a stranger learns nothing from validation. */
async function authorise<Env extends object>(
  contract: RouteContract,
  context: Context<AppEnv<Env>>,
  options: AppOptions<Env>,
): Promise<Principal | null> {
  const { policy } = contract;
  if (policy === "signed") return null;
  const token = bearerToken(context.req.raw);
  if (token === null) {
    if (policy === "public") return null;
    throw new ProblemError("unauthenticated", { headers: { "www-authenticate": "Bearer" } });
  }
  const principal =
    (await options.otherCredential?.(context.env, token)) ?? (await principalOf(context.env, token, options));
  if (!roleMeetsPolicy(principal.role, policy)) {
    throw new ProblemError("forbidden", {
      detail: `This takes the role ${policy}; this account is ${principal.role}.`,
    });
  }
  return principal;
}

async function principalOf<Env extends object>(env: Env, token: string, options: AppOptions<Env>): Promise<Principal> {
  const verified = await options.verifier(env)(token);
  if (verified.ok) return verified.value;
  if (verified.error.kind === "keys-unreachable") {
    throw new ProblemError("unavailable", { detail: "The keys that access tokens are checked with cannot be read." });
  }
  throw new ProblemError("unauthenticated", {
    detail: "The access token is not valid or has expired.",
    headers: { "www-authenticate": 'Bearer error="invalid_token"' },
  });
}

async function parseInput<Env extends object>(contract: RouteContract, context: Context<AppEnv<Env>>) {
  const { req } = context;
  return {
    params: parsePart(contract.params, req.param(), "params"),
    query: parsePart(contract.query, req.query(), "query"),
    headers: parsePart(contract.headers, req.header(), "headers"),
    body: contract.body === undefined ? undefined : parsePart(contract.body, await readJson(req.raw, contract), "body"),
    requestId: context.get("requestId"),
    country: countryOf(req.raw),
  };
}

function parsePart(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors: FieldError[] = parsed.error.issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    path: issue.path.join("."),
    message: issue.message,
  }));
  if (
    part === "headers" &&
    errors.some((error) => error.path === "idempotency-key") &&
    !hasKey(value, "idempotency-key")
  ) {
    throw new ProblemError("idempotency-key-missing");
  }
  // An id in the path that can name nothing is the same answer as one that names nothing.
  if (part === "params") throw new ProblemError("not-found");
  const first = errors[0];
  throw new ProblemError("bad-request", {
    ...(first === undefined ? {} : { detail: first.path === "" ? first.message : `${first.path}: ${first.message}` }),
    errors,
  });
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && key in value;
}

async function readJson(
  request: Request,
  { bodyBytesMax = JSON_BODY_BYTES_MAX }: Pick<RouteContract, "bodyBytesMax">,
): Promise<unknown> {
  const bytes = await readAtMost(request, bodyBytesMax);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new ProblemError("bad-request", { detail: "The body is not valid JSON." });
  }
}

/** The whole body, or `too-large`: a declared length is checked first, what really comes is counted too. */
export async function readAtMost(request: Request, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new ProblemError("too-large", { detail: `The limit is ${bytesMax} bytes.` });
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > bytesMax) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    // What fails in reading a body is the client's connection.
    throw error instanceof ProblemError ? error : new ProblemError("bad-request", { detail: "The body ended early." });
  }
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
