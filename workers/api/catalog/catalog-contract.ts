import * as z from "zod";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams, PAGE_LIMIT_MAX, pageQuery, pageSchema } from "#workers/shared/http/wire-schemas.ts";

export const imageSchema = z.object({
  url: z.string(),
  height: z.number().int().nullable(),
  width: z.number().int().nullable(),
});

export const artistRefSchema = z.object({
  id: z.string(),
  type: z.literal("artist"),
  name: z.string(),
  href: z.string(),
  uri: z.string(),
});

export const artistSchema = artistRefSchema.extend({
  images: z.array(imageSchema),
  genres: z.array(z.string()),
});

export const albumRefSchema = z.object({
  id: z.string(),
  type: z.literal("album"),
  name: z.string(),
  href: z.string(),
  uri: z.string(),
  album_type: z.enum(["album", "single", "ep", "compilation"]),
  release_date: z.iso.date(),
  release_date_precision: z.literal("day"),
  total_tracks: z.number().int().min(0),
  images: z.array(imageSchema),
  artists: z.array(artistRefSchema),
});

export const restrictionsSchema = z.object({ reason: z.enum(["market", "product", "explicit"]) });

export const trackRefSchema = z.object({
  id: z.string(),
  type: z.literal("track"),
  name: z.string(),
  href: z.string(),
  uri: z.string(),
  artists: z.array(artistRefSchema),
  disc_number: z.number().int().min(1),
  track_number: z.number().int().min(1),
  duration_ms: z.number().int().min(1),
  explicit: z.boolean(),
  is_local: z.literal(false),
  /** Half a minute of it, for anybody where it may be played; null where there is none. It redirects. */
  preview_url: z.string().nullable(),
  /** In the country of the request, on the terms of the advertisement-supported tier: all accounts have those today. */
  is_playable: z.boolean(),
  restrictions: restrictionsSchema.optional(),
  /** Qualified plays so far; null while the count cannot be read. */
  play_count: z.number().int().min(0).nullable(),
});

export const trackSchema = trackRefSchema.extend({
  album: albumRefSchema,
  external_ids: z.object({ isrc: z.string().optional() }),
  /** From the play count, and null with it. */
  popularity: z.number().int().min(0).max(100).nullable(),
});

export const albumSchema = albumRefSchema.extend({
  label: z.string(),
  genres: z.array(z.string()),
  copyrights: z.array(z.object({ text: z.string(), type: z.enum(["C", "P"]) })),
  external_ids: z.object({ upc: z.string().optional() }),
  tracks: pageSchema(trackRefSchema),
});

/** An album comes with its first tracks, as many as a page of its track list holds; longer ones are paged from there. */
export const ALBUM_TRACKS_LIMIT_MAX = 300;

export const SEARCH_TYPES = ["track", "artist", "album"] as const;

export const searchQuery = pageQuery.extend({
  q: z.string().trim().min(1, "type something to search for").max(200),
  type: z
    .string()
    .default("track,artist,album")
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(SEARCH_TYPES)).max(SEARCH_TYPES.length)),
});

export const searchAnswerSchema = z.object({
  tracks: pageSchema(trackSchema).optional(),
  artists: pageSchema(artistSchema).optional(),
  albums: pageSchema(albumRefSchema).optional(),
});

export const getTrack = defineRoute({
  method: "get",
  path: "/v1/tracks/:id",
  policy: "public",
  summary: "A track",
  params: idParams,
  responses: { 200: trackSchema },
});

export const getAlbum = defineRoute({
  method: "get",
  path: "/v1/albums/:id",
  policy: "public",
  summary: "A release with its tracks",
  params: idParams,
  responses: { 200: albumSchema },
});

export const getAlbumTracks = defineRoute({
  method: "get",
  path: "/v1/albums/:id/tracks",
  policy: "public",
  summary: "A release's tracks, in its order",
  params: idParams,
  query: pageQuery.extend({
    limit: z.coerce.number().int().min(1).max(ALBUM_TRACKS_LIMIT_MAX).default(PAGE_LIMIT_MAX),
  }),
  responses: { 200: pageSchema(trackRefSchema) },
});

export const getArtist = defineRoute({
  method: "get",
  path: "/v1/artists/:id",
  policy: "public",
  summary: "An artist",
  params: idParams,
  responses: { 200: artistSchema },
});

export const getArtistAlbums = defineRoute({
  method: "get",
  path: "/v1/artists/:id/albums",
  policy: "public",
  summary: "An artist's releases, newest first",
  params: idParams,
  query: pageQuery,
  responses: { 200: pageSchema(albumRefSchema) },
});

export const getArtistTopTracks = defineRoute({
  method: "get",
  path: "/v1/artists/:id/top-tracks",
  policy: "public",
  summary: "An artist's tracks with the most qualified plays, at most ten",
  params: idParams,
  responses: { 200: z.object({ tracks: z.array(trackSchema) }) },
});

export const getNewReleases = defineRoute({
  method: "get",
  path: "/v1/browse/new-releases",
  policy: "public",
  summary: "Releases, newest first",
  query: pageQuery,
  responses: { 200: z.object({ albums: pageSchema(albumRefSchema) }) },
});

export const search = defineRoute({
  method: "get",
  path: "/v1/search",
  policy: "public",
  summary: "Tracks, artists and releases whose names have words that begin like the words asked for",
  query: searchQuery,
  responses: { 200: searchAnswerSchema },
});

export const CATALOG_ROUTES = [
  getTrack,
  getAlbum,
  getAlbumTracks,
  getArtist,
  getArtistAlbums,
  getArtistTopTracks,
  getNewReleases,
  search,
] as const;

export type Image = z.infer<typeof imageSchema>;
export type ArtistRef = z.infer<typeof artistRefSchema>;
export type Artist = z.infer<typeof artistSchema>;
export type AlbumRef = z.infer<typeof albumRefSchema>;
export type Album = z.infer<typeof albumSchema>;
export type TrackRef = z.infer<typeof trackRefSchema>;
export type Track = z.infer<typeof trackSchema>;
export type SearchAnswer = z.infer<typeof searchAnswerSchema>;
