/** What the live feed says, checked: it comes over a socket, where nothing has vouched for its form. */
import type { PlaylistMessage } from "#durable-objects/playlists/playlist-protocol.ts";

/** Of each message, what is made use of: the list itself is read by HTTP. */
export type LiveMessage =
  | Extract<PlaylistMessage, { type: "hello" | "deleted" }>
  | Pick<Extract<PlaylistMessage, { type: "edited" }>, "type" | "version">;

const RECONNECT_FIRST_MS = 500;
const RECONNECT_MAX_MS = 30_000;

/** A message that asks for something, or null: for a pong, and for what a later version may say. */
export function parseLiveMessage(data: unknown): LiveMessage | null {
  if (typeof data !== "string" || data === "pong") return null;
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || !("type" in message)) return null;
  if (message.type === "deleted") return { type: "deleted" };
  if (message.type !== "hello" && message.type !== "edited") return null;
  if (!("version" in message) || typeof message.version !== "number") return null;
  return { type: message.type, version: message.version };
}

/** Doubles with each failure; half of it is left to chance, so that a crowd does not come back at once. */
export function reconnectDelayMs(failures: number, random: () => number): number {
  const ceilingMs = Math.min(RECONNECT_MAX_MS, RECONNECT_FIRST_MS * 2 ** failures);
  return ceilingMs / 2 + (ceilingMs / 2) * random();
}
