import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import AccountingWorker from "./index.ts";

const accounting = env as unknown as AccountingEnv;

function fetchAccounting(path: string, init?: RequestInit, workerEnv: AccountingEnv = accounting): Promise<Response> {
  return new AccountingWorker(createExecutionContext(), workerEnv).fetch(new Request(`https://internal${path}`, init));
}

test("says that it runs, and that what it depends on answers", async () => {
  const health = await fetchAccounting("/healthz");
  expect(await health.json()).toEqual({ status: "ok", worker: "accounting" });
  const readiness = await fetchAccounting("/readyz");
  expect(readiness.status).toBe(200);
  expect(await readiness.json()).toEqual({
    status: "ok",
    worker: "accounting",
    checks: { ledger: "ok", archive: "ok" },
  });
});

test("names the part that does not answer", async () => {
  const ledger = new Proxy(accounting.LEDGER, {
    get: () => () => {
      throw new Error("the ledger does not answer");
    },
  });
  const readiness = await fetchAccounting("/readyz", {}, { ...accounting, LEDGER: ledger });
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toMatchObject({ status: "degraded", checks: { ledger: "failed", archive: "ok" } });
});

test("has no other door", async () => {
  expect((await fetchAccounting("/v1/plays")).status).toBe(404);
  expect((await fetchAccounting("/healthz", { method: "POST" })).status).toBe(405);
});
