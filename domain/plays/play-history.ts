import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";

/** A qualified play in a listener's own history. */
export interface HistoryEntry {
  readonly playbackId: PlaybackId;
  readonly recordingId: RecordingId;
  readonly playedAtMs: EpochMs;
}
