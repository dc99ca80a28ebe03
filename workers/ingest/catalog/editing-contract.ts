/** Changing what is in the catalog. Fields that are left out stay as they are. */
import * as z from "zod";
import { TRACKS_PER_RELEASE_MAX } from "#domain/catalog/catalog-limits.ts";
import { RELEASE_TYPES } from "#domain/catalog/release-types.ts";
import { TRACK_TITLE_MAX } from "#workers/ingest/uploads/uploads-contract.ts";
import { ifMatchHeaders } from "#workers/shared/http/entity-tags.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams, idSchema, instantSchema, nameSchema, textSchema } from "#workers/shared/http/wire-schemas.ts";
import {
  ARTIST_NAME_MAX,
  creditSchema,
  DEALS_MAX,
  dealSchema,
  LABEL_MAX,
  RELEASE_TITLE_MAX,
  studioArtistSchema,
  studioReleaseSchema,
  studioTrackSchema,
} from "./catalog-contract.ts";

export const CREDITS_MAX = 50;

export const artistChange = z.strictObject({ name: nameSchema(ARTIST_NAME_MAX) });

export const releaseChange = z.strictObject({
  artist_id: idSchema.optional(),
  title: nameSchema(RELEASE_TITLE_MAX).optional(),
  type: z.enum(RELEASE_TYPES).optional(),
  label: textSchema(LABEL_MAX).optional(),
  upc: z.string().max(20).nullable().optional(),
  /** Deals that began with the release move with it. */
  release_at: instantSchema.optional(),
  /** In place of all that there are. */
  deals: z.array(dealSchema).max(DEALS_MAX).optional(),
});

export const trackChange = z.strictObject({
  title: nameSchema(TRACK_TITLE_MAX).optional(),
  disc_number: z.number().int().min(1).max(99).optional(),
  track_number: z.number().int().min(1).max(999).optional(),
  isrc: z.string().max(24).nullable().optional(),
  explicit: z.boolean().optional(),
  artist_ids: z.array(idSchema).min(1).max(20).optional(),
  credits: z.array(creditSchema).max(CREDITS_MAX).optional(),
});

export const trackOrderBody = z.strictObject({
  /** All tracks of the release, in their order; numbers are given anew on each disc. */
  tracks: z
    .array(z.strictObject({ id: idSchema, disc_number: z.number().int().min(1).max(99).default(1) }))
    .min(1)
    .max(2 * TRACKS_PER_RELEASE_MAX),
});

export const changeArtist = defineRoute({
  method: "patch",
  path: "/v1/ingest/artists/:id",
  policy: "artist",
  summary: "Rename an artist, on everything that names them",
  params: idParams,
  headers: ifMatchHeaders,
  body: artistChange,
  responses: { 200: studioArtistSchema },
});

export const changeRelease = defineRoute({
  method: "patch",
  path: "/v1/ingest/releases/:id",
  policy: "artist",
  summary: "Change a release, its date or its deals",
  params: idParams,
  headers: ifMatchHeaders,
  body: releaseChange,
  responses: { 200: studioReleaseSchema },
});

export const changeTrack = defineRoute({
  method: "patch",
  path: "/v1/ingest/tracks/:id",
  policy: "artist",
  summary: "Change a track",
  params: idParams,
  headers: ifMatchHeaders,
  body: trackChange,
  responses: { 200: studioTrackSchema },
});

export const orderTracks = defineRoute({
  method: "put",
  path: "/v1/ingest/releases/:id/track-order",
  policy: "artist",
  summary: "Put all tracks of a release into an order",
  params: idParams,
  headers: ifMatchHeaders,
  body: trackOrderBody,
  responses: { 200: studioReleaseSchema },
});

export const EDITING_ROUTES = [changeArtist, changeRelease, changeTrack, orderTracks] as const;

export type ReleaseChange = z.input<typeof releaseChange>;
export type TrackChange = z.input<typeof trackChange>;
