import { createContext, use } from "react";
import { useObservable } from "../app/observable.ts";
import type { Player } from "./player.ts";
import type { PlayerClock, PlayerState } from "./player-state.ts";
import { currentEntry, type QueueTrack } from "./queue.ts";

const PlayerContext = createContext<Player | null>(null);

export const PlayerProvider = PlayerContext.Provider;

export function usePlayer(): Player {
  const player = use(PlayerContext);
  if (player === null) throw new Error("usePlayer is used outside of its provider");
  return player;
}

export function usePlayerState<Part>(select: (state: PlayerState) => Part): Part {
  return useObservable(usePlayer().state, select);
}

/** Renders several times a second while music plays: for the few parts that show time. */
export function usePlayerClock<Part>(select: (clock: PlayerClock) => Part): Part {
  return useObservable(usePlayer().clock, select);
}

export function useCurrentTrack(): QueueTrack | null {
  return usePlayerState((state) => currentEntry(state.queue)?.track ?? null);
}
