/**
 * What an isolate of the edge has answered, added up for each playback and rendition before it is sent: a playback makes
 * many ranges, and one message for each would cost more than the bytes. It is what the edge sent, not what was heard:
 * a client may hang up in the middle of an answer, so the bytes are an upper bound.
 */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";

export interface Delivery {
  readonly playback: PlaybackId;
  readonly track: RecordingId;
  readonly country: string;
  readonly quality: string;
  /** Answers with bytes. */
  ranges: number;
  cacheBytes: number;
  originBytes: number;
  /** Of the ranges, those that the cache had. */
  cacheRanges: number;
}

/** One message of the queue. The id is the isolate's own: the same message delivered again is the same report. */
export interface DeliveryReport {
  readonly id: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly deliveries: readonly Delivery[];
}

/** About 230 bytes each: a full message stays under the 128 KB that a queue takes. */
export const DELIVERIES_PER_REPORT_MAX = 500;
