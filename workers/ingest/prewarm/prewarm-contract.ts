/** What the prewarm job asks: which renditions to put into a cache, and the URLs that do it. */
import * as z from "zod";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idSchema } from "#workers/shared/http/wire-schemas.ts";

export const PREWARM_HOURS_MAX = 24 * 7;
export const PREWARM_TOP_MAX = 500;
const RECORDINGS_MAX = 100;
const SELECTIONS = ["release_id", "scheduled_within_hours", "recording_ids", "top"] as const;

/** The tiers that most listeners hear: normal and high quality. */
export const PREWARM_PROFILES_DEFAULT = ["aac-160", "vorbis-320"];

export const prewarmBodySchema = z
  .object({
    /** Every track of a release, also before its instant. */
    release_id: idSchema.optional(),
    /** Every track of the releases whose instant comes within so many hours. */
    scheduled_within_hours: z.number().positive().max(PREWARM_HOURS_MAX).optional(),
    recording_ids: z.array(idSchema).min(1).max(RECORDINGS_MAX).optional(),
    /** The so many tracks that are played most by listeners of `country`, then by all. */
    top: z.number().int().min(1).max(PREWARM_TOP_MAX).optional(),
    /** Two letters. Where the request comes from, unless it is named. */
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional(),
    /** Rungs of the ladder. */
    profiles: z.array(z.string().max(40)).min(1).max(20).default(PREWARM_PROFILES_DEFAULT),
    /** `next_cursor` of the page before. */
    cursor: idSchema.optional(),
  })
  .refine((body) => SELECTIONS.filter((name) => body[name] !== undefined).length === 1, {
    message: `name one of ${SELECTIONS.join(", ")}`,
  })
  .refine((body) => body.country === undefined || body.top !== undefined, {
    path: ["country"],
    message: "goes with top",
  });

export const prewarmItemSchema = z.object({
  /** To be sent a POST, from where the cache is to be filled. Good for ten minutes. */
  url: z.string(),
  size_bytes: z.number().int(),
  profile: z.string(),
  track_id: idSchema,
});

export const listPrewarm = defineRoute({
  method: "post",
  path: "/v1/ingest/prewarm",
  policy: "job",
  summary: "Signed URLs that put renditions into the cache of the point of presence that is asked",
  body: prewarmBodySchema,
  responses: { 200: z.object({ items: z.array(prewarmItemSchema), next_cursor: idSchema.nullable() }) },
});

export type PrewarmBody = z.output<typeof prewarmBodySchema>;
export type PrewarmItem = z.infer<typeof prewarmItemSchema>;
