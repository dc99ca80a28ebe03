/** Every route of every Worker, against the policy it declares, for a caller of every role and for nobody. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { POLICIES, ROLES, type Role, roleMeetsPolicy } from "#domain/accounts/roles.ts";
import { apiRoutes } from "#workers/api/index.ts";
import { EDGE_ROUTES } from "#workers/edge/edge-routes.ts";
import { calleeOf } from "#workers/edge/forward/forward.ts";
import { ingestRoutes } from "#workers/ingest/index.ts";
import { realtimeRoutes } from "#workers/realtime/realtime-app.ts";
import type { RouteContract } from "#workers/shared/http/route-contract.ts";

const { API, INGEST, REALTIME, OPERATOR_KEY } = env as unknown as EdgeEnv & ApiEnv;

const WORKERS = [
  { name: "api", worker: API, binder: apiRoutes },
  { name: "ingest", worker: INGEST, binder: ingestRoutes },
  { name: "realtime", worker: REALTIME, binder: realtimeRoutes },
] as const;

const ROUTES = WORKERS.flatMap(({ name, worker, binder }) =>
  binder.routes.map(({ contract }) => ({ title: `${name}: ${contract.method} ${contract.path}`, worker, contract })),
);

const tokens = new Map<Role, string>();

beforeAll(async () => {
  for (const role of ROLES) tokens.set(role, await accessTokenOf(role));
});

async function accessTokenOf(role: Role): Promise<string> {
  const credentials = { email: `${role}@policies.test`, password: "a password for tests" };
  const asOperator = { authorization: `Bearer ${OPERATOR_KEY}` };
  await call(API, "post", "/v1/admin/accounts", asOperator, { ...credentials, name: role, role });
  const session = await call(API, "post", "/api/auth/sign-in/email", {}, credentials);
  const { token } = await session.json<{ token: string }>();
  const answer = await call(API, "get", "/api/auth/token", { authorization: `Bearer ${token}` });
  const { token: accessToken } = await answer.json<{ token: string }>();
  expect(accessToken.split(".")).toHaveLength(3);
  return accessToken;
}

function call(worker: Fetcher, method: string, path: string, headers: Record<string, string>, body?: unknown) {
  const hasBody = method !== "get" && method !== "delete";
  return worker.fetch(`https://rimshot.example${path}`, {
    method: method.toUpperCase(),
    headers: { ...headers, ...(hasBody ? { "content-type": "application/json" } : {}) },
    ...(hasBody ? { body: JSON.stringify(body ?? {}) } : {}),
  });
}

/** The path with something of the right shape in every place, so that the policy is what answers. */
function examplePath({ path }: RouteContract): string {
  return path.replace(":name", `${"0".repeat(64)}.ogg`).replaceAll(/:[a-z_]+/g, "0".repeat(22));
}

async function statusFor(worker: Fetcher, contract: RouteContract, token: string | undefined): Promise<number> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await call(worker, contract.method, examplePath(contract), headers);
  await answer.body?.cancel();
  return answer.status;
}

describe("route policies", () => {
  it("cover every handler of every hono app [POL-1]", () => {
    for (const { name, binder } of WORKERS) {
      const declared = binder.routes.map(({ contract }) => `${contract.method.toUpperCase()} ${contract.path}`);
      // Middleware is registered for all methods.
      const handled = binder.app.routes
        .filter(({ method }) => method !== "ALL")
        .map(({ method, path }) => `${method} ${path}`);
      expect(new Set(handled), name).toEqual(new Set(declared));
      expect(new Set(declared).size, name).toBe(declared.length);
    }
    expect(ROUTES.length).toBeGreaterThan(40);
  });

  it("are known ones, also at the edge [POL-2]", () => {
    for (const { contract } of ROUTES) expect(POLICIES).toContain(contract.policy);
    for (const { policy } of EDGE_ROUTES) expect(["public", "signed"]).toContain(policy);
  });

  it("hold for routes that the edge sends to the Worker that has them [POL-3]", () => {
    const callees = { api: "API", ingest: "INGEST", realtime: "REALTIME" } as const;
    for (const { name, binder } of WORKERS) {
      for (const { contract } of binder.routes) {
        // Health is each Worker's own, and the edge answers for itself.
        if (contract.path === "/healthz" || contract.path === "/readyz") continue;
        expect(calleeOf(examplePath(contract)), contract.path).toBe(callees[name]);
      }
    }
  });

  const guarded = ROUTES.filter(({ contract }) => contract.policy !== "public" && contract.policy !== "signed");

  it.each(guarded)("$title is closed to nobody [POL-4]", async ({ worker, contract }) => {
    expect(await statusFor(worker, contract, undefined)).toBe(401);
  });

  it.each(guarded)("$title is closed to a token that is not ours [POL-4]", async ({ worker, contract }) => {
    const [header, payload] = (tokens.get("admin") ?? "").split(".");
    expect(await statusFor(worker, contract, `${header}.${payload}.${"A".repeat(86)}`)).toBe(401);
  });

  it.each(guarded)(
    "$title is open to the roles of its policy and to no other [POL-5]",
    async ({ worker, contract }) => {
      for (const role of ROLES) {
        const status = await statusFor(worker, contract, tokens.get(role));
        if (roleMeetsPolicy(role, contract.policy)) expect([401, 403], `${role}: ${status}`).not.toContain(status);
        else expect(status, role).toBe(403);
      }
    },
  );

  const signed = ROUTES.filter(({ contract }) => contract.policy === "signed");

  it.each(signed)("$title takes no access token for a signed URL [POL-6]", async ({ worker, contract }) => {
    const path = examplePath(contract).replace(
      "0".repeat(22),
      contract.path.includes("/masters/") ? "0".repeat(64) : "0".repeat(22),
    );
    const withToken = `${path}?token=${tokens.get("admin")}`;
    const answer = await call(worker, contract.method, withToken, { authorization: `Bearer ${tokens.get("admin")}` });
    await answer.body?.cancel();
    expect(answer.status).toBe(403);
  });

  it("give the edge's signed routes nothing without a token [POL-6]", async () => {
    const { default: edge } = await import("#workers/edge/index.ts");
    const request = new Request(`https://rimshot.example/audio/${"0".repeat(64)}.ogg`);
    const answer = await edge.fetch(request as never, env as unknown as EdgeEnv, {} as ExecutionContext);
    expect(answer.status).toBe(403);
  });
});
