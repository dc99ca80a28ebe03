/**
 * Who of an account's listeners may sound at the same time. A session is one player: a tab, a phone. It holds one lease,
 * and its newest playback is what the lease is for. The newest sessions win: where more are live than the product
 * allows, the oldest are displaced. Specified in docs/specs/streams.md.
 */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { type EpochMs, SECOND_MS } from "#domain/foundation/time.ts";

/** A lease is live for this long after the last sign of life of its session. */
export const STREAM_LIVE_MS = 30 * SECOND_MS;
/** Two of three signs of life may be lost before a lease is. */
export const STREAM_HEARTBEAT_MS = 15 * SECOND_MS;

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

export function isLive({ displacement, seenAtMs }: StreamLease, nowMs: EpochMs): boolean {
  return displacement === null && nowMs - seenAtMs < STREAM_LIVE_MS;
}

/** The session's new lease, in place of the one it has, and whoever has to make room for it. */
export function beginStream(
  leases: readonly StreamLease[],
  { sessionId, turn, device, streamsMax, continues, nowMs }: Beginning,
): Result<LeaseChange, Extract<LeaseFault, { kind: "displaced" }>> {
  const { displacement = null } = leases.find((lease) => lease.sessionId === sessionId) ?? {};
  if (continues && displacement !== null) return err({ kind: "displaced", displacement });
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

function withLease(leases: readonly StreamLease[], own: StreamLease): StreamLease[] {
  return [...leases.filter((lease) => lease.sessionId !== own.sessionId), own];
}

function displaceOldest(leases: readonly StreamLease[], streamsMax: number, nowMs: EpochMs): StreamLease[] {
  const live = leases.filter((lease) => isLive(lease, nowMs)).toSorted((a, b) => b.turn - a.turn);
  const byDevice = live[0]?.device ?? null;
  return live.slice(streamsMax).map((lease) => ({ ...lease, displacement: { atMs: nowMs, byDevice } }));
}
