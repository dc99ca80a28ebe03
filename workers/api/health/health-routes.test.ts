import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { apiRoutes } from "#workers/api/index.ts";
import { getHealth, getReadiness } from "#workers/shared/http/health-contract.ts";

const bindings = env as unknown as ApiEnv;

async function ask(path: string, apiEnv: ApiEnv = bindings) {
  const answer = await apiRoutes.app.fetch(new Request(`https://api.internal${path}`), apiEnv);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  return { status: answer.status, body: await answer.json() };
}

/** A dependency that fails whatever is asked of it. */
function broken<Binding extends object>(binding: Binding): Binding {
  return new Proxy(binding, {
    get: () => () => {
      throw new Error("it does not answer");
    },
  });
}

/** A dependency that never answers. */
function silent<Binding extends object>(binding: Binding): Binding {
  const never = new Promise<never>(() => undefined);
  return new Proxy(binding, { get: () => () => never });
}

describe("health of the api", () => {
  it("says that it runs, whatever is broken behind it", async () => {
    const { status, body } = await ask("/healthz", { ...bindings, CATALOG_0: broken(bindings.CATALOG_0) });
    expect(status).toBe(200);
    expect(getHealth.responses[200].parse(body)).toEqual({ status: "ok", worker: "api" });
  });

  it("says that what it depends on answers", async () => {
    const { status, body } = await ask("/readyz");
    expect(status).toBe(200);
    expect(getReadiness.responses[200].parse(body)).toEqual({
      status: "ok",
      worker: "api",
      checks: { catalog: "ok", identity: "ok", rights: "ok", listeners: "ok" },
    });
  });

  it.each([
    ["catalog", "CATALOG_0"],
    ["identity", "IDENTITY"],
    ["rights", "RIGHTS"],
    ["listeners", "LISTENERS"],
  ] as const)("names %s where it fails, and nothing else", async (check, binding) => {
    const { status, body } = await ask("/readyz", { ...bindings, [binding]: broken(bindings[binding]) });
    expect(status).toBe(503);
    const { checks, status: overall } = getReadiness.responses[503].parse(body);
    expect(overall).toBe("degraded");
    expect(checks).toEqual({ catalog: "ok", identity: "ok", rights: "ok", listeners: "ok", [check]: "failed" });
    expect(JSON.stringify(body)).not.toContain("does not answer");
  });

  // The answer itself is the proof: whoever waits for this dependency waits for ever.
  it("does not wait for what never answers", async () => {
    const { status, body } = await ask("/readyz", { ...bindings, RIGHTS: silent(bindings.RIGHTS) });
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: "degraded", checks: { rights: "failed", catalog: "ok" } });
  });
});
