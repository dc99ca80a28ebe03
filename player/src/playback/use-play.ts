import { useWithAccount } from "../accounts/sign-in-prompt.ts";
import { usePlayer, usePlayerState } from "./player-context.tsx";
import { currentEntry, type QueueTrack } from "./queue.ts";

/** Plays a list from one of its tracks; a guest is asked to sign in first. */
export function usePlay(): (tracks: readonly QueueTrack[], start: number) => void {
  const player = usePlayer();
  const withAccount = useWithAccount();
  return (tracks, start) => {
    const track = tracks[start];
    if (track === undefined) return;
    withAccount(`to play “${track.name}”`, () => player.playTracks(tracks, start));
  };
}

export type PlayingMark = "no" | "paused" | "playing" | "busy";

/** Whether this track is the one in the player, and what it does. */
export function usePlayingMark(trackId: string): PlayingMark {
  return usePlayerState(({ queue, status }) => {
    if (currentEntry(queue)?.track.id !== trackId) return "no";
    if (status === "loading" || status === "stalled") return "busy";
    return status === "playing" ? "playing" : "paused";
  });
}
