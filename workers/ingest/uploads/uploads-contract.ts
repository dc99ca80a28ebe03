import * as z from "zod";
import { UPLOAD_STATES } from "#domain/ingest/upload-states.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import {
  idempotencyHeaders,
  idParams,
  idSchema,
  instantSchema,
  nameSchema,
  sha256Schema,
} from "#workers/shared/http/wire-schemas.ts";

export const UPLOAD_BYTES_MAX = 2 * 1024 ** 3;
export const TRACK_TITLE_MAX = 300;

/** The type is what the client believes; what counts are the bytes. */
export const UPLOAD_CONTENT_TYPES = [
  "audio/wav",
  "audio/aiff",
  "audio/flac",
  "audio/mpeg",
  "audio/mp4",
  "audio/ogg",
  "application/octet-stream",
] as const;

export const uploadSchema = z.object({
  id: z.string(),
  track_id: z.string(),
  release_id: z.string(),
  title: z.string(),
  state: z.enum(UPLOAD_STATES),
  /** Set where the state is REJECTED: a stable code, and words for the artist. */
  reason: z.object({ code: z.string(), message: z.string(), detail: z.string() }).nullable(),
  file: z.object({ name: z.string(), size_bytes: z.number().int(), content_type: z.string(), sha256: z.string() }),
  /** 0 to 1 while TRANSCODING, as the job last said. */
  transcode_progress: z.number().nullable(),
  created_at: instantSchema,
  updated_at: instantSchema,
});

export const fileSchema = z.object({
  name: z.string().min(1).max(255),
  size_bytes: z.number().int().min(1, "the file is empty").max(UPLOAD_BYTES_MAX, "the file is larger than 2 GiB"),
  content_type: z.enum(UPLOAD_CONTENT_TYPES),
  sha256: sha256Schema,
});

export const uploadBody = z.object({
  release_id: idSchema,
  track: z.object({
    title: nameSchema(TRACK_TITLE_MAX),
    disc_number: z.number().int().min(1).max(99).default(1),
    track_number: z.number().int().min(1).max(999),
    /** Hyphens, spaces and a leading `ISRC` are tolerated and dropped. */
    isrc: z.string().max(24).optional(),
    explicit: z.boolean().default(false),
    /** Who performs, where it is not just the artist of the release: first the main artist. */
    artist_ids: z.array(idSchema).min(1).max(20).optional(),
  }),
  file: fileSchema,
});

/** Where the bytes go: tus 1.0, or one PUT of the whole file. No other credential is needed. */
export const uploadTicketSchema = z.object({ upload: uploadSchema, upload_url: z.string(), expires_at: instantSchema });

export const createUpload = defineRoute({
  method: "post",
  path: "/v1/ingest/uploads",
  policy: "artist",
  summary: "Announce a track and its file; the answer says where to send the bytes",
  headers: idempotencyHeaders,
  body: uploadBody,
  responses: { 201: uploadTicketSchema },
});

export const announceMaster = defineRoute({
  method: "post",
  path: "/v1/ingest/tracks/:id/masters",
  policy: "artist",
  summary: "Announce another file for a track; what is out is heard until the new one is ready",
  params: idParams,
  headers: idempotencyHeaders,
  body: z.strictObject({ file: fileSchema }),
  responses: { 201: uploadTicketSchema },
});

export const getUpload = defineRoute({
  method: "get",
  path: "/v1/ingest/uploads/:id",
  policy: "artist",
  summary: "How far an upload is, and if it was rejected, why",
  params: idParams,
  responses: { 200: uploadSchema },
});

export const renewUploadUrl = defineRoute({
  method: "post",
  path: "/v1/ingest/uploads/:id/url",
  policy: "artist",
  summary: "A fresh signed URL for an upload whose bytes are not all here",
  params: idParams,
  responses: { 200: uploadTicketSchema },
});

export const UPLOADS_ROUTES = [createUpload, announceMaster, getUpload, renewUploadUrl] as const;

export type Upload = z.infer<typeof uploadSchema>;
export type UploadBody = z.input<typeof uploadBody>;
export type UploadTicket = z.infer<typeof uploadTicketSchema>;
