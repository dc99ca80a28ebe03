/**
 * An account's streams as one text, which is written at each beginning: 200 playbacks of one player in some 12 KB. So
 * fields have places instead of names, and a playback names its session by the place of its lease.
 */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { AccountStreams } from "./account-streams.ts";

type LeaseFields = [
  sessionId: string,
  turn: number,
  seenAtMs: EpochMs,
  device: string | null,
  displacedAtMs: EpochMs | null,
  displacedBy: string | null,
];
type PlaybackFields = [turn: number, playbackId: PlaybackId, recordingId: RecordingId, lease: number];

interface StreamsRecord {
  readonly leases: readonly LeaseFields[];
  readonly playbacks: readonly PlaybackFields[];
}

export function encodeStreams({ leases, playbacks }: AccountStreams): string {
  const places = new Map(leases.map(({ sessionId }, place) => [sessionId, place]));
  const record: StreamsRecord = {
    leases: leases.map(({ sessionId, turn, seenAtMs, device, displacement }) => {
      return [sessionId, turn, seenAtMs, device, displacement?.atMs ?? null, displacement?.byDevice ?? null];
    }),
    playbacks: playbacks.map(({ turn, playbackId, recordingId, sessionId }) => {
      const place = places.get(sessionId);
      if (place === undefined) throw new RangeError(`playback ${playbackId} is of no session`);
      return [turn, playbackId, recordingId, place];
    }),
  };
  return JSON.stringify(record);
}

/** Throws where the text is not of `encodeStreams`. */
export function decodeStreams(text: string): AccountStreams {
  const record = JSON.parse(text) as StreamsRecord;
  return {
    leases: record.leases.map(([sessionId, turn, seenAtMs, device, displacedAtMs, byDevice]) => {
      const displacement = displacedAtMs === null ? null : { atMs: displacedAtMs, byDevice };
      return { sessionId, turn, seenAtMs, device, displacement };
    }),
    playbacks: record.playbacks.map(([turn, playbackId, recordingId, place]) => {
      const sessionId = record.leases[place]?.[0];
      if (sessionId === undefined) throw new RangeError(`playback ${playbackId} is of no session`);
      return { playbackId, recordingId, sessionId, turn };
    }),
  };
}
