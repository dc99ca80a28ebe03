/** How what a track earns is shared. */
import * as z from "zod";
import { BASIS_POINTS_TOTAL, SPLIT_ROLES, SPLIT_SHARES_MAX } from "#domain/splits/split-sheet.ts";
import { ifMatchHeaders } from "#workers/shared/http/entity-tags.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams, instantSchema, nameSchema } from "#workers/shared/http/wire-schemas.ts";

export const PARTY_NAME_MAX = 200;

export const splitShareSchema = z.object({
  party: nameSchema(PARTY_NAME_MAX),
  role: z.enum(SPLIT_ROLES),
  /** Hundredths of a percent: all of a sheet together are 10,000. */
  basis_points: z.number().int().min(1).max(BASIS_POINTS_TOTAL),
});

export const splitSheetSchema = z.object({
  /** 0 while nothing was agreed: then all of it is the owner's. */
  version: z.number().int(),
  effective_at: instantSchema.nullable(),
  shares: z.array(splitShareSchema),
  etag: z.string(),
});

export const getSplits = defineRoute({
  method: "get",
  path: "/v1/ingest/tracks/:id/splits",
  policy: "artist",
  summary: "The split sheet of a track that is in force, or an earlier version of it",
  params: idParams,
  query: z.object({ version: z.coerce.number().int().min(1).optional() }),
  responses: { 200: splitSheetSchema },
});

export const putSplits = defineRoute({
  method: "put",
  path: "/v1/ingest/tracks/:id/splits",
  policy: "artist",
  summary: "A new version of a track's split sheet, from now on",
  params: idParams,
  headers: ifMatchHeaders,
  body: z.strictObject({ shares: z.array(splitShareSchema).min(1).max(SPLIT_SHARES_MAX) }),
  responses: { 200: splitSheetSchema },
});

export const SPLITS_ROUTES = [getSplits, putSplits] as const;

export type SplitSheetWire = z.infer<typeof splitSheetSchema>;
export type SplitShareWire = z.infer<typeof splitShareSchema>;
