/** wrangler itself, against an account that is played by a server of ours. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BUCKET_RULES, ensureBucketRules } from "./bucket-rules.ts";
import { wrangler } from "./cloudflare-resources.ts";

const DAY_SECONDS = 86_400;
const WRANGLER_MS = 60_000;

interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly conditions: { readonly prefix?: string };
  readonly storageClassTransitions?: readonly object[];
  readonly deleteObjectsTransition?: object;
}

const OPERATORS_OWN: LifecycleRule = {
  id: "of the operator",
  enabled: true,
  conditions: { prefix: "u/x" },
  deleteObjectsTransition: { condition: { type: "Age", maxAge: DAY_SECONDS } },
};

const rules = new Map<string, readonly LifecycleRule[]>([["rimshot-masters", [OPERATORS_OWN]]]);
let puts = 0;
let server: Server;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const bucket = /^\/accounts\/account\/r2\/buckets\/([^/]+)\/lifecycle$/.exec(request.url ?? "")?.[1] ?? "";
    if (request.method === "PUT") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      rules.set(bucket, (JSON.parse(Buffer.concat(chunks).toString()) as { rules: LifecycleRule[] }).rules);
      puts += 1;
    }
    const result = request.method === "PUT" ? {} : { rules: rules.get(bucket) ?? [] };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ success: bucket !== "", errors: [], messages: [], result }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("CLOUDFLARE_API_BASE_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", "account");
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "of nobody");
});

afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

describe("the rules of the buckets", () => {
  it(
    "are added once, beside those that are there [ING-100] [DLV-50]",
    async () => {
      await ensureBucketRules(wrangler);
      const infrequentAfter = (days: number) => [
        { condition: { type: "Age", maxAge: days * DAY_SECONDS }, storageClass: "InfrequentAccess" },
      ];
      const masters = rules.get("rimshot-masters");
      expect(masters).toHaveLength(3);
      expect(masters?.[0]).toEqual(OPERATORS_OWN);
      expect(masters?.[1]).toMatchObject({
        id: "masters-infrequent",
        enabled: true,
        conditions: { prefix: "u/" },
        storageClassTransitions: infrequentAfter(7),
      });
      expect(masters?.[2]).toMatchObject({
        conditions: { prefix: "tails/" },
        deleteObjectsTransition: { condition: { type: "Age", maxAge: 8 * DAY_SECONDS } },
      });
      expect(rules.get("rimshot-renditions-replica")).toMatchObject([
        { conditions: { prefix: "a/" }, storageClassTransitions: infrequentAfter(1) },
      ]);
      await ensureBucketRules(wrangler);
      expect(puts).toBe(BUCKET_RULES.length);
    },
    WRANGLER_MS,
  );
});
