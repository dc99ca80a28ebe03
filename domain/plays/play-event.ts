/** Play events as they travel and are kept once the play token has been checked. */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";
import type { PlayTokenClaims } from "./play-token.ts";
import type { Span } from "./spans.ts";
import type { SubjectId } from "./subject.ts";

export const PLAY_EVENT_KINDS = ["start", "progress", "end"] as const;
export type PlayEventKind = (typeof PLAY_EVENT_KINDS)[number];

/** What a device says, unchanged. Two events of a playback with the same id are the same event. */
export interface PlayEvent {
  readonly eventId: string;
  readonly seq: number;
  readonly kind: PlayEventKind;
  readonly spans: readonly Span[];
}

/** What the play token says of a playback, without the account. */
export interface PlaybackFacts {
  readonly playbackId: PlaybackId;
  readonly subjectId: SubjectId;
  readonly recordingId: RecordingId;
  readonly durationMs: number;
  readonly issuedAtMs: EpochMs;
  readonly country: string;
  readonly commercialModel: CommercialModel;
}

export function playbackFactsOf(claims: PlayTokenClaims): PlaybackFacts {
  return {
    playbackId: claims.playback,
    subjectId: claims.subject,
    recordingId: claims.track,
    durationMs: claims.durationMs,
    issuedAtMs: claims.issuedAtMs,
    country: claims.country,
    commercialModel: claims.commercialModel,
  };
}

/**
 * The body of an event as text, equal exactly where the bodies are. Fields are listed by hand, so that the order in
 * which a sender wrote them makes no difference.
 */
export function playEventBody({ seq, kind, spans }: PlayEvent): string {
  return JSON.stringify([seq, kind, spans.map(({ fromMs, toMs }) => [fromMs, toMs])]);
}
