/** One playback of one track: what the service gave to play it, and what is reported of it. */

import { MINUTE_MS, SECOND_MS } from "#domain/foundation/time.ts";
import type { PlaybackUrls, Rendition } from "#workers/api/plays/plays-contract.ts";
import { call } from "../api/client.ts";
import { randomKey } from "../api/keys.ts";
import { ApiError } from "../api/problem.ts";
import type { PlayDelivery } from "../plays/play-delivery.ts";
import { type PlayReport, playReport } from "../plays/play-report.ts";
import { type AudioHosts, PlaybackHosts } from "./audio-hosts.ts";
import type { QueueEntry } from "./queue.ts";
import { chooseRendition, type Quality } from "./rendition-choice.ts";
import { deviceNameOf, STREAM_SESSION_ID } from "./stream-session.ts";

/** URLs that expire sooner than this are renewed before they are used. */
const RENEW_AHEAD_MS = MINUTE_MS;
/** Without network each try fails at once. */
const RENEW_EVERY_MS = 5 * SECOND_MS;

export interface ListeningSession {
  readonly playbackId: string;
  readonly entry: QueueEntry;
  readonly report: PlayReport;
  readonly loudnessLufs: number | null;
  /** Peaks in base64, for the seek bar. */
  readonly waveform: string | null;
  readonly durationMs: number;
  /** From the newest answer; the playback that is counted stays the first one. */
  renditions: readonly Rendition[];
  readonly hosts: PlaybackHosts;
  grantedAtMs: number;
  expiresAtMs: number;
  renewalTriedAtMs: number;
  /** The rights end when the URLs do: there will be no later ones. */
  endsForGood: boolean;
  /** The rendition in use. */
  profile: string | null;
  /** Whether the deck's own URL is older than `renditions`. */
  deckUrlIsOld: boolean;
  /** What failed is tried once more with fresh URLs; this says that it has been done. */
  hasRecovered: boolean;
  /** One failure at a time is dealt with. */
  isRecovering: boolean;
}

export interface Opening {
  readonly signal: AbortSignal;
  /** The player goes on by itself: it takes nothing back from a device that has taken over. */
  readonly continues: boolean;
  readonly hosts: AudioHosts;
}

export async function openSession(
  entry: QueueEntry,
  delivery: PlayDelivery,
  { signal, continues, hosts }: Opening,
): Promise<ListeningSession> {
  const emit = delivery.collector();
  const body = {
    track_id: entry.track.id,
    session_id: STREAM_SESSION_ID,
    device_name: deviceNameOf(navigator.userAgent),
    continues,
  };
  const playback = await call("post /v1/playbacks", { body }, { signal });
  const report = playReport({ playToken: playback.play_token, makeEventId: randomKey, emit });
  return {
    playbackId: playback.id,
    entry,
    report,
    loudnessLufs: playback.loudness_lufs,
    // A service of the version before says nothing of it.
    waveform: playback.waveform ?? null,
    durationMs: playback.duration_ms,
    renditions: playback.renditions,
    hosts: new PlaybackHosts(hosts, playback.audio_origins),
    grantedAtMs: Date.now(),
    expiresAtMs: Date.parse(playback.expires_at),
    renewalTriedAtMs: 0,
    endsForGood: endsSoon(Date.parse(playback.expires_at)),
    profile: null,
    deckUrlIsOld: false,
    hasRecovered: false,
    isRecovering: false,
  };
}

export function needsRenewal(session: ListeningSession, nowMs: number): boolean {
  return session.expiresAtMs - nowMs < (session.endsForGood ? 0 : RENEW_AHEAD_MS);
}

/** While it plays anyway: not at each tick of the clock. */
export function mayRenewInPassing(session: ListeningSession, nowMs: number): boolean {
  return needsRenewal(session, nowMs) && nowMs - session.renewalTriedAtMs >= RENEW_EVERY_MS;
}

/**
 * Takes new signed URLs into the session. Throws ApiError where the playback may not go on, and the signal's reason where
 * it was aborted.
 */
export async function renewSession(session: ListeningSession, signal?: AbortSignal): Promise<void> {
  session.renewalTriedAtMs = Date.now();
  const body = { track_id: session.entry.track.id, session_id: STREAM_SESSION_ID };
  const request = { params: { id: session.playbackId }, body };
  takeUrls(session, await call("post /v1/playbacks/:id/renew", request, { signal }));
}

function takeUrls(session: ListeningSession, urls: PlaybackUrls): void {
  session.renditions = urls.renditions;
  session.hosts.take(urls.audio_origins);
  session.grantedAtMs = Date.now();
  session.expiresAtMs = Date.parse(urls.expires_at);
  session.endsForGood = endsSoon(session.expiresAtMs);
  session.deckUrlIsOld = true;
}

/** What is new and yet about to end ends with the rights: asking again would bring nothing later. */
function endsSoon(expiresAtMs: number): boolean {
  return expiresAtMs - Date.now() < RENEW_AHEAD_MS;
}

/** It has played well for a while: a new failure is a new one. */
export function notePlaysWell(session: ListeningSession): void {
  session.hasRecovered = false;
  session.hosts.settle();
}

/** Whether a renewal was refused for good: without network the URLs at hand may still do. */
export function isFinalRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 451 || error.kind === "stream-displaced");
}

/** Another device of the account has taken over; `device` is its name where it has one. */
export function displacedError(device: string | null): ApiError {
  return new ApiError({
    kind: "stream-displaced",
    status: 409,
    title: "Playing on another device",
    detail: `Playback began ${device === null ? "on another device" : `on ${device}`}, so it is paused here.`,
  });
}

/** What the listener is told of anything that stops the music. */
export function shownError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError({ kind: "unknown", status: 0, title: "The track cannot be played" });
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
  return session.hosts.current + rendition.url;
}

/** The audio failed, from every host, and with fresh URLs too. */
export function brokenTrack(): ApiError {
  return new ApiError({
    kind: "unknown",
    status: 0,
    title: "The track stopped",
    detail: "Its audio could not be loaded. Check the connection, then press play.",
  });
}
