/** What comes out of the plays queue is checked here: another version of the api may have put it in. */
import * as z from "zod";
import { isId } from "#domain/foundation/ids.ts";
import { PLAY_EVENT_KINDS } from "#domain/plays/play-event.ts";
import type { PlayMessage } from "#domain/plays/play-message.ts";
import { COMMERCIAL_MODELS } from "#domain/rights/deals.ts";

const EVENTS_MAX = 1_000;
const SPANS_MAX = 1_000;

/** Ids and subjects are written alike. The account is named by whatever keeps accounts. */
function idSchema<Id extends string>() {
  return z.custom<Id>((value) => typeof value === "string" && isId(value), "not an id");
}

const accountIdSchema = z.custom<PlayMessage["accountId"]>(
  (value) => typeof value === "string" && /^[\x21-\x7e]{1,128}$/.test(value),
  "not an account id",
);

const millisecondsSchema = z.number().int().min(0);

const playbackSchema = z.object({
  playbackId: idSchema<PlayMessage["playbacks"][number]["playback"]["playbackId"]>(),
  subjectId: idSchema<PlayMessage["playbacks"][number]["playback"]["subjectId"]>(),
  recordingId: idSchema<PlayMessage["playbacks"][number]["playback"]["recordingId"]>(),
  durationMs: z.number().int().min(1),
  issuedAtMs: millisecondsSchema,
  country: z.string().regex(/^[A-Z]{2}$/),
  commercialModel: z.enum(COMMERCIAL_MODELS),
});

const eventSchema = z.object({
  eventId: z.string().min(1).max(64),
  seq: z.number().int().min(0),
  kind: z.enum(PLAY_EVENT_KINDS),
  spans: z.array(z.object({ fromMs: millisecondsSchema, toMs: millisecondsSchema })).max(SPANS_MAX),
});

export const playMessageSchema: z.ZodType<PlayMessage> = z.object({
  version: z.literal(1),
  accountId: accountIdSchema,
  receivedAtMs: millisecondsSchema,
  playbacks: z
    .array(z.object({ playback: playbackSchema, events: z.array(eventSchema).min(1).max(EVENTS_MAX) }))
    .min(1),
});
