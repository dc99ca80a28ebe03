import type { RecentlyPlayed } from "#workers/api/plays/plays-contract.ts";
import type { QueueTrack } from "../playback/queue.ts";

type HistoryTrack = RecentlyPlayed["items"][number]["track"];

/** A track of the past as one to play again. Whether it may still be played shows when it is. */
export function historyTrack(track: HistoryTrack): QueueTrack {
  const { track_id, album, ...rest } = track;
  return { ...rest, id: track_id, album, image_url: album.image_url, explicit: false, is_playable: true };
}
