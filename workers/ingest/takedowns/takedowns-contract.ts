/** Taking music back: by its owner, or by the service. */
import * as z from "zod";
import { hasVisibleText } from "#domain/catalog/plain-text.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams, idSchema, instantSchema, textSchema } from "#workers/shared/http/wire-schemas.ts";

export const TAKEDOWN_REASON_MAX = 500;

export const takedownSchema = z.object({
  id: z.string(),
  track_id: z.string(),
  reason: z.string(),
  requested_at: instantSchema,
  /** Whether the caller may lift it: owners their own, admins any. A track is down until all of its are lifted. */
  liftable: z.boolean(),
});

export const takedownBody = z
  .strictObject({
    /** All tracks that the release has at this moment. */
    release_id: idSchema.optional(),
    track_id: idSchema.optional(),
    reason: textSchema(TAKEDOWN_REASON_MAX).refine(hasVisibleText, "say why"),
  })
  .refine((body) => (body.release_id === undefined) !== (body.track_id === undefined), {
    message: "name either a release or a track",
  });

const takedownsSchema = z.object({ items: z.array(takedownSchema) });

export const createTakedowns = defineRoute({
  method: "post",
  path: "/v1/ingest/takedowns",
  policy: "artist",
  summary:
    "Take a track or a whole release down; the answer has all that is in force of it (200: you had done so before)",
  body: takedownBody,
  responses: { 200: takedownsSchema, 201: takedownsSchema },
});

export const listTakedowns = defineRoute({
  method: "get",
  path: "/v1/ingest/takedowns",
  policy: "artist",
  summary: "All takedowns in force on a release, in the order of its tracks",
  query: z.object({ release_id: idSchema }),
  responses: { 200: takedownsSchema },
});

export const liftTakedown = defineRoute({
  method: "delete",
  path: "/v1/ingest/takedowns/:id",
  policy: "artist",
  summary: "Lift a takedown: once none is in force on the track, its deals hold again",
  params: idParams,
  responses: { 204: null },
});

export const TAKEDOWNS_ROUTES = [createTakedowns, listTakedowns, liftTakedown] as const;

export type Takedown = z.infer<typeof takedownSchema>;
export type TakedownBody = z.input<typeof takedownBody>;
