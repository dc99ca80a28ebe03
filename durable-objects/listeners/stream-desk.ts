/**
 * The streams of one account: who holds a lease, and the socket of each session. A `ping` is a sign of life that the
 * platform answers without waking the object; when it was is asked of the socket.
 */
import type { Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import {
  type AccountStreams,
  beginPlayback,
  hearSession,
  keepPlayback,
  keepSession,
  type StreamBeginning,
  type StreamRenewal,
  type StreamsStep,
} from "#domain/streams/account-streams.ts";
import type { BeginningFault, LeaseFault, PlaybackFault, StreamLease } from "#domain/streams/stream-leases.ts";
import {
  CLOSE_NORMAL,
  displacedMessage,
  PING,
  PONG,
  type SocketAttachment,
  STREAM_SESSION_HEADER,
  STREAM_SOCKETS_MAX,
  STREAM_SUBPROTOCOL,
  STREAMS_MAX_HEADER,
  type StreamMessage,
} from "./stream-protocol.ts";
import type { StreamStorage } from "./stream-storage.ts";

export class StreamDesk {
  readonly #ctx: DurableObjectState;
  readonly #storage: StreamStorage;

  constructor(ctx: DurableObjectState, storage: StreamStorage) {
    this.#ctx = ctx;
    this.#storage = storage;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  begin(request: StreamBeginning, nowMs: EpochMs): Result<null, BeginningFault> {
    const streams = this.#streams();
    return this.#take(streams, beginPlayback(streams, request, nowMs));
  }

  keepPlayback(request: StreamRenewal, nowMs: EpochMs): Result<null, PlaybackFault> {
    const streams = this.#streams();
    return this.#take(streams, keepPlayback(streams, request, nowMs));
  }

  /** A socket for a session, from the door that has verified whose object this is. */
  connect(request: Request, nowMs: EpochMs): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const sessionId = request.headers.get(STREAM_SESSION_HEADER);
    const streamsMax = Number(request.headers.get(STREAMS_MAX_HEADER));
    if (sessionId === null || !(streamsMax >= 1)) return new Response(null, { status: 400 });
    const others = this.#ctx.getWebSockets().filter((socket) => this.#sessionOf(socket) !== sessionId);
    if (others.filter(isOpen).length >= STREAM_SOCKETS_MAX) return new Response(null, { status: 503 });
    // The socket itself will know when it came, so there is nothing to write of it unless somebody is displaced.
    const streams = hearSession(this.#streams(), sessionId, nowMs);
    const kept = this.#take(streams, keepSession(streams, { sessionId, streamsMax, nowMs }));
    for (const before of this.#ctx.getWebSockets(sessionId)) before.close(CLOSE_NORMAL, "the session has a newer one");
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [sessionId]);
    server.serializeAttachment({ connectedAtMs: nowMs } satisfies SocketAttachment);
    send(server, greetingOf(kept));
    const headers = { "sec-websocket-protocol": STREAM_SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** A socket that goes takes along when it was last heard of: that is written down first. */
  onClose(socket: WebSocket): void {
    const stored = this.#storage.read();
    const streams = hearSession(stored, this.#sessionOf(socket), this.#heardAt(socket));
    if (streams !== stored) this.#storage.write(streams);
  }

  /** Writes what is other than before, and tells those who made room. */
  #take<Fault>(before: AccountStreams, { streams, displaced, outcome }: StreamsStep<Fault>): Result<null, Fault> {
    if (streams !== before) this.#storage.write(streams);
    this.#tell(displaced);
    return outcome;
  }

  /** As they are stored, with the signs of life that only sockets know of. */
  #streams(): AccountStreams {
    let streams = this.#storage.read();
    for (const socket of this.#ctx.getWebSockets()) {
      streams = hearSession(streams, this.#sessionOf(socket), this.#heardAt(socket));
    }
    return streams;
  }

  #tell(displaced: readonly StreamLease[]): void {
    for (const { sessionId, displacement } of displaced) {
      if (displacement === null) continue;
      for (const socket of this.#ctx.getWebSockets(sessionId)) send(socket, displacedMessage(displacement));
    }
  }

  #sessionOf(socket: WebSocket): string {
    const [sessionId] = this.#ctx.getTags(socket);
    if (sessionId === undefined) throw new Error("a socket has no session");
    return sessionId;
  }

  #heardAt(socket: WebSocket): EpochMs {
    const attachment = socket.deserializeAttachment() as SocketAttachment | null;
    const pingedAtMs = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    return Math.max(attachment?.connectedAtMs ?? 0, pingedAtMs);
  }
}

/** A session without a lease is about to begin: there is nothing to tell it. */
function greetingOf(kept: Result<null, LeaseFault>): StreamMessage {
  if (!kept.ok && kept.error.kind === "displaced") return displacedMessage(kept.error.displacement);
  return { type: "hello" };
}

/** A socket that is closing is still listed, and refuses what is sent; its player connects again and is told then. */
function send(socket: WebSocket, message: StreamMessage): void {
  if (isOpen(socket)) socket.send(JSON.stringify(message));
}

function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}
