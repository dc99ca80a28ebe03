/** The messages of the plays queue, and how reported events are packed into few of them. */
import type { AccountId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { PlaybackFacts, PlayEvent } from "./play-event.ts";
import { playShardName } from "./play-shard.ts";

/** Cloudflare Queues take 128,000 bytes a message and count some of their own; what is left over is for those. */
export const PLAY_MESSAGE_BYTES_MAX = 120_000;

export interface ReportedPlayback {
  readonly playback: PlaybackFacts;
  readonly events: readonly PlayEvent[];
}

export interface PlayMessage {
  readonly version: 1;
  /** Whose history a qualified play goes to. Nothing that is kept of the message holds it. */
  readonly accountId: AccountId;
  readonly receivedAtMs: EpochMs;
  readonly playbacks: readonly ReportedPlayback[];
}

export interface ReportedEvent {
  readonly playback: PlaybackFacts;
  readonly event: PlayEvent;
}

/**
 * One message for each shard, and more only where one would be too large. Everything in them is ASCII by the rules
 * of the contract, so the length of the JSON is its size in bytes.
 */
export function packPlayMessages(
  accountId: AccountId,
  receivedAtMs: EpochMs,
  reported: readonly ReportedEvent[],
): PlayMessage[] {
  const byShard = Map.groupBy(reported, ({ playback }) => playShardName(playback));
  const emptyBytes = JSON.stringify({ version: 1, accountId, receivedAtMs, playbacks: [] }).length;
  return [...byShard.values()].flatMap((events) =>
    packShard(events, PLAY_MESSAGE_BYTES_MAX - emptyBytes).map((playbacks) => ({
      version: 1 as const,
      accountId,
      receivedAtMs,
      playbacks,
    })),
  );
}

function packShard(reported: readonly ReportedEvent[], bytesMax: number): ReportedPlayback[][] {
  const packed: Map<string, { playback: PlaybackFacts; events: PlayEvent[] }>[] = [];
  let current: (typeof packed)[number] = new Map();
  let currentBytes = Number.POSITIVE_INFINITY;
  for (const { playback, event } of reported) {
    const eventBytes = JSON.stringify(event).length + 1;
    const playbackBytes = JSON.stringify({ playback, events: [] }).length + 1;
    const addedBytes = eventBytes + (current.has(playback.playbackId) ? 0 : playbackBytes);
    if (currentBytes + addedBytes > bytesMax) {
      current = new Map();
      packed.push(current);
      currentBytes = playbackBytes + eventBytes;
    } else {
      currentBytes += addedBytes;
    }
    const entry = current.get(playback.playbackId) ?? { playback, events: [] };
    entry.events.push(event);
    current.set(playback.playbackId, entry);
  }
  return packed.map((playbacks) => [...playbacks.values()]);
}
