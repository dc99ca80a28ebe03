/**
 * All that an account's object knows of streams, and what becomes of it: the leases of sessions, and the playbacks that
 * were begun under them. Specified in docs/specs/streams.md.
 */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import {
  type BeginningFault,
  beginStream,
  keepStream,
  type LeaseChange,
  type LeaseFault,
  type PlaybackFault,
  SESSION_PLAYBACKS_MAX,
  type SignOfLife,
  type StreamLease,
} from "./stream-leases.ts";

/** A lease or playback with as many newer ones is forgotten: a playback that comes back then is begun anew. */
export const STREAM_TURNS_KEPT = 200;

export interface StreamPlayback {
  readonly playbackId: PlaybackId;
  readonly recordingId: RecordingId;
  readonly sessionId: string;
  /** Its place in the order of beginnings. That of a lease is its newest playback's. */
  readonly turn: number;
}

/** At most STREAM_TURNS_KEPT of each. The session of each playback has a lease. */
export interface AccountStreams {
  /** One for each session. */
  readonly leases: readonly StreamLease[];
  /** The oldest first. */
  readonly playbacks: readonly StreamPlayback[];
}

export const NO_STREAMS: AccountStreams = { leases: [], playbacks: [] };

export interface StreamBeginning {
  readonly playbackId: PlaybackId;
  readonly recordingId: RecordingId;
  readonly sessionId: string;
  readonly device: string | null;
  readonly streamsMax: number;
  /** Begun by the player on its own, as the next track in the queue. */
  readonly continues: boolean;
}

export interface StreamRenewal {
  readonly playbackId: PlaybackId;
  /** Where given, the playback has to be of this session. */
  readonly sessionId: string | null;
  /** Where given, the playback has to be of this recording. */
  readonly recordingId: RecordingId | null;
  readonly streamsMax: number;
}

export interface StreamsStep<Fault> {
  /** The very object that was given where nothing of it is other than before: then there is nothing to write. */
  readonly streams: AccountStreams;
  /** Those that made room just now: their players are to be told. */
  readonly displaced: readonly StreamLease[];
  readonly outcome: Result<null, Fault>;
}

/** Asked again for a playback that is known, it says how that stands and lets nobody make room a second time. */
export function beginPlayback(
  streams: AccountStreams,
  request: StreamBeginning,
  nowMs: EpochMs,
): StreamsStep<BeginningFault> {
  const { playbackId, recordingId, sessionId, streamsMax } = request;
  if (findPlayback(streams, playbackId) !== undefined) {
    const { outcome, ...step } = keepSession(streams, { sessionId, streamsMax, nowMs });
    const stands = outcome.ok || outcome.error.kind === "unknown" ? ok(null) : err(outcome.error);
    return { ...step, outcome: stands };
  }
  const turn = (streams.playbacks.at(-1)?.turn ?? 0) + 1;
  const begun = beginStream(streams.leases, { ...request, turn, nowMs });
  if (!begun.ok) return { streams, displaced: [], outcome: begun };
  const isKept = (one: { readonly turn: number }) => one.turn > turn - STREAM_TURNS_KEPT;
  const next: AccountStreams = {
    leases: changedLeases(streams.leases, begun.value).filter(isKept),
    playbacks: [...streams.playbacks, { playbackId, recordingId, sessionId, turn }].filter(isKept),
  };
  return { streams: next, displaced: begun.value.displaced, outcome: ok(null) };
}

/** The playback goes on, or the reason why it may not. */
export function keepPlayback(
  streams: AccountStreams,
  { playbackId, sessionId, recordingId, streamsMax }: StreamRenewal,
  nowMs: EpochMs,
): StreamsStep<PlaybackFault> {
  const playback = findPlayback(streams, playbackId);
  const isNamed =
    playback !== undefined &&
    (sessionId === null || playback.sessionId === sessionId) &&
    (recordingId === null || playback.recordingId === recordingId);
  if (!isNamed) return { streams, displaced: [], outcome: err({ kind: "unknown" }) };
  // A name that many devices share would be one stream for all of them. This is no sign of life of the session's.
  const newer = streams.playbacks.filter((one) => one.sessionId === playback.sessionId && one.turn > playback.turn);
  if (newer.length >= SESSION_PLAYBACKS_MAX) return { streams, displaced: [], outcome: err({ kind: "superseded" }) };
  return keepSession(streams, { sessionId: playback.sessionId, streamsMax, nowMs });
}

/** The session is there, whatever it plays. */
export function keepSession(streams: AccountStreams, sign: SignOfLife): StreamsStep<LeaseFault> {
  const kept = keepStream(streams.leases, sign);
  if (!kept.ok) return { streams, displaced: [], outcome: kept };
  const { own, displaced } = kept.value;
  const held = streams.leases.find((lease) => lease.sessionId === sign.sessionId);
  const isChanged = displaced.length > 0 || own.seenAtMs !== held?.seenAtMs;
  return {
    streams: isChanged ? { ...streams, leases: changedLeases(streams.leases, kept.value) } : streams,
    displaced,
    outcome: own.displacement === null ? ok(null) : err({ kind: "displaced", displacement: own.displacement }),
  };
}

/** With a sign of life that somebody else has kept, and that asks for nothing. An older one changes nothing. */
export function hearSession(streams: AccountStreams, sessionId: string, heardAtMs: EpochMs): AccountStreams {
  const held = streams.leases.find((lease) => lease.sessionId === sessionId);
  if (held === undefined || heardAtMs <= held.seenAtMs) return streams;
  const own: StreamLease = { ...held, seenAtMs: heardAtMs };
  return { ...streams, leases: changedLeases(streams.leases, { own, displaced: [] }) };
}

function findPlayback({ playbacks }: AccountStreams, playbackId: PlaybackId): StreamPlayback | undefined {
  return playbacks.find((playback) => playback.playbackId === playbackId);
}

function changedLeases(leases: readonly StreamLease[], { own, displaced }: LeaseChange): StreamLease[] {
  return [...new Map([...leases, own, ...displaced].map((lease) => [lease.sessionId, lease])).values()];
}
