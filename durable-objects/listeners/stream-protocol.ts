/**
 * What a listener's object tells the players of an account, as JSON texts over a WebSocket for each session. Players
 * say nothing but `ping`, which is their sign of life. Specified in docs/specs/streams.md.
 */
import type { EpochMs } from "#domain/foundation/time.ts";
import type { Displacement } from "#domain/streams/stream-leases.ts";

export const STREAM_SUBPROTOCOL = "rimshot.stream.v1";

/** On the way to the object, from the door that has verified whose object it is. */
export const STREAM_SESSION_HEADER = "rimshot-stream-session";
export const STREAMS_MAX_HEADER = "rimshot-streams-max";

/** An account has a few players; a socket that was not closed properly goes when its session comes back. */
export const STREAM_SOCKETS_MAX = 32;

/** What the platform keeps with a socket while the object sleeps. */
export interface SocketAttachment {
  /** Connecting is a sign of life. */
  readonly connectedAtMs: EpochMs;
}

export const PING = "ping";
export const PONG = "pong";

/** Codes of RFC 6455 section 7.4.1. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_POLICY_VIOLATION = 1008;

export type StreamMessage =
  /** First on every connection of a session that is not displaced. */
  | { readonly type: "hello" }
  /** Another session has taken the place: at once when it happens, and first on a connection made after that. */
  | { readonly type: "displaced"; readonly at: string; readonly by: { readonly device_name: string | null } };

export function displacedMessage({ atMs, byDevice }: Displacement): StreamMessage {
  return { type: "displaced", at: new Date(atMs).toISOString(), by: { device_name: byDevice } };
}
