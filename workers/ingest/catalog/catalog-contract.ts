/** The artist's side of the catalog: what the studio and the importer write. Listeners read it through the api. */
import * as z from "zod";
import { CREDIT_ROLES } from "#domain/catalog/credits.ts";
import { RELEASE_TYPES } from "#domain/catalog/release-types.ts";
import { COMMERCIAL_MODELS } from "#domain/rights/deals.ts";
import { uploadSchema } from "#workers/ingest/uploads/uploads-contract.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import {
  countrySchema,
  idempotencyHeaders,
  idParams,
  idSchema,
  instantSchema,
  nameSchema,
  sha256Schema,
  textSchema,
} from "#workers/shared/http/wire-schemas.ts";

export const ARTIST_NAME_MAX = 200;
export const RELEASE_TITLE_MAX = 300;
export const COVER_BYTES_MAX = 10 * 1024 ** 2;
export const LABEL_MAX = 200;
export const DEALS_MAX = 50;
export const CREDIT_NAME_MAX = 200;

/** Goes into If-Match when the thing is changed. */
const etagSchema = z.string();

export const studioArtistSchema = z.object({ id: z.string(), name: z.string(), etag: etagSchema });

const worldOrCountry = z.union([z.literal("Worldwide"), countrySchema]);

export const dealSchema = z.object({
  /** `Worldwide`, or ISO 3166-1 country codes. */
  territories: z.array(worldOrCountry).min(1).max(250),
  /** Taken out of `territories`. */
  excluded_territories: z.array(countrySchema).max(250).default([]),
  commercial_models: z
    .array(z.enum(COMMERCIAL_MODELS))
    .min(1)
    .default([...COMMERCIAL_MODELS]),
  /** Defaults to the release's own instant. */
  starts_at: instantSchema.optional(),
  /** Exclusive; without it the deal has no end. */
  ends_at: instantSchema.optional(),
});

export const releaseBody = z.object({
  artist_id: idSchema,
  title: nameSchema(RELEASE_TITLE_MAX),
  type: z.enum(RELEASE_TYPES).default("album"),
  /** Nothing of the release can be found or played before this instant. */
  release_at: instantSchema,
  upc: z.string().max(20).optional(),
  label: textSchema(LABEL_MAX).default(""),
  /** Without any, one deal for the whole world. */
  deals: z.array(dealSchema).max(DEALS_MAX).optional(),
});

export const creditSchema = z.object({ name: nameSchema(CREDIT_NAME_MAX), role: z.enum(CREDIT_ROLES) });

export const studioTrackSchema = z.object({
  id: z.string(),
  release_id: z.string(),
  title: z.string(),
  disc_number: z.number().int(),
  track_number: z.number().int(),
  isrc: z.string().nullable(),
  explicit: z.boolean(),
  duration_ms: z.number().int().nullable(),
  /** As its file has them: listeners hear two, and more are mixed down. Null until it is transcoded. */
  source_channels: z.number().int().nullable(),
  /** Who it is listed under: first the main artist. */
  artists: z.array(z.object({ id: z.string(), name: z.string() })),
  credits: z.array(creditSchema),
  /** Null until listeners have it. While a new master is on its way, they hear the one before. */
  published_at: instantSchema.nullable(),
  /** The newest upload of this track. */
  upload: uploadSchema.nullable(),
  etag: etagSchema,
});

export const studioReleaseSchema = z.object({
  id: z.string(),
  artist: studioArtistSchema,
  title: z.string(),
  type: z.enum(RELEASE_TYPES),
  label: z.string(),
  upc: z.string().nullable(),
  release_at: instantSchema,
  /** Null until its first track is out. */
  published_at: instantSchema.nullable(),
  cover_url: z.string(),
  deals: z.array(dealSchema),
  tracks: z.array(studioTrackSchema),
  etag: etagSchema,
});

export const putArtist = defineRoute({
  method: "post",
  path: "/v1/ingest/artists",
  policy: "artist",
  summary: "The account's artist of this name, made if there is none (names match without case, accents or spaces)",
  body: z.object({ name: nameSchema(ARTIST_NAME_MAX) }),
  responses: { 200: studioArtistSchema, 201: studioArtistSchema },
});

export const listArtists = defineRoute({
  method: "get",
  path: "/v1/ingest/artists",
  policy: "artist",
  summary: "The artists this account publishes for",
  responses: { 200: z.object({ items: z.array(studioArtistSchema) }) },
});

export const createRelease = defineRoute({
  method: "post",
  path: "/v1/ingest/releases",
  policy: "artist",
  summary: "Create a release",
  headers: idempotencyHeaders,
  body: releaseBody,
  responses: { 201: studioReleaseSchema },
});

export const listReleases = defineRoute({
  method: "get",
  path: "/v1/ingest/releases",
  policy: "artist",
  summary: "The account's releases, newest first, with their tracks and uploads",
  query: z.object({ artist_id: idSchema.optional(), cursor: idSchema.optional() }),
  responses: { 200: z.object({ items: z.array(studioReleaseSchema), next_cursor: z.string().nullable() }) },
});

export const getRelease = defineRoute({
  method: "get",
  path: "/v1/ingest/releases/:id",
  policy: "artist",
  summary: "One of the account's releases",
  params: idParams,
  responses: { 200: studioReleaseSchema },
});

export const getArtist = defineRoute({
  method: "get",
  path: "/v1/ingest/artists/:id",
  policy: "artist",
  summary: "One of the account's artists",
  params: idParams,
  responses: { 200: studioArtistSchema },
});

export const getTrack = defineRoute({
  method: "get",
  path: "/v1/ingest/tracks/:id",
  policy: "artist",
  summary: "One of the account's tracks, as the studio shows it",
  params: idParams,
  responses: { 200: studioTrackSchema },
});

export const putCover = defineRoute({
  method: "put",
  path: "/v1/ingest/releases/:id/cover",
  policy: "artist",
  summary: "The release's cover: the body is a JPEG, PNG or WebP image of at most 10 MiB",
  params: idParams,
  responses: { 200: z.object({ cover_url: z.string(), sha256: sha256Schema }) },
});

export const INGEST_CATALOG_ROUTES = [
  putArtist,
  listArtists,
  createRelease,
  listReleases,
  getRelease,
  getArtist,
  getTrack,
  putCover,
] as const;

export type StudioArtist = z.infer<typeof studioArtistSchema>;
export type StudioTrack = z.infer<typeof studioTrackSchema>;
export type StudioRelease = z.infer<typeof studioReleaseSchema>;
export type ReleaseBody = z.input<typeof releaseBody>;
export type DealWire = z.infer<typeof dealSchema>;
