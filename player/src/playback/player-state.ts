/** What the interface can see of the player. */
import type { ApiError } from "../api/problem.ts";
import { currentEntry, type Queue } from "./queue.ts";
import type { Quality } from "./rendition-choice.ts";

export type PlayerStatus = "idle" | "loading" | "playing" | "stalled" | "paused";

export interface PlayerState {
  readonly queue: Queue;
  readonly status: PlayerStatus;
  readonly error: ApiError | null;
  readonly quality: Quality;
  /** 0 to 1, the place of the slider. */
  readonly volume: number;
  readonly isMuted: boolean;
  /** The rung that plays: `vorbis-160`. */
  readonly profile: string | null;
  /** The outline of what plays, as the playback has it; null for recordings without one. */
  readonly waveform: string | null;
}

export interface PlayerClock {
  readonly positionMs: number;
  readonly durationMs: number;
  readonly bufferedToMs: number;
}

export interface PlayerSettings {
  readonly quality: Quality;
  readonly volume: number;
  readonly isMuted: boolean;
  readonly queue: Queue;
  readonly positionMs: number;
}

/** Before anything was played: as the page was left. */
export function initialState({ positionMs: _positionMs, ...rest }: PlayerSettings): PlayerState {
  return { ...rest, status: "idle", error: null, profile: null, waveform: null };
}

export function initialClock({ queue, positionMs }: PlayerSettings): PlayerClock {
  return { positionMs, durationMs: currentEntry(queue)?.track.duration_ms ?? 0, bufferedToMs: 0 };
}

export function isSilenced({ isMuted, volume }: PlayerState): boolean {
  return isMuted || volume === 0;
}
