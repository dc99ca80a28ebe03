/** What the interface can see of the player. */
import type { ApiError } from "../api/problem.ts";
import type { Queue } from "./queue.ts";
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
