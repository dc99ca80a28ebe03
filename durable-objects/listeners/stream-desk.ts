/**
 * The streams of one account: who holds a lease, and the socket of each session. A `ping` is a sign of life that the
 * platform answers without waking the object; when it was is asked of the socket.
 */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import {
  type BeginningFault,
  beginStream,
  keepStream,
  type LeaseChange,
  type LeaseFault,
  type PlaybackFault,
  SESSION_PLAYBACKS_MAX,
  type StreamLease,
} from "#domain/streams/stream-leases.ts";
import {
  CLOSE_NORMAL,
  displacedMessage,
  PING,
  PONG,
  STREAM_SESSION_HEADER,
  STREAM_SOCKETS_MAX,
  STREAM_SUBPROTOCOL,
  STREAMS_MAX_HEADER,
  type StreamMessage,
} from "./stream-protocol.ts";
import { STREAM_SCHEMA, StreamStorage } from "./stream-storage.ts";

export interface StreamBeginning {
  readonly playbackId: PlaybackId;
  readonly recordingId: RecordingId;
  readonly sessionId: string;
  readonly device: string | null;
  readonly streamsMax: number;
  /** Begun by the player on its own, as the next track in the queue. */
  readonly continues: boolean;
}

export interface StreamRenewal {
  readonly playbackId: PlaybackId;
  /** Where given, the playback has to be of this session. */
  readonly sessionId: string | null;
  /** Where given, the playback has to be of this recording. */
  readonly recordingId: RecordingId | null;
  readonly streamsMax: number;
}

export class StreamDesk {
  readonly #ctx: DurableObjectState;
  readonly #storage: StreamStorage;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.storage.sql.exec(STREAM_SCHEMA);
    this.#storage = new StreamStorage(ctx.storage.sql);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Asked again for a playback that it knows, it says how that stands and lets nobody make room a second time. */
  begin(request: StreamBeginning, nowMs: EpochMs): Result<null, BeginningFault> {
    const { playbackId, sessionId, recordingId, streamsMax } = request;
    if (this.#storage.findPlayback(playbackId) !== null) {
      const kept = this.#keep(sessionId, streamsMax, nowMs);
      return kept.ok || kept.error.kind === "unknown" ? ok(null) : err(kept.error);
    }
    const begun = this.#ctx.storage.transactionSync(() => {
      const turn = this.#storage.nextTurn();
      const outcome = beginStream(this.#leases(), { ...request, turn, nowMs });
      if (!outcome.ok) return outcome;
      this.#storage.writeLeases(outcome.value);
      this.#storage.addPlayback(playbackId, { turn, sessionId, recordingId });
      return outcome;
    });
    if (!begun.ok) return begun;
    this.#tell(begun.value);
    return ok(null);
  }

  /** The playback goes on, or the reason why it may not. */
  keepPlayback(request: StreamRenewal, nowMs: EpochMs): Result<null, PlaybackFault> {
    const { playbackId, sessionId, recordingId, streamsMax } = request;
    const playback = this.#storage.findPlayback(playbackId);
    if (playback === null) return err({ kind: "unknown" });
    if (sessionId !== null && playback.sessionId !== sessionId) return err({ kind: "unknown" });
    if (recordingId !== null && playback.recordingId !== recordingId) return err({ kind: "unknown" });
    // A name that many devices share would be one stream for all of them. This is no sign of life of the session's.
    const newer = this.#storage.countNewer(playback, SESSION_PLAYBACKS_MAX);
    if (newer >= SESSION_PLAYBACKS_MAX) return err({ kind: "superseded" });
    return this.#keep(playback.sessionId, streamsMax, nowMs);
  }

  /** A socket for a session, from the door that has verified whose object this is. */
  connect(request: Request, nowMs: EpochMs): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const sessionId = request.headers.get(STREAM_SESSION_HEADER);
    const streamsMax = Number(request.headers.get(STREAMS_MAX_HEADER));
    if (sessionId === null || !(streamsMax >= 1)) return new Response(null, { status: 400 });
    // Before the old sockets go: when they were last heard of is a part of what is kept.
    const kept = this.#keep(sessionId, streamsMax, nowMs);
    for (const before of this.#ctx.getWebSockets(sessionId)) before.close(CLOSE_NORMAL, "the session has a newer one");
    if (this.#openSockets().length >= STREAM_SOCKETS_MAX) return new Response(null, { status: 503 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [sessionId]);
    send(server, greetingOf(kept));
    const headers = { "sec-websocket-protocol": STREAM_SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** A socket that goes takes along when it was last heard of: that is written down first. */
  onClose(socket: WebSocket): void {
    const [sessionId] = this.#ctx.getTags(socket);
    const heardAtMs = this.#heardAt(socket);
    const lease = this.#storage.readLeases().find((one) => one.sessionId === sessionId);
    if (lease === undefined || heardAtMs <= lease.seenAtMs) return;
    this.#storage.writeLeases({ own: { ...lease, seenAtMs: heardAtMs }, displaced: [] });
  }

  #keep(sessionId: string, streamsMax: number, nowMs: EpochMs): Result<null, LeaseFault> {
    const kept = this.#ctx.storage.transactionSync(() => {
      const outcome = keepStream(this.#leases(), { sessionId, streamsMax, nowMs });
      if (outcome.ok) this.#storage.writeLeases(outcome.value);
      return outcome;
    });
    if (!kept.ok) return kept;
    this.#tell(kept.value);
    const { displacement } = kept.value.own;
    return displacement === null ? ok(null) : err({ kind: "displaced", displacement });
  }

  /** As they are stored, with the signs of life that the object slept through. */
  #leases(): StreamLease[] {
    return this.#storage.readLeases().map((lease) => {
      const heardAtMs = this.#ctx.getWebSockets(lease.sessionId).map((socket) => this.#heardAt(socket));
      return { ...lease, seenAtMs: Math.max(lease.seenAtMs, ...heardAtMs) };
    });
  }

  #tell({ displaced }: LeaseChange): void {
    for (const { sessionId, displacement } of displaced) {
      if (displacement === null) continue;
      for (const socket of this.#ctx.getWebSockets(sessionId)) send(socket, displacedMessage(displacement));
    }
  }

  #openSockets(): WebSocket[] {
    return this.#ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }

  #heardAt(socket: WebSocket): EpochMs {
    return this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
  }
}

/** A session without a lease is about to begin: there is nothing to tell it. */
function greetingOf(kept: Result<null, LeaseFault>): StreamMessage {
  if (!kept.ok && kept.error.kind === "displaced") return displacedMessage(kept.error.displacement);
  return { type: "hello" };
}

/** A socket that is closing is still listed, and refuses what is sent; its player connects again and is told then. */
function send(socket: WebSocket, message: StreamMessage): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}
