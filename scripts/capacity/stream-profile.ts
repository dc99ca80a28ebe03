/**
 * What one stream does in this code: each number is a constant of the code, a figure that was measured, or named here as
 * assumed. `stream-profile.test.ts` holds those that cannot be imported to where they come from.
 */
import { type AccountId, makeId, type PlaybackId, type RecordingId } from "#domain/foundation/ids.ts";
import { addReports, EMPTY_DAY, encodeListeningDay } from "#domain/plays/listening-day.ts";
import type { PlaybackFacts, PlayEvent } from "#domain/plays/play-event.ts";
import { packPlayMessages } from "#domain/plays/play-message.ts";
import type { SubjectId } from "#domain/plays/subject.ts";
import { AUDIO_ELEMENT, TRANSCODE } from "./measured.ts";
import { ASSUMED } from "./scenarios.ts";

/** Constants that scripts may not import, by where they stand. */
export const IN_CODE = {
  /** `PROGRESS_EVERY_MS` in player/src/plays/play-report.ts */
  progressSeconds: 10,
  /** `WAIT_MAX_MS` in player/src/plays/delivery-schedule.ts: nothing waits for longer to be reported. */
  reportSeconds: 1_200,
  /** `REPORT_PLAYBACKS_MAX` in player/src/plays/delivery-schedule.ts */
  reportSongs: 5,
  /** `KEPT_FRESH_MS` in workers/edge/audio/rights.ts: what a point of presence has read is good for this long. */
  rightsSeconds: 15,
  /** `CACHE_MS` in workers/edge/audio/takedowns.ts: each point of presence asks the object as often. */
  takedownsSeconds: 10,
  /** `DELIVERY_REPORT_SECONDS` in wrangler.toml */
  deliveryReportSeconds: 15,
  /** `max_batch_size` and `max_batch_timeout` of the queue of plays in workers/accounting/wrangler.toml */
  playsBatchMessages: 100,
  playsBatchSeconds: 2,
  /** `PLAY_SHARDS_PER_MONTH` in domain/plays/play-shard.ts */
  playShards: 256,
  /** `MARK_LENGTH` in durable-objects/plays/round-news.ts: so many marks can be made of a shard's day. */
  marksOfShardDay: 8 * 62,
  /** `BLOCK_CHARACTERS` in domain/plays/play-sums.ts */
  recordingBlocks: 62 ** 3,
  /** `ROLL_UP_SECONDS` in workers/accounting/wrangler.toml */
  rollUpSeconds: 60,
  /** `PLAYS_PER_PART` in workers/accounting/plays/roll-up.ts */
  rollUpPartPlays: 50_000,
  /** `ROYALTY_AUDIBLE_MS` in domain/plays/qualification.ts */
  qualifyingSeconds: 30,
  /** `ACCESS_TOKEN_LIFETIME` in workers/api/accounts/auth-instance.ts */
  accessTokenSeconds: 600,
} as const;

/** What nobody has measured yet. None of them moves a total by a tenth. */
export const ASSUMED_OF_STREAM = {
  /** Next tracks that are prepared and then not heard. */
  unheardPreparations: 0.1,
  seeks: 0.2,
  /** Songs after which a report goes though fewer than five are in it: long pauses, and pages that leave. */
  interruptions: 0.1,
  /** Plays that are reported on another day than that on which they began: a page that died, and its next visit. */
  latePlays: 0.01,
  /** Countries and terms under which plays of one recording on one day are, where there are many of them. */
  marketsOfRecording: 20,
  /** Where more than ten streams begin in a second, ROLL_UP_SECONDS is set to an hour. */
  rollUpSecondsOfMany: 3_600,
  manyStreamsPerSecond: 10,
  /** CPU of accounting for a play that a roll-up adds. */
  rollUpCpuMs: 0.01,
  /** How long a shard works on a play that is added up. */
  rollUpObjectSeconds: 0.000_02,
  /** Ranges that a player asks for before a rendition that the cache had not is in it, which takes a second or so. */
  requestsBeforeFill: 3,
  /** Streams that outlast their URLs, which are good for AUDIO_TOKEN_SECONDS. */
  renewals: 0.02,
  /** A player connects once and then plays so many songs. */
  streamsPerConnection: 10,
  /** CPU of the edge and the api together. */
  grantCpuMs: 3,
  reportCpuMs: 1.5,
  consumerCpuMs: 0.5,
  accessTokenCpuMs: 2,
  accessTokenRowsRead: 5,
  /** How long an object works on a call. */
  objectCallSeconds: 0.005,
  /** Archived reports, ledger rows and histories are kept for so long. Nothing deletes them, or shards, today. */
  monthsKept: 12,
} as const;

export interface ElementRequests {
  readonly perSong: number;
  readonly perSeek: number;
}

/** What a browser's audio element asks for of a whole song, and once more for a jump. */
export function elementRequests(codec: "Vorbis" | "Aac"): ElementRequests {
  const { figures } = AUDIO_ELEMENT;
  const perSong = figures[`requestsPerSong${codec}`];
  return { perSong, perSeek: Math.max(1, figures[`requestsWithSeek${codec}`] - perSong) };
}

/** What a device notes: a start, a progress every ten seconds, and the last of them as the end. */
export function eventsPerStream(songSeconds: number): number {
  return 1 + Math.ceil(songSeconds / IN_CODE.progressSeconds);
}

/**
 * Requests that a player makes for one song: each carries so many songs, or as many as twenty minutes have, unless it is
 * interrupted before. All that it noted of a song since the report before is one event in it.
 */
export function reportsPerStream(songSeconds: number): number {
  const { interruptions } = ASSUMED_OF_STREAM;
  const songs = Math.min(IN_CODE.reportSongs, IN_CODE.reportSeconds / songSeconds);
  if (songs < 1) return Math.ceil(1 / songs) + interruptions;
  return interruptions / (1 - (1 - interruptions) ** songs);
}

/** Events of a song as they are kept by themselves, or one that holds what they hold. */
export type EventForm = "each" | "merged";

/** The bytes of a queue's message with so many events of each of so many songs, as the api packs them. */
export function playMessageBytes(songs: number, eventsPerSong: number, form: EventForm = "each"): number {
  const reported = Array.from({ length: songs }, (_song, song) => {
    const playback = playbackFacts(song);
    return Array.from({ length: eventsPerSong }, (_event, seq) => ({ playback, event: EVENTS[form](seq) }));
  }).flat();
  const messages = packPlayMessages(sampleId<AccountId>(0), SAMPLE_INSTANT, reported);
  return messages.reduce((bytes, message) => bytes + JSON.stringify(message).length, 0);
}

/** What a song adds to the row of a subject's day, as the shard stores it. */
export function listeningDayBytes(eventsPerSong: number, form: EventForm): number {
  const bodyOf = (songs: number) => {
    const reports = Array.from({ length: songs }, (_song, song) => ({
      playback: playbackFacts(song),
      receivedAtMs: SAMPLE_INSTANT + ASSUMED.songSeconds * 1_000,
      events: Array.from({ length: eventsPerSong }, (_event, seq) => ({
        ...EVENTS[form](seq),
        eventId: `${seq}`.padStart(32, "0"),
      })),
    }));
    return encodeListeningDay(addReports(EMPTY_DAY, reports, { round: 1 }).day).length;
  };
  return bodyOf(2) - bodyOf(1);
}

const SAMPLE_INSTANT = Date.UTC(2026, 10, 23);

function sampleId<Id extends string>(number: number): Id {
  return makeId<Id>(SAMPLE_INSTANT, new Uint8Array(8).fill(number));
}

function playbackFacts(song: number): PlaybackFacts {
  return {
    playbackId: sampleId<PlaybackId>(song),
    subjectId: sampleId<SubjectId>(0),
    recordingId: sampleId<RecordingId>(song),
    durationMs: ASSUMED.songSeconds * 1_000,
    issuedAtMs: SAMPLE_INSTANT,
    country: "DE",
    commercialModel: "SubscriptionModel",
  };
}

function playEvent(seq: number): PlayEvent {
  const fromMs = 100_000 + seq * 10_000;
  const spans = seq === 0 ? [] : [{ fromMs, toMs: fromMs + 10_000 }];
  return { eventId: "0".repeat(32), seq, kind: seq === 0 ? "start" : "progress", spans };
}

/** Of a song that is heard without a jump: a jump is one span more. */
function mergedEvent(seq: number): PlayEvent {
  return { eventId: "0".repeat(32), seq, kind: "end", spans: [{ fromMs: 0, toMs: ASSUMED.songSeconds * 1_000 }] };
}

const EVENTS: Readonly<Record<EventForm, (seq: number) => PlayEvent>> = { each: playEvent, merged: mergedEvent };

/** The seek tables of a song, which are the most of what the catalog holds of a track. */
export function seekTableBytes(): number {
  return Math.round(TRANSCODE.figures.seekTableBytesPerSecond * ASSUMED.songSeconds);
}

/** Bytes of rows, indexes included, by the columns of docs/storage-schema.md. */
export const ROW_BYTES = {
  /** Release, recording, credits, master with waveform, search text, deals, ten renditions without their seek tables. */
  trackWithoutSeekTables: 5_400,
  account: 1_500,
  /** Of the sums: a key and its number. */
  playSum: 36,
  recordingTotal: 30,
  /** In a play shard: what a row for a subject's day has beside its songs. */
  listeningDay: 60,
  mark: 30,
  /** As it was, a row for each play, each event and each playback. */
  qualifiedPlay: 240,
  event: 150,
  playback: 220,
  /** In a chunk of the listener's object. */
  historyPlay: 70,
  availability: 300,
} as const;
