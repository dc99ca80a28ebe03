/** What the transcode job says to us. It runs anywhere with ffmpeg and reaches storage through these routes alone. */
import * as z from "zod";
import { decodeSeekTable, SEEK_POINTS_MAX } from "#domain/delivery/seek-table.ts";
import { isWaveform, WAVEFORM_LENGTH_MAX } from "#domain/delivery/waveform.ts";
import { defineRoute } from "#workers/shared/http/route-contract.ts";
import { idParams, idSchema, instantSchema, sha256Schema } from "#workers/shared/http/wire-schemas.ts";

export const LEASE_SECONDS_MIN = 2;
export const LEASE_SECONDS_MAX = 600;
export const LEASE_SECONDS_DEFAULT = 60;
/**
 * All tables of the longest recording, six hours with a point each second in seven files, are some 700 KB; the rest is
 * room.
 */
const COMPLETE_BODY_BYTES_MAX = 2 * 1024 ** 2;
/** Of two minutes, at about eight numbers of four bytes a second: three times as much as that. */
const FINGERPRINT_LENGTH_MAX = 16_384;

export const leaseSchema = z.object({
  id: idSchema,
  upload_id: idSchema,
  expires_at: instantSchema,
  /** 1 at the first try. */
  attempt: z.number().int(),
  master: z.object({
    url: z.string(),
    sha256: sha256Schema,
    size_bytes: z.number().int(),
    content_type: z.string(),
    file_name: z.string(),
  }),
});

export const renditionReportSchema = z
  .object({
    profile: z.string().max(40),
    sha256: sha256Schema,
    size_bytes: z.number().int().positive(),
    /** Measured over the whole file. */
    bitrate_kbps: z.number().int().positive(),
    sample_rate: z.number().int().min(8_000).max(192_000),
    channels: z.number().int().min(1).max(2),
    total_frames: z.number().int().positive(),
    start_skip_frames: z.number().int().min(0),
    /** What a decoder needs before any sound; in fragmented MP4 the segment index follows it. Null: not measured. */
    header_bytes: z.number().int().positive().nullable().default(null),
    /** Places where a decoder can begin, as `encodeSeekTable` writes them. */
    seek_table: z.string().optional(),
    /** The same as [time in ms, byte offset], from jobs of the version before. */
    seek_points: z
      .array(z.tuple([z.number().int().min(0), z.number().int().min(0)]))
      .max(SEEK_POINTS_MAX)
      .optional(),
  })
  .refine(hasSeekTable, {
    path: ["seek_table"],
    message: "Send the places where a decoder can begin, within the file.",
  });

function hasSeekTable(report: {
  readonly size_bytes: number;
  readonly seek_table?: string | undefined;
  readonly seek_points?: unknown;
}): boolean {
  if (report.seek_table === undefined) return report.seek_points !== undefined;
  const last = decodeSeekTable(report.seek_table)?.at(-1);
  return last !== undefined && last[1] < report.size_bytes;
}

/** How a recording sounds, for comparing it with others; see `FINGERPRINT_ALGORITHM` of the transcode job. */
export const fingerprintSchema = z.object({
  algorithm: z.string().min(1).max(40),
  /** How much of the recording was listened to, from its beginning. */
  duration_ms: z.number().int().positive(),
  /** The numbers, 32 bits each and the lowest byte first, in base64. */
  fingerprint: z.base64().min(1).max(FINGERPRINT_LENGTH_MAX),
});

export const technicalReportSchema = z.object({
  duration_ms: z.number().int().positive(),
  source_codec: z.string().max(60),
  source_sample_rate: z.number().int().positive(),
  source_channels: z.number().int().min(1).max(64),
  /** EBU R128; null where there is nothing to measure. */
  loudness_lufs: z.number().nullable(),
  true_peak_dbtp: z.number().nullable(),
  /** Identifies the encoder build: other builds give other bytes. */
  encoder: z.string().max(200),
  /** WAVEFORM_PEAKS bytes in base64; jobs of the version before send none. */
  waveform: z.base64().max(WAVEFORM_LENGTH_MAX).refine(isWaveform, "not a waveform").optional(),
  /** Null where the recording is too short; jobs of the version before send none. */
  fingerprint: fingerprintSchema.nullable().optional(),
});

export const claimTranscode = defineRoute({
  method: "post",
  path: "/v1/ingest/transcodes/claim",
  policy: "job",
  summary: "Take the next piece of work, or 204 where there is none",
  body: z.object({
    worker: z.string().min(1).max(100),
    lease_seconds: z.number().int().min(LEASE_SECONDS_MIN).max(LEASE_SECONDS_MAX).default(LEASE_SECONDS_DEFAULT),
  }),
  responses: { 200: leaseSchema, 204: null },
});

export const heartbeatTranscode = defineRoute({
  method: "post",
  path: "/v1/ingest/transcodes/:id/heartbeat",
  policy: "job",
  summary: "Hold the lease for another term and say how far the work is; 409 where it went to another",
  params: idParams,
  body: z.object({ progress: z.number().min(0).max(1) }),
  responses: { 200: z.object({ expires_at: instantSchema }) },
});

export const offerRendition = defineRoute({
  method: "post",
  path: "/v1/ingest/transcodes/:id/renditions",
  policy: "job",
  summary: "Where to send a rendition's bytes; `upload_url` is null where they are stored already",
  params: idParams,
  body: z.object({ profile: z.string().max(40), sha256: sha256Schema, size_bytes: z.number().int().positive() }),
  responses: { 200: z.object({ upload_url: z.string().nullable() }) },
});

export const completeTranscode = defineRoute({
  method: "post",
  path: "/v1/ingest/transcodes/:id/complete",
  policy: "job",
  summary: "All renditions are stored; safe to send again",
  params: idParams,
  bodyBytesMax: COMPLETE_BODY_BYTES_MAX,
  body: z.object({ technical: technicalReportSchema, renditions: z.array(renditionReportSchema).min(1).max(40) }),
  responses: { 204: null },
});

export const failTranscode = defineRoute({
  method: "post",
  path: "/v1/ingest/transcodes/:id/fail",
  policy: "job",
  summary: "Give up: for good with a reject code, or for now so that it is tried again",
  params: idParams,
  body: z.object({
    /** A code of the file's own fault; null for a fault of ours, which is tried again. */
    reject_code: z.string().max(40).nullable(),
    detail: z.string().max(1_000),
  }),
  responses: { 204: null },
});

export const getMaster = defineRoute({
  method: "get",
  path: "/v1/ingest/masters/:id",
  policy: "signed",
  summary: "A master's bytes",
  params: z.object({ id: sha256Schema }),
  query: z.object({ token: z.string() }),
  responses: { 200: null },
});

export const putRendition = defineRoute({
  method: "put",
  path: "/v1/ingest/renditions/:name",
  policy: "signed",
  summary: "A rendition's bytes, refused where they do not hash to the name",
  params: z.object({ name: z.string().regex(/^[0-9a-f]{64}\.[a-z0-9]{2,4}$/) }),
  query: z.object({ token: z.string() }),
  responses: { 201: null },
});

export type TranscodeLease = z.infer<typeof leaseSchema>;
export type RenditionReport = z.infer<typeof renditionReportSchema>;
export type TechnicalReport = z.infer<typeof technicalReportSchema>;
export type RecordingFingerprint = z.infer<typeof fingerprintSchema>;
