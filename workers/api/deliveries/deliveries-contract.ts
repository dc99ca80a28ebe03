import * as z from "zod";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { instantSchema } from "#workers/shared/http/wire-schemas.ts";

const HOURS_MAX = 24 * 31;

export const deliveredHourSchema = z.object({
  hour: instantSchema,
  /** Answers with bytes. */
  ranges: z.number().int(),
  bytes: z.number().int(),
  /** The share of the ranges, and of the bytes, that came out of a cache; 0 to 1. */
  hit_ratio: z.number(),
  byte_hit_ratio: z.number(),
});

export const listDeliveries = defineRoute({
  method: "get",
  path: "/v1/admin/deliveries",
  policy: "admin",
  summary: "What the edge has sent, hour by hour, and how much of it the caches had; newest first",
  query: z.object({ hours: z.coerce.number().int().min(1).max(HOURS_MAX).default(24) }),
  responses: { 200: z.object({ items: z.array(deliveredHourSchema) }) },
});

export const DELIVERIES_ROUTES = [listDeliveries] as const;
