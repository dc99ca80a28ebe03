/** What Workers say to the object that holds the takedowns of the last hour. */
import type { RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";

/** There is one of it. */
export const TAKEDOWNS_NAME = "takedowns";

/**
 * How many it holds. Every point of presence reads them all each ten seconds; at 25 bytes each this is what an isolate
 * has room for. Beyond it the oldest go: the records have had the longest time to arrive for those.
 */
export const RECENT_TAKEDOWNS_MAX = 50_000;

export interface RecentTakedowns {
  /** What nobody may play, whatever a record in a cache still says. */
  readonly recordingIds: RecordingId[];
  readonly asOfMs: EpochMs;
}
