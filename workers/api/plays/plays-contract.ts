import * as z from "zod";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idSchema, instantSchema, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "#workers/shared/http/wire-schemas.ts";

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
  /** Signed, on this origin, good until `expires_at`; answers byte ranges. */
  url: z.string(),
});

export const playbackSchema = z.object({
  id: z.string(),
  track_id: z.string(),
  /** Sent with each play event of this playback: it says who may report it, and since when. */
  play_token: z.string(),
  expires_at: instantSchema,
  duration_ms: z.number().int(),
  /** Integrated loudness (EBU R128), null where it was not measured. */
  loudness_lufs: z.number().nullable(),
  renditions: z.array(renditionSchema),
});

export const startPlaybackBody = z.object({ track_id: idSchema });

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

export const PLAYS_ROUTES = [startPlayback, reportPlayEvents, getRecentlyPlayed] as const;

export type Playback = z.infer<typeof playbackSchema>;
export type Rendition = z.infer<typeof renditionSchema>;
export type PlayEventWire = z.infer<typeof playEventSchema>;
export type PlayEventsAnswer = z.infer<typeof playEventsAnswerSchema>;
export type PlayEventRefusal = (typeof PLAY_EVENT_REFUSALS)[number];
export type RecentlyPlayed = z.infer<typeof recentlyPlayedSchema>;
