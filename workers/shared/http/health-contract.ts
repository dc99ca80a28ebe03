import * as z from "zod";
import { defineRoute } from "./route-contract.ts";

/** The process answers. */
export const getHealth = defineRoute({
  method: "get",
  path: "/healthz",
  policy: "public",
  summary: "The Worker runs",
  responses: { 200: z.object({ status: z.literal("ok"), worker: z.string() }) },
});

export const readinessSchema = z.object({
  status: z.enum(["ok", "degraded"]),
  worker: z.string(),
  checks: z.record(z.string(), z.enum(["ok", "failed"])),
});

/** What the Worker depends on answers; what does not is named. */
export const getReadiness = defineRoute({
  method: "get",
  path: "/readyz",
  policy: "public",
  summary: "What the Worker depends on, and which of it does not answer",
  responses: { 200: readinessSchema, 503: readinessSchema },
});

export type Readiness = z.infer<typeof readinessSchema>;
