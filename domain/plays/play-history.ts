/** A listener's own history: qualified plays in the order of their age, kept in chunks. */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";

/** A qualified play in a listener's own history. */
export interface HistoryEntry {
  readonly playbackId: PlaybackId;
  readonly recordingId: RecordingId;
  /** When the playback was begun: the same for the same playback, however often it is told of. */
  readonly playedAtMs: EpochMs;
}

/** A place in the order of plays. Among plays of one instant it is that of their ids. */
export type HistoryPlace = Pick<HistoryEntry, "playbackId" | "playedAtMs">;

/** Below zero where `a` is older, zero for the same playback. */
export function compareAge(a: HistoryPlace, b: HistoryPlace): number {
  if (a.playedAtMs !== b.playedAtMs) return a.playedAtMs - b.playedAtMs;
  if (a.playbackId === b.playbackId) return 0;
  return a.playbackId < b.playbackId ? -1 : 1;
}

/** Each play once, the oldest first. `kept` is that already, and comes back itself where nothing is new. */
export function mergePlays(kept: readonly HistoryEntry[], added: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const known = new Set(kept.map(({ playbackId }) => playbackId));
  const fresh = added.filter(({ playbackId }) => {
    const isNew = !known.has(playbackId);
    known.add(playbackId);
    return isNew;
  });
  return fresh.length === 0 ? kept : [...kept, ...fresh].sort(compareAge);
}

/** Pieces of `sizeMax` and what is left of them, as suits plays that come one after the other. */
export function cutInFull(plays: readonly HistoryEntry[], sizeMax: number): HistoryEntry[][] {
  const pieces: HistoryEntry[][] = [];
  for (let start = 0; start < plays.length; start += sizeMax) pieces.push(plays.slice(start, start + sizeMax));
  return pieces;
}

/** As few pieces as do, of the same length but for one play: each has room for plays that come late. */
export function cutEvenly(plays: readonly HistoryEntry[], sizeMax: number): HistoryEntry[][] {
  const count = Math.ceil(plays.length / sizeMax);
  return Array.from({ length: count }, (_piece, index) => {
    return plays.slice(Math.floor((index * plays.length) / count), Math.floor(((index + 1) * plays.length) / count));
  });
}
