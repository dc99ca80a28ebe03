import type { Context } from "hono";
import type { AppEnv, RouteBinder } from "#workers/shared/http/bind-routes.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import * as actions from "./accounts-actions.ts";
import * as contracts from "./accounts-contract.ts";
import { authFor } from "./auth-instance.ts";
import { withProblem } from "./auth-problem.ts";

export { operatorPrincipal } from "./accounts-actions.ts";

/** Where a session credential waits while the binder looks for access tokens. */
const SESSION_HEADER = "x-rimshot-session";

/** Verifiers ask again for a key they do not know: this bounds only how long a withdrawn one is believed. */
const JWKS_CACHE_CONTROL = "public, max-age=60";

export function bindAccountsRoutes(binder: RouteBinder<ApiEnv>): void {
  bindAuthRoutes(binder);
  bindMe(binder);
  bindAdminRoutes(binder);
}

/** The key set as better-auth answers it, without a way over the network. */
export async function fetchOwnJwks(env: ApiEnv, request: Request): Promise<Response> {
  const auth = await authFor(env, request.url);
  const answer = await withProblem(await auth.handler(new Request(request.url)));
  const response = new Response(answer.body, answer);
  if (response.ok) response.headers.set("cache-control", JWKS_CACHE_CONTROL);
  return response;
}

function bindAuthRoutes(binder: RouteBinder<ApiEnv>): void {
  // Bearer credentials here are sessions, which the binder would take for broken access tokens and refuse.
  binder.app.use(`${contracts.AUTH_BASE_PATH}/*`, async (context, next) => {
    const { raw } = context.req;
    context.req.raw = new Request(raw, { headers: withHeaderMoved(raw.headers, "authorization", SESSION_HEADER) });
    await next();
  });
  binder.bind(contracts.signUp, async ({ body }, context) => {
    await actions.clearAbandonedSignUp(context.env, body.email);
    return answerByBetterAuth(context, body);
  });
  for (const contract of contracts.SESSION_ROUTES) {
    binder.bind(contract, ({ body }, context) => answerByBetterAuth(context, body));
  }
  binder.bind(contracts.getJwks, (_input, context) => fetchOwnJwks(context.env, context.req.raw));
}

/** `body` is what the contract let through: better-auth never sees a field that is not listed there. */
async function answerByBetterAuth(context: Context<AppEnv<ApiEnv>>, body: object | undefined): Promise<Response> {
  const { raw } = context.req;
  const headers = withHeaderMoved(raw.headers, SESSION_HEADER, "authorization");
  for (const name of ["content-type", "content-length", "transfer-encoding"]) headers.delete(name);
  if (body !== undefined) headers.set("content-type", "application/json");
  // Node's fetch says how but not whence, and better-auth would take it for a browser that hides its origin. Browsers
  // that send one of these send all, and an Origin with every POST, which is checked all the same.
  if (!headers.has("sec-fetch-site")) headers.delete("sec-fetch-mode");
  const request = new Request(raw.url, {
    method: raw.method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
  const auth = await authFor(context.env, request.url);
  const answer = await withProblem(await auth.handler(request));
  const response = new Response(answer.body, answer);
  response.headers.set("cache-control", "no-store");
  return response;
}

/** The headers with one under another name, in place of whatever came under that. */
function withHeaderMoved(original: Headers, from: string, to: string): Headers {
  const headers = new Headers(original);
  const value = headers.get(from);
  headers.delete(from);
  headers.delete(to);
  if (value !== null) headers.set(to, value);
  return headers;
}

function bindMe(binder: RouteBinder<ApiEnv>): void {
  binder.bind(contracts.getMe, async ({ principal, country }, context) => {
    const account = await actions.findAccount(context.env, principal.accountId);
    if (account === null) throw new ProblemError("not-found", { detail: "This credential has no account." });
    const { id, name, email, role, product, homeCountry } = account;
    const me: contracts.Me = {
      id,
      type: "user",
      uri: `rimshot:user:${id}`,
      display_name: name,
      email,
      role,
      product,
      home_country: homeCountry,
      ...(country === null ? {} : { country }),
    };
    return context.json(me, 200, { "cache-control": "no-store" });
  });
}

function bindAdminRoutes(binder: RouteBinder<ApiEnv>): void {
  binder.bind(contracts.createAccount, async ({ body }, context) => {
    const made = await actions.createAccount(context.env, body);
    if (!made.ok) {
      const detail = `${body.email} has an account with the role ${made.error.role}, not ${body.role}.`;
      throw new ProblemError("conflict", { detail });
    }
    return context.json(toAccount(made.value.account), made.value.created ? 201 : 200);
  });
  binder.bind(contracts.setAccountRole, async ({ params, body }, context) => {
    const changed = found(await actions.changeAccount(context.env, params.id, { role: body.role }));
    return context.json(toAccount(changed));
  });
  binder.bind(contracts.setAccountProduct, async ({ params, body }, context) => {
    const changed = found(await actions.changeAccount(context.env, params.id, { product: body.product }));
    return context.json({ ...toAccount(changed), product: changed.product });
  });
  binder.bind(contracts.setAccountHomeCountry, async ({ params, body }, context) => {
    const change = { homeCountry: body.home_country };
    const changed = found(await actions.changeAccount(context.env, params.id, change));
    return context.json({ ...toAccount(changed), home_country: changed.homeCountry });
  });
}

function found<Row>(row: Row | null): Row {
  if (row === null) throw new ProblemError("not-found", { detail: "There is no account with this id." });
  return row;
}

function toAccount({ id, email, name, role }: contracts.Account): contracts.Account {
  return { id, email, name, role };
}
