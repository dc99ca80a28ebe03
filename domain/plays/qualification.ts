/**
 * What a playback amounts to, from everything that was reported of it. The outcome is a function of a set: the order,
 * the grouping and the repetition of reports make no difference, and more reports never make less of a playback.
 * Specified in docs/specs/plays.md.
 */
import type { EpochMs } from "#domain/foundation/time.ts";
import { type Span, spansLengthMs, unionSpans } from "./spans.ts";

/** The industry's thirty seconds, or a whole track that is shorter. */
const ROYALTY_AUDIBLE_MS = 30_000;
/** The scrobbling rule: tracks longer than 30 s, heard for half their length or four minutes, whichever is less. */
const SCROBBLE_DURATION_MS = 30_000;
const SCROBBLE_AUDIBLE_MS = 240_000;
/**
 * How much more than the time since the playback began may have been heard: clocks are read on two machines. For a
 * short track it is a share of the track, or a track of two seconds would count at once.
 */
const ELAPSED_LEEWAY_MS = 2_000;
const ELAPSED_LEEWAY_SHARE = 0.1;

export interface PlaybackEvidence {
  /** Of every event of the playback, in any order. */
  readonly spans: Iterable<Span>;
  /** When the service last received an event of it, new or repeated. */
  readonly lastReceivedAtMs: EpochMs;
}

export interface PlaybackOutcome {
  readonly audibleMs: number;
  readonly isRoyaltyEligible: boolean;
  readonly isScrobbleEligible: boolean;
}

/**
 * Audible time is the union of all spans inside the track, and at most the time from the start of the playback to
 * the last report, plus the leeway. A claim that comes too early is thus not lost: it counts as soon as any later
 * report of the playback shows that the time has passed.
 */
export function assessPlayback(
  { durationMs, issuedAtMs }: { readonly durationMs: number; readonly issuedAtMs: EpochMs },
  { spans, lastReceivedAtMs }: PlaybackEvidence,
): PlaybackOutcome {
  const heardMs = spansLengthMs(unionSpans(spans, durationMs));
  const leewayMs = Math.min(ELAPSED_LEEWAY_MS, durationMs * ELAPSED_LEEWAY_SHARE);
  const elapsedMs = lastReceivedAtMs - issuedAtMs + leewayMs;
  const audibleMs = Math.max(0, Math.min(heardMs, elapsedMs));
  return {
    audibleMs,
    // A playback of nothing is nothing, whatever the rule for short tracks makes of it.
    isRoyaltyEligible: audibleMs > 0 && audibleMs >= Math.min(ROYALTY_AUDIBLE_MS, durationMs),
    isScrobbleEligible: durationMs > SCROBBLE_DURATION_MS && audibleMs >= Math.min(SCROBBLE_AUDIBLE_MS, durationMs / 2),
  };
}
