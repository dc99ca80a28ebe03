import * as z from "zod";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import {
  idParams,
  idSchema,
  instantSchema,
  nameSchema,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  streamSessionSchema,
} from "#workers/shared/http/wire-schemas.ts";

export const PLAY_EVENTS_MAX = 100;
export const PLAY_SPANS_MAX = 64;

export const renditionSchema = z.object({
  /** The rung of the ladder: `vorbis-160`, `flac`, ... */
  profile: z.string(),
  codec: z.string(),
  mime_type: z.string(),
  bitrate_kbps: z.number().int(),
  size_bytes: z.number().int(),
  sample_rate: z.number().int(),
  /** Audible frames, and the frames of encoder delay before the first of them. */
  total_frames: z.number().int(),
  start_skip_frames: z.number().int(),
  /** Signed, from the root of any of `audio_origins`, good until `expires_at`; answers byte ranges. */
  url: z.string(),
});

/** What goes stale: renewed for as long as the playback lasts. */
export const playbackUrlsSchema = z.object({
  id: z.string(),
  track_id: z.string(),
  /** In ten minutes, or sooner where the rights of the track end. */
  expires_at: instantSchema,
  renditions: z.array(renditionSchema),
  /** Hosts that have the sound, the preferred one first. Empty or left out: this origin. */
  audio_origins: z.array(z.string()).optional(),
  /**
   * The same sound for players of others, to be opened until `expires_at`: signed, on this origin, with no header to be
   * sent. Null for a track that has no AAC, which is what manifests are made of.
   */
  manifests: z.object({ hls: z.string(), dash: z.string() }).nullable(),
});

export const playbackSchema = playbackUrlsSchema.extend({
  /** Sent with each play event of this playback: it says who may report it, and since when. */
  play_token: z.string(),
  duration_ms: z.number().int(),
  /** Integrated loudness (EBU R128), null where it was not measured. */
  loudness_lufs: z.number().nullable(),
  /** The outline of the recording: 1,000 peaks of 0 to 255 in base64. Null for recordings that have none. */
  waveform: z.string().nullable(),
});

const DEVICE_NAME_LENGTH_MAX = 60;

export const startPlaybackBody = z.object({
  track_id: idSchema,
  /** Whose stream it is. Without it the playback is a session of its own. */
  session_id: streamSessionSchema.optional(),
  /** For the device that it displaces: "Firefox on Linux". */
  device_name: nameSchema(DEVICE_NAME_LENGTH_MAX).optional(),
  /** The player goes on by itself. A session that was displaced is then refused: nobody pressed play. */
  continues: z.boolean().default(false),
});

/** An audible stretch of media time: what came out of the speaker, not what was skipped. */
export const spanSchema = z
  .object({ from_ms: z.number().int().min(0), to_ms: z.number().int().min(0) })
  .refine((span) => span.to_ms > span.from_ms, "a span ends after it begins");

export const playEventSchema = z.object({
  /** Made by the client, once; the same event may be sent any number of times. */
  event_id: z
    .string()
    .min(8)
    .max(64)
    .regex(/^[A-Za-z0-9_-]+$/),
  play_token: z.string().max(2_048),
  /** Counts up from 0 within a playback. */
  seq: z.number().int().min(0).max(100_000),
  kind: z.enum(["start", "progress", "end"]),
  /** Audible since the event before. */
  spans: z.array(spanSchema).max(PLAY_SPANS_MAX),
});

export const playEventsBody = z.object({ events: z.array(playEventSchema).min(1).max(PLAY_EVENTS_MAX) });

export const PLAY_EVENT_REFUSALS = [
  /** Not a play token of ours. */
  "token-invalid",
  /** The playback began too long ago to be reported. */
  "token-expired",
  /** The playback is another account's. */
  "other-account",
  /** The request holds another event of the playback with this id; that one was taken. */
  "event-id-reused",
] as const;

export const playEventsAnswerSchema = z.object({
  /** Events that are safe with us now. */
  accepted: z.number().int(),
  /** Events that never will be: do not send them again. */
  refused: z.array(z.object({ event_id: z.string(), reason: z.enum(PLAY_EVENT_REFUSALS) })),
});

export const playHistorySchema = z.object({
  track_id: z.string(),
  name: z.string(),
  artists: z.array(z.object({ id: z.string(), name: z.string() })),
  album: z.object({ id: z.string(), name: z.string(), image_url: z.string().nullable() }),
  duration_ms: z.number().int(),
});

export const recentlyPlayedSchema = z.object({
  href: z.string(),
  limit: z.number().int(),
  next: z.string().nullable(),
  items: z.array(z.object({ played_at: instantSchema, playback_id: z.string(), track: playHistorySchema })),
});

export const startPlayback = defineRoute({
  method: "post",
  path: "/v1/playbacks",
  policy: "listener",
  summary: "Begin to play a track: a playback id, a play token and signed rendition URLs",
  body: startPlaybackBody,
  responses: { 201: playbackSchema },
});

export const renewPlayback = defineRoute({
  method: "post",
  path: "/v1/playbacks/:id/renew",
  policy: "listener",
  summary: "New URLs for a playback that goes on; 409 where another device has taken over",
  params: idParams,
  body: z.object({ track_id: idSchema, session_id: streamSessionSchema.optional() }),
  responses: { 200: playbackUrlsSchema },
});

export const heartbeatPlayback = defineRoute({
  method: "post",
  path: "/v1/playbacks/:id/heartbeat",
  policy: "listener",
  summary: "A sign of life every 15 s, for players without a WebSocket; 409 where another device has taken over",
  params: idParams,
  body: z.object({ session_id: streamSessionSchema.optional() }),
  responses: { 204: null },
});

export const reportPlayEvents = defineRoute({
  method: "post",
  path: "/v1/me/play-events",
  policy: "listener",
  summary: "Report what was heard; safe to send again",
  body: playEventsBody,
  responses: { 202: playEventsAnswerSchema },
});

export const getRecentlyPlayed = defineRoute({
  method: "get",
  path: "/v1/me/player/recently-played",
  policy: "listener",
  summary: "Qualified plays of this account, newest first",
  query: z.object({
    limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
    /** The last playback of the page before. */
    before: idSchema.optional(),
  }),
  responses: { 200: recentlyPlayedSchema },
});

export const PLAYS_ROUTES = [
  startPlayback,
  renewPlayback,
  heartbeatPlayback,
  reportPlayEvents,
  getRecentlyPlayed,
] as const;

export type Playback = z.infer<typeof playbackSchema>;
export type PlaybackUrls = z.infer<typeof playbackUrlsSchema>;
export type Rendition = z.infer<typeof renditionSchema>;
export type PlayEventWire = z.infer<typeof playEventSchema>;
export type PlayEventsAnswer = z.infer<typeof playEventsAnswerSchema>;
export type PlayEventRefusal = (typeof PLAY_EVENT_REFUSALS)[number];
export type RecentlyPlayed = z.infer<typeof recentlyPlayedSchema>;
