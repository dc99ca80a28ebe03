import * as z from "zod";
import {
  PLAYLIST_DESCRIPTION_MAX,
  PLAYLIST_EDIT_ITEMS_MAX,
  PLAYLIST_ITEMS_MAX,
  PLAYLIST_NAME_MAX,
} from "#domain/playlists/playlist.ts";
import { trackSchema } from "#workers/api/catalog/catalog-contract.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import {
  idempotencyHeaders,
  idParams,
  idSchema,
  nameSchema,
  pageQuery,
  pageSchema,
} from "#workers/shared/http/wire-schemas.ts";

export const TRACK_URI_PREFIX = "rimshot:track:";
export const trackUriSchema = z.string().regex(/^rimshot:track:[0-9A-Za-z]{22}$/, "a track is rimshot:track:<id>");

export const playlistRefSchema = z.object({
  id: z.string(),
  type: z.literal("playlist"),
  name: z.string(),
  description: z.string(),
  href: z.string(),
  uri: z.string(),
  public: z.boolean(),
  collaborative: z.boolean(),
  owner: z.object({ id: z.string(), display_name: z.string() }),
  snapshot_id: z.string(),
  images: z.array(z.object({ url: z.string(), height: z.number().nullable(), width: z.number().nullable() })),
  tracks: z.object({ href: z.string(), total: z.number().int() }),
});

export const playlistItemSchema = z.object({
  /** Names this place in the list, where the same track stands twice. */
  item_id: z.string(),
  added_at: z.string(),
  added_by: z.object({ id: z.string() }),
  is_local: z.literal(false),
  /** Null for a track that is no longer in the catalog. */
  track: trackSchema.nullable(),
});

export const playlistSchema = playlistRefSchema.extend({ tracks: pageSchema(playlistItemSchema) });

export const snapshotSchema = z.object({ snapshot_id: z.string() });

/** The version that a request was made against, as an answer gave it: a decimal number. */
const snapshotIdSchema = z.string().regex(/^[1-9][0-9]{0,14}$/, "a snapshot_id is one that an answer gave");

/** Names an edit: sent again under the same name by the same account, it is not made twice. */
const opIdSchema = z.string().regex(/^[\x21-\x7e]{8,64}$/, "8 to 64 visible ASCII characters without spaces");

const positionSchema = z.number().int().min(0).max(PLAYLIST_ITEMS_MAX);

const playlistDetails = z.object({
  name: nameSchema(PLAYLIST_NAME_MAX),
  description: z.string().max(PLAYLIST_DESCRIPTION_MAX).default(""),
  /** Anyone with the link may read it. */
  public: z.boolean().default(true),
  /** Anyone signed in who has the link may edit it. */
  collaborative: z.boolean().default(false),
});

export const createPlaylist = defineRoute({
  method: "post",
  path: "/v1/me/playlists",
  policy: "listener",
  summary: "Create a playlist",
  headers: idempotencyHeaders,
  body: playlistDetails,
  responses: { 201: playlistRefSchema },
});

export const listMyPlaylists = defineRoute({
  method: "get",
  path: "/v1/me/playlists",
  policy: "listener",
  summary: "The playlists this account made",
  query: pageQuery,
  responses: { 200: pageSchema(playlistRefSchema) },
});

export const getPlaylist = defineRoute({
  method: "get",
  path: "/v1/playlists/:id",
  policy: "public",
  summary: "A playlist and its first page of tracks",
  params: idParams,
  query: pageQuery,
  responses: { 200: playlistSchema },
});

export const changePlaylist = defineRoute({
  method: "put",
  path: "/v1/playlists/:id",
  policy: "listener",
  summary: "Change a playlist's name, description or who may see and edit it",
  params: idParams,
  body: z
    .object({
      name: nameSchema(PLAYLIST_NAME_MAX).optional(),
      description: z.string().max(PLAYLIST_DESCRIPTION_MAX).optional(),
      public: z.boolean().optional(),
      collaborative: z.boolean().optional(),
    })
    .refine((changes) => Object.values(changes).some((value) => value !== undefined), "name something to change"),
  responses: { 200: snapshotSchema },
});

export const deletePlaylist = defineRoute({
  method: "delete",
  path: "/v1/playlists/:id",
  policy: "listener",
  summary: "Delete a playlist",
  params: idParams,
  responses: { 204: null },
});

export const getPlaylistTracks = defineRoute({
  method: "get",
  path: "/v1/playlists/:id/tracks",
  policy: "public",
  summary: "A page of a playlist's tracks",
  params: idParams,
  query: pageQuery,
  responses: { 200: pageSchema(playlistItemSchema) },
});

export const addPlaylistTracks = defineRoute({
  method: "post",
  path: "/v1/playlists/:id/tracks",
  policy: "listener",
  summary: "Add tracks, at the end or at a position",
  params: idParams,
  body: z.object({
    uris: z.array(trackUriSchema).min(1).max(PLAYLIST_EDIT_ITEMS_MAX),
    /** Before the track that stands there; left out for the end. */
    position: positionSchema.optional(),
    op_id: opIdSchema.optional(),
  }),
  responses: { 201: snapshotSchema },
});

export const reorderPlaylistTracks = defineRoute({
  method: "put",
  path: "/v1/playlists/:id/tracks",
  policy: "listener",
  summary: "Move a run of tracks",
  params: idParams,
  body: z.object({
    range_start: positionSchema,
    /** Counted with the run still in its old place. */
    insert_before: positionSchema,
    range_length: z.number().int().min(1).max(PLAYLIST_EDIT_ITEMS_MAX).default(1),
    snapshot_id: snapshotIdSchema.optional(),
    op_id: opIdSchema.optional(),
  }),
  responses: { 200: snapshotSchema },
});

export const removePlaylistTracks = defineRoute({
  method: "delete",
  path: "/v1/playlists/:id/tracks",
  policy: "listener",
  summary: "Remove tracks: every place of a uri, or one place by its item_id",
  params: idParams,
  body: z.object({
    tracks: z
      .array(z.object({ uri: trackUriSchema, item_id: idSchema.optional() }))
      .min(1)
      .max(PLAYLIST_EDIT_ITEMS_MAX),
    snapshot_id: snapshotIdSchema.optional(),
    op_id: opIdSchema.optional(),
  }),
  responses: { 200: snapshotSchema },
});

export const PLAYLISTS_ROUTES = [
  createPlaylist,
  listMyPlaylists,
  getPlaylist,
  changePlaylist,
  deletePlaylist,
  getPlaylistTracks,
  addPlaylistTracks,
  reorderPlaylistTracks,
  removePlaylistTracks,
] as const;

export type PlaylistRef = z.infer<typeof playlistRefSchema>;
export type PlaylistItem = z.infer<typeof playlistItemSchema>;
export type Playlist = z.infer<typeof playlistSchema>;
