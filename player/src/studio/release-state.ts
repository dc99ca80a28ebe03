import type { StudioTrack } from "#workers/ingest/catalog/catalog-contract.ts";

/** On its way: announced, and neither ready nor turned down. */
export function isMoving(track: StudioTrack): boolean {
  const state = track.upload?.state;
  return state === "PENDING" || state === "UPLOADED" || state === "TRANSCODING";
}

export function isRejected(track: StudioTrack): boolean {
  return track.upload?.state === "REJECTED";
}

/** The number after the last track. */
export function nextTrackNumber(taken: readonly number[]): number {
  return Math.max(0, ...taken) + 1;
}
