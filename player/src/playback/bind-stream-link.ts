/** Ties the player to its account's streams: it keeps its lease, and falls silent where another device takes over. */
import type { STREAM_SUBPROTOCOL } from "#durable-objects/listeners/stream-protocol.ts";
import { accessToken, call } from "../api/client.ts";
import { ApiError } from "../api/problem.ts";
import { displacedError } from "./listening-session.ts";
import type { Player } from "./player.ts";
import { type LinkEvents, type LinkSocket, StreamLink } from "./stream-link.ts";
import { STREAM_SESSION_ID } from "./stream-session.ts";

/** The protocol's own: the type keeps the two from drifting apart. */
const SUBPROTOCOL: typeof STREAM_SUBPROTOCOL = "rimshot.stream.v1";

export function bindStreamLink(player: Player): void {
  const link = new StreamLink({
    openSocket,
    heartbeat,
    onDisplaced: (device) => player.displace(displacedError(device)),
    random: Math.random,
  });
  const follow = () => link.follow(player.state.get().status, player.playbackId);
  player.state.subscribe(follow);
  addEventListener("pagehide", () => link.close());
  // A page that comes back from the browser's cache plays on.
  addEventListener("pageshow", follow);
}

async function openSocket({ onOpen, onMessage, onClose }: LinkEvents): Promise<LinkSocket> {
  const token = await accessToken.get();
  if (token === null) throw new Error("nobody is signed in");
  const socket = new WebSocket(`/v1/me/stream?session_id=${STREAM_SESSION_ID}`, [SUBPROTOCOL, `bearer.${token}`]);
  socket.onopen = onOpen;
  socket.onmessage = (event) => onMessage(event.data);
  socket.onclose = onClose;
  return socket;
}

async function heartbeat(id: string): Promise<boolean> {
  try {
    await call("post /v1/playbacks/:id/heartbeat", { params: { id }, body: { session_id: STREAM_SESSION_ID } });
    return false;
  } catch (error) {
    return error instanceof ApiError && error.kind === "stream-displaced";
  }
}
