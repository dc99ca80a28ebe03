/**
 * Who of an account's listeners may sound at the same time. A session is one player: a tab, a phone. It holds one lease,
 * and its newest playback is what the lease is for. The newest sessions win: where more are live than the product
 * allows, the oldest are displaced. Specified in docs/specs/streams.md.
 */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "#domain/foundation/time.ts";

/** A lease is live for this long after the last sign of life of its session. */
export const STREAM_LIVE_MS = 30 * SECOND_MS;
/** Two of three signs of life may be lost before a lease is. */
export const STREAM_HEARTBEAT_MS = 15 * SECOND_MS;
/**
 * The one that sounds, the one that is prepared, and the one prepared instead of it when the queue has changed: a
 * session's older playbacks are another device's, or over.
 */
export const SESSION_PLAYBACKS_MAX = 3;
/** What is signed for a session is good for as long as this, whatever becomes of its lease. */
export const STREAM_URLS_MS = 10 * MINUTE_MS;
/**
 * Beside the streams of the product: a client that names no session makes one for each playback, and whoever skips
 * through an album with it has done nothing wrong.
 */
export const SESSIONS_BESIDE_MAX = 30;

export interface Displacement {
  readonly atMs: EpochMs;
  /** As the device that began calls itself; null where it does not. */
  readonly byDevice: string | null;
}

export interface StreamLease {
  readonly sessionId: string;
  /** The place in the order of beginnings: the higher, the newer. No two leases of an account have the same. */
  readonly turn: number;
  readonly device: string | null;
  readonly seenAtMs: EpochMs;
  /** Null while nobody has taken its place. */
  readonly displacement: Displacement | null;
}

export interface Beginning {
  readonly sessionId: string;
  readonly turn: number;
  readonly device: string | null;
  readonly streamsMax: number;
  /**
   * The session goes on by itself, as from one track to the next. Without a listener's doing, it takes nothing back from
   * whoever displaced it.
   */
  readonly continues: boolean;
  readonly nowMs: EpochMs;
}

export interface SignOfLife {
  readonly sessionId: string;
  readonly streamsMax: number;
  readonly nowMs: EpochMs;
}

/** The leases that are other than before: the session's own first, then those that it displaced or that are displaced. */
export interface LeaseChange {
  readonly own: StreamLease;
  readonly displaced: readonly StreamLease[];
}

export type LeaseFault =
  | { readonly kind: "displaced"; readonly displacement: Displacement }
  /** The account knows no such session, or none any more. */
  | { readonly kind: "unknown" };

export type PlaybackFault =
  | LeaseFault
  /** Its own session has begun too many since. */
  | { readonly kind: "superseded" };

export type BeginningFault =
  | Extract<LeaseFault, { kind: "displaced" }>
  | { readonly kind: "too-many-sessions"; readonly retryAfterMs: number };

export function isLive({ displacement, seenAtMs }: StreamLease, nowMs: EpochMs): boolean {
  return displacement === null && nowMs - seenAtMs < STREAM_LIVE_MS;
}

/** The session's new lease, in place of the one it has, and whoever has to make room for it. */
export function beginStream(
  leases: readonly StreamLease[],
  { sessionId, turn, device, streamsMax, continues, nowMs }: Beginning,
): Result<LeaseChange, BeginningFault> {
  const held = leases.find((lease) => lease.sessionId === sessionId);
  const others = leases.filter((lease) => lease !== held);
  const displacement = continues ? obstacleTo(held, others, { streamsMax, nowMs }) : null;
  if (displacement !== null) return err({ kind: "displaced", displacement });
  const retryAfterMs = untilFewerSessions(others, { streamsMax, nowMs });
  if (retryAfterMs > 0) return err({ kind: "too-many-sessions", retryAfterMs });
  const own: StreamLease = { sessionId, turn, device, seenAtMs: nowMs, displacement: null };
  return ok({ own, displaced: displaceOldest(withLease(leases, own), streamsMax, nowMs) });
}

/**
 * The session is there. A lease that had lapsed is live again where there is room for it; where newer ones have taken
 * that meanwhile, it finds itself displaced. So does the oldest where the account may have fewer streams than before.
 */
export function keepStream(
  leases: readonly StreamLease[],
  { sessionId, streamsMax, nowMs }: SignOfLife,
): Result<LeaseChange, LeaseFault> {
  const held = leases.find((lease) => lease.sessionId === sessionId);
  if (held === undefined) return err({ kind: "unknown" });
  if (held.displacement !== null) return err({ kind: "displaced", displacement: held.displacement });
  const seen: StreamLease = { ...held, seenAtMs: Math.max(held.seenAtMs, nowMs) };
  const displaced = displaceOldest(withLease(leases, seen), streamsMax, nowMs);
  return ok({ own: displaced.find((lease) => lease.sessionId === sessionId) ?? seen, displaced });
}

type Limit = Pick<Beginning, "streamsMax" | "nowMs">;

/**
 * Why a session may not go on alone, if so: it was displaced, or it is not live, as one that never was or that slept, and
 * others have all the places. Going on takes none of them.
 */
function obstacleTo(
  held: StreamLease | undefined,
  others: readonly StreamLease[],
  { streamsMax, nowMs }: Limit,
): Displacement | null {
  if (held !== undefined && held.displacement !== null) return held.displacement;
  if (held !== undefined && isLive(held, nowMs)) return null;
  const live = newestLive(others, nowMs);
  return live.length < streamsMax ? null : { atMs: nowMs, byDevice: live[0]?.device ?? null };
}

/** Until when the others have signed URLs is what counts: a displaced device may still sound until then. 0: begin now. */
function untilFewerSessions(others: readonly StreamLease[], { streamsMax, nowMs }: Limit): number {
  const endsAtMs = others
    .map(({ seenAtMs, displacement }) => Math.min(seenAtMs, displacement?.atMs ?? seenAtMs) + STREAM_URLS_MS)
    .filter((endAtMs) => endAtMs > nowMs)
    .toSorted((a, b) => a - b);
  const tooMany = endsAtMs.length - (streamsMax + SESSIONS_BESIDE_MAX) + 1;
  return tooMany > 0 ? (endsAtMs[tooMany - 1] ?? nowMs) - nowMs : 0;
}

function withLease(leases: readonly StreamLease[], own: StreamLease): StreamLease[] {
  return [...leases.filter((lease) => lease.sessionId !== own.sessionId), own];
}

function displaceOldest(leases: readonly StreamLease[], streamsMax: number, nowMs: EpochMs): StreamLease[] {
  const live = newestLive(leases, nowMs);
  const byDevice = live[0]?.device ?? null;
  return live.slice(streamsMax).map((lease) => ({ ...lease, displacement: { atMs: nowMs, byDevice } }));
}

/** The newest first. */
function newestLive(leases: readonly StreamLease[], nowMs: EpochMs): StreamLease[] {
  return leases.filter((lease) => isLive(lease, nowMs)).toSorted((a, b) => b.turn - a.turn);
}
