/** What the player remembers between visits. Stored values are checked: an older version may have written them. */
import { readStored, writeStored } from "../app/stored-value.ts";
import type { Player } from "./player.ts";
import type { PlayerSettings } from "./player-state.ts";
import { EMPTY_QUEUE, QUEUE_ENTRIES_MAX, type Queue } from "./queue.ts";
import { QUALITIES, type Quality } from "./rendition-choice.ts";

const SOUND_NAME = "sound";
/** Changes with the form of a queue, so that an old one is left alone. */
const QUEUE_NAME = "queue-1";
const VOLUME_DEFAULT = 0.85;

export function loadPlayerSettings(): PlayerSettings {
  const sound = asRecord(readStored(SOUND_NAME));
  const volume = sound["volume"];
  const kept = asRecord(readStored(QUEUE_NAME));
  return {
    quality: QUALITIES.find((quality) => quality === sound["quality"]) ?? "normal",
    volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : VOLUME_DEFAULT,
    isMuted: sound["isMuted"] === true,
    queue: isQueue(kept["queue"]) ? kept["queue"] : EMPTY_QUEUE,
    positionMs: typeof kept["positionMs"] === "number" ? kept["positionMs"] : 0,
  };
}

/** Writes changes down as they happen; the position only when the page is left or the queue changes. */
export function keepPlayerSettings(player: Player): void {
  let queue = player.state.get().queue;
  let sound = soundOf(player);
  player.state.subscribe(() => {
    const next = soundOf(player);
    if (next.quality !== sound.quality || next.volume !== sound.volume || next.isMuted !== sound.isMuted) {
      sound = next;
      writeStored(SOUND_NAME, sound);
    }
    if (player.state.get().queue !== queue) {
      queue = player.state.get().queue;
      keepQueue(player);
    }
  });
  addEventListener("pagehide", () => keepQueue(player));
}

/** The whole queue and where it stands. */
export function keepQueue(player: Player): void {
  writeStored(QUEUE_NAME, { queue: player.state.get().queue, positionMs: player.clock.get().positionMs });
}

function soundOf(player: Player): { quality: Quality; volume: number; isMuted: boolean } {
  const { quality, volume, isMuted } = player.state.get();
  return { quality, volume, isMuted };
}

function isQueue(value: unknown): value is Queue {
  const { entries, index, nextKey } = asRecord(value);
  if (!Array.isArray(entries) || entries.length > QUEUE_ENTRIES_MAX) return false;
  return typeof index === "number" && typeof nextKey === "number" && index < entries.length;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
