import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { err, ok } from "#domain/foundation/result.ts";
import type { AccessTokenVerifier } from "#workers/shared/auth/access-token.ts";
import { createRouteBinder, JSON_BODY_BYTES_MAX } from "./bind-routes.ts";
import { ProblemError } from "./problem.ts";
import { defineRoute } from "./route-contract.ts";

const ORIGIN = "https://binder.example";

/** Tokens by name, where the keys are not what is tested. */
const verifier: AccessTokenVerifier = async (token) => {
  if (token === "unreachable") return err({ kind: "keys-unreachable" });
  if (token !== "listener") return err({ kind: "invalid" });
  return ok({ accountId: "0".repeat(22) as never, role: "listener", name: "Ada", product: "free", homeCountry: null });
};

const { app, bind } = createRouteBinder<object>({ worker: "test", verifier: () => verifier });

const echo = defineRoute({
  method: "post",
  path: "/echo/:id",
  policy: "listener",
  summary: "Gives back what it read",
  params: z.object({ id: z.string().length(3) }),
  query: z.object({ limit: z.coerce.number().int().max(50).default(20) }),
  body: z.object({ name: z.string().min(1) }),
  responses: { 200: z.unknown() },
});
bind(echo, ({ params, query, body, principal, country, requestId }, context) =>
  context.json({ params, query, body, role: principal.role, country, requestId }),
);

const fail = defineRoute({ method: "get", path: "/fail/:how", policy: "public", summary: "Fails", responses: {} });
bind(fail, (_input, context) => {
  if (context.req.path.endsWith("problem")) throw new ProblemError("conflict", { detail: "for the caller" });
  if (context.req.path.endsWith("query")) throw new Error("Failed query: select 1\nparams: ada@example.com");
  throw new Error("internal detail");
});

const open = defineRoute({ method: "get", path: "/open", policy: "public", summary: "Open", responses: { 200: null } });
bind(open, ({ principal }, context) => context.text(principal?.name ?? "nobody"));

async function post(body: BodyInit, headers: Readonly<Record<string, string>> = {}, path = "/echo/abc") {
  const request = new Request(`${ORIGIN}${path}`, {
    method: "POST",
    body,
    headers: { authorization: "Bearer listener", ...headers },
    cf: { country: "DE" } as unknown as CfProperties,
  });
  const answer = await app.fetch(request, {});
  return { answer, json: await answer.json<Record<string, unknown>>() };
}

describe("a bound route", () => {
  it("hands its handler what the contract says, parsed, with caller, country and request id", async () => {
    const { answer, json } = await post('{"name":"x","more":1}', { "x-request-id": "abcdefgh" }, "/echo/abc?limit=5");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-request-id")).toBe("abcdefgh");
    expect(json).toEqual({
      params: { id: "abc" },
      query: { limit: 5 },
      body: { name: "x" },
      role: "listener",
      country: "DE",
      requestId: "abcdefgh",
    });
  });

  it.each([
    ["no credential", { authorization: "" }, 401],
    ["a token that is not good", { authorization: "Bearer other" }, 401],
    ["keys that do not come", { authorization: "Bearer unreachable" }, 503],
  ])("refuses %s before it reads any input", async (_what, headers, status) => {
    const { answer, json } = await post("not json", headers, "/echo/too-long");
    expect(answer.status).toBe(status);
    expect(json["errors"]).toBeUndefined();
  });

  it("refuses a bad token on a public route too, and takes none for nobody", async () => {
    const status = async (headers: Record<string, string>) => {
      const answer = await app.fetch(new Request(`${ORIGIN}/open`, { headers }), {});
      return [answer.status, await answer.text()];
    };
    expect(await status({})).toEqual([200, "nobody"]);
    expect(await status({ authorization: "Bearer listener" })).toEqual([200, "Ada"]);
    expect((await status({ authorization: "Bearer other" }))[0]).toBe(401);
  });

  it.each([
    ["a body that is no JSON", "{", "/echo/abc", 400],
    ["a body that is no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "/echo/abc", 400],
    ["a body without what it needs", "{}", "/echo/abc", 400],
    ["a query that is no number", '{"name":"x"}', "/echo/abc?limit=many", 400],
    ["a path that can name nothing", '{"name":"x"}', "/echo/abcd", 404],
    ["a path that is bound to nothing", "{}", "/nothing", 404],
  ])("answers %s with a problem", async (_what, body, path, status) => {
    const { answer, json } = await post(body, {}, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(json["status"]).toBe(status);
  });

  it("names each field that is wrong", async () => {
    const { json } = await post('{"name":7}');
    expect(json["errors"]).toMatchObject([{ path: "name" }]);
  });

  it("reads no body beyond its limit, whether its length is declared or not", async () => {
    const large = "x".repeat(JSON_BODY_BYTES_MAX + 1);
    expect((await post(large)).answer.status).toBe(413);
    const undeclared = new Blob([large]).stream();
    expect((await post(undeclared)).answer.status).toBe(413);
    const largest = JSON.stringify({ name: "x".repeat(JSON_BODY_BYTES_MAX - '{"name":""}'.length) });
    expect((await post(largest)).answer.status).toBe(200);
  });

  it("takes a body that breaks off for the caller's fault", async () => {
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"name":'));
      },
      pull(controller) {
        controller.error(new Error("Network connection lost."));
      },
    });
    expect((await post(broken)).answer.status).toBe(400);
  });

  it("keeps what a failed query was bound with out of the log", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    await app.fetch(new Request(`${ORIGIN}/fail/query`), {});
    const line = String(errors.mock.calls[0]?.[0]);
    errors.mockRestore();
    expect(line).toContain("Failed query: select 1");
    expect(line).not.toContain("ada@example.com");
  });

  it("gives a caller the problem it threw, and of a bug only the id to ask about", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue(undefined);
    const problem = await app.fetch(new Request(`${ORIGIN}/fail/problem`), {});
    expect([problem.status, (await problem.json<{ detail: string }>()).detail]).toEqual([409, "for the caller"]);
    expect(errors).not.toHaveBeenCalled();
    const bug = await app.fetch(new Request(`${ORIGIN}/fail/bug`), {});
    const text = await bug.text();
    expect(bug.status).toBe(500);
    expect(text).toContain(bug.headers.get("x-request-id"));
    expect(text).not.toContain("internal detail");
    expect(String(errors.mock.calls[0]?.[0])).toContain("internal detail");
    errors.mockRestore();
  });
});
