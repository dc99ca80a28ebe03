import type { StudioTrack } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";

/** On its way: announced, and neither ready nor turned down. */
export function isMoving(track: StudioTrack): boolean {
  const state = track.upload?.state;
  return state === "PENDING" || state === "UPLOADED" || state === "TRANSCODING";
}

export function isRejected(track: StudioTrack): boolean {
  return track.upload?.state === "REJECTED";
}

/** Listeners have it, or will at the release's instant. */
export function isOutOrReady(upload: Pick<Upload, "state">): boolean {
  return upload.state === "PUBLISHED" || upload.state === "READY";
}

/** The number after the last track. */
export function nextTrackNumber(taken: readonly number[]): number {
  return Math.max(0, ...taken) + 1;
}
