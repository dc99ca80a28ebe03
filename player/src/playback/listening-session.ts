/** One playback of one track: what the service gave to play it, and what is reported of it. */

import { MINUTE_MS, SECOND_MS } from "#domain/foundation/time.ts";
import type { Playback, Rendition } from "#workers/api/plays/plays-contract.ts";
import { call } from "../api/client.ts";
import { randomKey } from "../api/keys.ts";
import { ApiError } from "../api/problem.ts";
import type { PlayDelivery } from "../plays/play-delivery.ts";
import { type PlayReport, playReport } from "../plays/play-report.ts";
import type { QueueEntry } from "./queue.ts";
import { chooseRendition, type Quality } from "./rendition-choice.ts";

/** URLs that expire sooner than this are renewed before they are used. */
const RENEW_AHEAD_MS = MINUTE_MS;
/** Without network each try fails at once. */
const RENEW_EVERY_MS = 5 * SECOND_MS;

export interface ListeningSession {
  readonly entry: QueueEntry;
  readonly report: PlayReport;
  readonly loudnessLufs: number | null;
  readonly durationMs: number;
  /** From the newest answer; the playback that is counted stays the first one. */
  renditions: readonly Rendition[];
  expiresAtMs: number;
  renewalTriedAtMs: number;
  /** The rendition in use. */
  profile: string | null;
  /** Whether the deck's own URL is older than `renditions`. */
  deckUrlIsOld: boolean;
  /** Fresh URLs are tried once after a media error; this says that it has been done. */
  hasRecovered: boolean;
}

export async function openSession(
  entry: QueueEntry,
  delivery: PlayDelivery,
  signal: AbortSignal,
): Promise<ListeningSession> {
  const emit = delivery.collector();
  const playback = await call("post /v1/playbacks", { body: { track_id: entry.track.id } }, { signal });
  const report = playReport({ playToken: playback.play_token, makeEventId: randomKey, emit });
  return {
    entry,
    report,
    loudnessLufs: playback.loudness_lufs,
    durationMs: playback.duration_ms,
    renditions: playback.renditions,
    expiresAtMs: Date.parse(playback.expires_at),
    renewalTriedAtMs: 0,
    profile: null,
    deckUrlIsOld: false,
    hasRecovered: false,
  };
}

export function needsRenewal(session: ListeningSession, nowMs: number): boolean {
  return session.expiresAtMs - nowMs < RENEW_AHEAD_MS;
}

/** While it plays anyway: not at each tick of the clock. */
export function mayRenewInPassing(session: ListeningSession, nowMs: number): boolean {
  return needsRenewal(session, nowMs) && nowMs - session.renewalTriedAtMs >= RENEW_EVERY_MS;
}

/** Takes new signed URLs into the session. Throws ApiError where the track may not be played any more. */
export async function renewSession(session: ListeningSession): Promise<void> {
  session.renewalTriedAtMs = Date.now();
  const { playback } = await call("get /v1/tracks/:id", { params: { id: session.entry.track.id } });
  if (playback === undefined) {
    throw new ApiError({ kind: "not-available-in-country", status: 451, title: "Not available in this country" });
  }
  takeUrls(session, playback);
}

function takeUrls(session: ListeningSession, playback: Playback): void {
  session.renditions = playback.renditions;
  session.expiresAtMs = Date.parse(playback.expires_at);
  session.deckUrlIsOld = true;
}

/** The URL to play at this quality, noting the choice; throws ApiError where the browser plays none of them. */
export function chooseUrl(session: ListeningSession, quality: Quality, canPlay: (type: string) => string): string {
  const rendition = chooseRendition(session.renditions, quality, canPlay);
  if (rendition === null) {
    throw new ApiError({
      kind: "unsupported-media-type",
      status: 415,
      title: "This browser cannot play the track",
      detail: "None of its formats is supported here. A current browser plays all of them.",
    });
  }
  session.profile = rendition.profile;
  return rendition.url;
}

/** The audio failed, with fresh URLs too. */
export function brokenTrack(): ApiError {
  return new ApiError({
    kind: "unknown",
    status: 0,
    title: "The track stopped",
    detail: "Its audio could not be loaded. Check the connection, then press play.",
  });
}
