/**
 * An account as docs/specs/streams.md describes it, without thrift: it keeps every sign of life and every playback for
 * good, and works out from these who is live. What the code does is held against it.
 */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { STREAM_TURNS_KEPT, type StreamBeginning, type StreamRenewal } from "./account-streams.ts";
import {
  type BeginningFault,
  type Displacement,
  type LeaseFault,
  type PlaybackFault,
  SESSION_PLAYBACKS_MAX,
  SESSIONS_BESIDE_MAX,
  STREAM_LIVE_MS,
  STREAM_URLS_MS,
} from "./stream-leases.ts";

interface PlainSession {
  readonly device: string | null;
  readonly signs: EpochMs[];
  displacement: Displacement | null;
}

export class PlainAccount {
  readonly #begun: StreamBeginning[] = [];
  readonly #sessions = new Map<string, PlainSession>();

  begin(request: StreamBeginning, nowMs: EpochMs): Result<null, BeginningFault> {
    const { playbackId, sessionId, streamsMax } = request;
    if (this.#newerThan(playbackId) !== null) {
      const kept = this.keepSession(sessionId, streamsMax, nowMs);
      return kept.ok || kept.error.kind === "unknown" ? ok(null) : err(kept.error);
    }
    const obstacle = request.continues ? this.#obstacle(request, nowMs) : null;
    if (obstacle !== null) return err({ kind: "displaced", displacement: obstacle });
    const retryAfterMs = this.#retryAfterMs(request, nowMs);
    if (retryAfterMs > 0) return err({ kind: "too-many-sessions", retryAfterMs });
    this.#begun.push(request);
    this.#sessions.set(sessionId, { device: request.device, signs: [nowMs], displacement: null });
    this.#displace(streamsMax, nowMs);
    return ok(null);
  }

  keep(request: StreamRenewal, nowMs: EpochMs): Result<null, PlaybackFault> {
    const newer = this.#newerThan(request.playbackId);
    const playback = this.#begun.find((one) => one.playbackId === request.playbackId);
    if (newer === null || playback === undefined) return err({ kind: "unknown" });
    if (request.sessionId !== null && request.sessionId !== playback.sessionId) return err({ kind: "unknown" });
    if (request.recordingId !== null && request.recordingId !== playback.recordingId) return err({ kind: "unknown" });
    const ofSession = newer.filter((one) => one.sessionId === playback.sessionId);
    if (ofSession.length >= SESSION_PLAYBACKS_MAX) return err({ kind: "superseded" });
    return this.keepSession(playback.sessionId, request.streamsMax, nowMs);
  }

  keepSession(sessionId: string, streamsMax: number, nowMs: EpochMs): Result<null, LeaseFault> {
    const session = this.#known(sessionId);
    if (session === null) return err({ kind: "unknown" });
    if (session.displacement === null) {
      session.signs.push(nowMs);
      this.#displace(streamsMax, nowMs);
    }
    const { displacement } = session;
    return displacement === null ? ok(null) : err({ kind: "displaced", displacement });
  }

  /** Over its socket. */
  hear(sessionId: string, nowMs: EpochMs): void {
    this.#known(sessionId)?.signs.push(nowMs);
  }

  /** The oldest first. */
  live(nowMs: EpochMs): string[] {
    return [...this.#sessions.keys()]
      .filter((sessionId) => {
        const session = this.#known(sessionId);
        if (session === null || session.displacement !== null) return false;
        return session.signs.some((signMs) => nowMs - signMs < STREAM_LIVE_MS);
      })
      .sort((a, b) => this.#lastBegun(a) - this.#lastBegun(b));
  }

  /** Begun after it; null where it is not known, or not any more. */
  #newerThan(playbackId: string): StreamBeginning[] | null {
    const place = this.#begun.findIndex((one) => one.playbackId === playbackId);
    const newer = this.#begun.slice(place + 1);
    return place < 0 || newer.length >= STREAM_TURNS_KEPT ? null : newer;
  }

  #lastBegun(sessionId: string): number {
    return this.#begun.findLastIndex((one) => one.sessionId === sessionId);
  }

  #known(sessionId: string): PlainSession | null {
    if (this.#begun.length - 1 - this.#lastBegun(sessionId) >= STREAM_TURNS_KEPT) return null;
    return this.#sessions.get(sessionId) ?? null;
  }

  #displace(streamsMax: number, nowMs: EpochMs): void {
    const live = this.live(nowMs);
    const byDevice = this.#deviceOf(live.at(-1));
    for (const sessionId of live.slice(0, Math.max(0, live.length - streamsMax))) {
      const session = this.#known(sessionId);
      if (session !== null) session.displacement = { atMs: nowMs, byDevice };
    }
  }

  #deviceOf(sessionId: string | undefined): string | null {
    return sessionId === undefined ? null : (this.#known(sessionId)?.device ?? null);
  }

  #obstacle({ sessionId, streamsMax }: StreamBeginning, nowMs: EpochMs): Displacement | null {
    const displacement = this.#known(sessionId)?.displacement ?? null;
    if (displacement !== null) return displacement;
    const live = this.live(nowMs);
    if (live.includes(sessionId) || live.length < streamsMax) return null;
    return { atMs: nowMs, byDevice: this.#deviceOf(live.at(-1)) };
  }

  #retryAfterMs({ sessionId: own, streamsMax }: StreamBeginning, nowMs: EpochMs): number {
    const ends = [...this.#sessions.keys()].flatMap((sessionId) => {
      const session = sessionId === own ? null : this.#known(sessionId);
      if (session === null) return [];
      const lastSignMs = Math.max(...session.signs);
      return Math.min(lastSignMs, session.displacement?.atMs ?? lastSignMs) + STREAM_URLS_MS;
    });
    const hasRoom = (atMs: EpochMs) => ends.filter((endMs) => endMs > atMs).length < streamsMax + SESSIONS_BESIDE_MAX;
    if (hasRoom(nowMs)) return 0;
    return Math.min(...ends.filter((endMs) => endMs > nowMs && hasRoom(endMs))) - nowMs;
  }
}
