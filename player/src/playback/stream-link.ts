/**
 * Keeps the stream's lease alive while something plays, or has been paused for a short while, and hears when another
 * device takes over. Over a WebSocket where one can be had; where not, by a request at the same pace.
 */
import { MINUTE_MS } from "#domain/foundation/time.ts";
import { STREAM_HEARTBEAT_MS } from "#domain/streams/stream-leases.ts";
import { reconnectDelayMs } from "../playlists/live-protocol.ts";
import type { PlayerStatus } from "./player-state.ts";

/** Whoever pauses for longer gives up their place: the lease lapses half a minute later. */
export const PAUSED_LINK_MS = 5 * MINUTE_MS;

export interface LinkEvents {
  onOpen(): void;
  onMessage(data: unknown): void;
  onClose(): void;
}

/** Of a WebSocket, what is made use of. */
export interface LinkSocket {
  send(text: string): void;
  close(): void;
}

export interface StreamLinkOptions {
  /** A socket that is being opened; throws where there can be none. */
  readonly openSocket: (events: LinkEvents) => Promise<LinkSocket>;
  /** A sign of life by HTTP; resolves with whether the stream was displaced. */
  readonly heartbeat: (playbackId: string) => Promise<boolean>;
  /** `device` is the other one's name where it has one. */
  readonly onDisplaced: (device: string | null) => void;
  readonly random: () => number;
}

export class StreamLink {
  readonly #options: StreamLinkOptions;
  #playbackId: string | null = null;
  #socket: LinkSocket | null = null;
  #isOpen = false;
  #isAnswered = true;
  #failures = 0;
  /** Changes with each socket: what a former one still says is not for us any more. */
  #generation = 0;
  #beat: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StreamLinkOptions) {
    this.#options = options;
  }

  /** What the player does now, and for which playback; null where there is none, or none yet. */
  follow(status: PlayerStatus, playbackId: string | null): void {
    this.#playbackId = playbackId;
    if (status === "idle" || (status === "paused" && playbackId === null)) this.close();
    else if (status === "paused") this.#closeLater();
    // Between two tracks there is none for a moment: the link stays as it is.
    else if (playbackId !== null) this.#begin();
  }

  #closeLater(): void {
    if (this.#beat !== undefined) this.#pause ??= setTimeout(() => this.close(), PAUSED_LINK_MS);
  }

  #begin(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    if (this.#beat !== undefined) return;
    this.#beat = setInterval(() => this.#onBeat(), STREAM_HEARTBEAT_MS);
    void this.#connect();
  }

  close(): void {
    for (const timer of [this.#beat, this.#retry, this.#pause]) clearTimeout(timer);
    this.#beat = undefined;
    this.#retry = undefined;
    this.#pause = undefined;
    this.#failures = 0;
    this.#dropSocket();
  }

  #onBeat(): void {
    if (!this.#isOpen) void this.#beatByHttp();
    else if (this.#isAnswered) {
      this.#isAnswered = false;
      this.#socket?.send("ping");
    }
    // The line is dead though nothing has said so.
    else this.#reconnect();
  }

  async #beatByHttp(): Promise<void> {
    const playbackId = this.#playbackId;
    if (playbackId === null) return;
    const isDisplaced = await this.#options.heartbeat(playbackId).catch(() => false);
    if (isDisplaced && this.#playbackId === playbackId) this.#onDisplaced(null);
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    const ifCurrent = (run: () => void) => {
      if (generation === this.#generation) run();
    };
    const events: LinkEvents = {
      onOpen: () => ifCurrent(() => this.#onOpen()),
      onMessage: (data) => ifCurrent(() => this.#onMessage(data)),
      onClose: () => ifCurrent(() => this.#reconnect()),
    };
    const socket = await this.#options.openSocket(events).catch(() => null);
    if (generation !== this.#generation) socket?.close();
    else if (socket === null) this.#reconnect();
    else this.#socket = socket;
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#isAnswered = true;
    this.#failures = 0;
  }

  #reconnect(): void {
    this.#dropSocket();
    clearTimeout(this.#retry);
    const delayMs = reconnectDelayMs(this.#failures++, this.#options.random);
    this.#retry = setTimeout(() => void this.#connect(), delayMs);
  }

  #onMessage(data: unknown): void {
    this.#isAnswered = true;
    const displaced = parseDisplaced(data);
    if (displaced !== null) this.#onDisplaced(displaced.device);
  }

  #onDisplaced(device: string | null): void {
    this.close();
    this.#options.onDisplaced(device);
  }

  #dropSocket(): void {
    this.#generation++;
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close();
  }
}

/** The one message that asks for something; null for a pong, a greeting, and for what a later version may say. */
function parseDisplaced(data: unknown): { readonly device: string | null } | null {
  if (typeof data !== "string" || !data.startsWith("{")) return null;
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isRecord(message) || message["type"] !== "displaced") return null;
  const by = message["by"];
  const device = isRecord(by) ? by["device_name"] : null;
  return { device: typeof device === "string" ? device : null };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
