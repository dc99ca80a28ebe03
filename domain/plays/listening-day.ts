/**
 * All that one subject was reported to have played on one day: every event once, and of each playback what it amounts
 * to and when that was first enough to count. A reducer over receipts: what becomes of a day is the same in whatever
 * order, grouping and repetition they come, up to its limits. Specified in docs/specs/plays.md.
 */
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";
import { type PlaybackFacts, type PlayEvent, type PlayEventKind, playEventBody } from "./play-event.ts";
import type { ReportedPlayback } from "./play-message.ts";
import { assessPlayback, type PlaybackOutcome } from "./qualification.ts";
import type { Span } from "./spans.ts";
import type { SubjectId } from "./subject.ts";

/** An event every ten seconds for almost three hours. A client that says more is not one that plays music. */
export const PLAYBACK_EVENTS_MAX = 1_000;
/** One every seventeen seconds, day and night: nobody listens to more. */
export const DAY_PLAYBACKS_MAX = 5_000;
/** Of a day as it is stored. A row of an object takes two megabytes; a day of music heard without a pause takes 0.1. */
export const DAY_BYTES_MAX = 1_800_000;

export interface ReceivedPlayback extends ReportedPlayback {
  readonly receivedAtMs: EpochMs;
}

export interface AssessedPlayback extends PlaybackOutcome {
  readonly playback: PlaybackFacts;
  /** In which round of its shard it first counted; it stays in that one. Null where it does not count. */
  readonly qualifiedIn: number | null;
}

export interface ListenedPlayback {
  readonly playback: PlaybackFacts;
  /** By event id. */
  readonly events: ReadonlyMap<string, PlayEvent>;
  /** The latest of all receipts, so that it is the same in whatever order messages come. */
  readonly lastReceivedAtMs: EpochMs;
  readonly qualifiedIn: number | null;
  /** It counted before there were rounds, and is perhaps in the ledger's sums since then. */
  readonly isEarlier: boolean;
}

export interface ListeningDay {
  readonly playbacks: ReadonlyMap<PlaybackId, ListenedPlayback>;
  /** Of the body that it is stored as, or a little less. */
  readonly bytes: number;
}

/** How many events went which way. */
export interface ReportCounts {
  readonly recorded: number;
  readonly duplicates: number;
  /** Events that came again with another body. The first body stands. */
  readonly conflicts: number;
  /** Events beyond the limits of a playback or a day. */
  readonly surplus: number;
}

export const REPORT_VERDICTS = [
  "recorded",
  "duplicates",
  "conflicts",
  "surplus",
] as const satisfies readonly (keyof ReportCounts)[];

export interface DayAfterReports extends ReportCounts {
  readonly day: ListeningDay;
  /** Whether there is something to store. */
  readonly isChanged: boolean;
  /** Whether something counts now that did not before. */
  readonly hasNews: boolean;
  /** Each playback of the reports once, but for those beyond the limits of the day. */
  readonly assessed: readonly AssessedPlayback[];
}

export interface Recording {
  /** The present round of the shard. */
  readonly round: number;
  readonly isEarlier?: boolean;
}

const FORMAT = 1;
export const EMPTY_DAY: ListeningDay = { playbacks: new Map(), bytes: JSON.stringify([FORMAT, []]).length };

/** What the day is after more reports of its subject; the day itself stays as it is. */
export function addReports(
  before: ListeningDay,
  reports: readonly ReceivedPlayback[],
  recording: Recording,
): DayAfterReports {
  const playbacks = new Map(before.playbacks);
  const counts = { recorded: 0, duplicates: 0, conflicts: 0, surplus: 0 };
  const assessed: AssessedPlayback[] = [];
  let { bytes } = before;
  let isChanged = false;
  let hasNews = false;
  for (const [playbackId, own] of Map.groupBy(reports, ({ playback }) => playback.playbackId)) {
    const known = playbacks.get(playbackId);
    const begun = known ?? unheardPlayback(own);
    const begunBytes = known === undefined ? bytes + playbackBytes(begun) : bytes;
    if (known === undefined && (playbacks.size >= DAY_PLAYBACKS_MAX || begunBytes > DAY_BYTES_MAX)) {
      for (const { events } of own) counts.surplus += events.length;
      continue;
    }
    const taken = takeEvents(begun, own, { bytes: begunBytes, counts });
    const { listened, outcome } = qualify(taken.listened, recording);
    bytes = taken.bytes;
    playbacks.set(playbackId, listened);
    assessed.push({ playback: listened.playback, qualifiedIn: listened.qualifiedIn, ...outcome });
    hasNews ||= begun.qualifiedIn === null && listened.qualifiedIn !== null;
    isChanged ||= isOther(known, listened);
  }
  return { day: { playbacks, bytes }, isChanged, hasNews, assessed, ...counts };
}

function isOther(before: ListenedPlayback | undefined, after: ListenedPlayback): boolean {
  return after.events.size !== before?.events.size || after.lastReceivedAtMs !== before.lastReceivedAtMs;
}

/** The playback with the events that are new, and the bytes of the day with them; counts how each of them went. */
function takeEvents(
  before: ListenedPlayback,
  reports: readonly ReceivedPlayback[],
  { bytes, counts }: { bytes: number; readonly counts: Record<keyof ReportCounts, number> },
): { readonly listened: ListenedPlayback; readonly bytes: number } {
  const events = new Map(before.events);
  let bytesAfter = bytes;
  for (const event of reports.flatMap((report) => report.events)) {
    const eventBytes = JSON.stringify(encodeEvent(event)).length + 1;
    const verdict = verdictOn(event, events, bytesAfter + eventBytes);
    counts[verdict] += 1;
    if (verdict !== "recorded") continue;
    events.set(event.eventId, event);
    bytesAfter += eventBytes;
  }
  const lastReceivedAtMs = Math.max(before.lastReceivedAtMs, ...reports.map(({ receivedAtMs }) => receivedAtMs));
  return { listened: { ...before, events, lastReceivedAtMs }, bytes: bytesAfter };
}

function verdictOn(event: PlayEvent, known: ReadonlyMap<string, PlayEvent>, dayBytes: number): keyof ReportCounts {
  const before = known.get(event.eventId);
  if (before !== undefined) return playEventBody(before) === playEventBody(event) ? "duplicates" : "conflicts";
  return known.size >= PLAYBACK_EVENTS_MAX || dayBytes > DAY_BYTES_MAX ? "surplus" : "recorded";
}

function unheardPlayback(reports: readonly ReceivedPlayback[]): ListenedPlayback {
  const [first] = reports;
  if (first === undefined) throw new RangeError("a playback is reported at least once");
  const { playback, receivedAtMs: lastReceivedAtMs } = first;
  return { playback, events: new Map(), lastReceivedAtMs, qualifiedIn: null, isEarlier: false };
}

function qualify(listened: ListenedPlayback, { round, isEarlier = false }: Recording) {
  const { playback, events, lastReceivedAtMs } = listened;
  const spans = [...events.values()].flatMap((event) => event.spans);
  const outcome = assessPlayback(playback, { spans, lastReceivedAtMs });
  if (listened.qualifiedIn !== null || !outcome.isRoyaltyEligible) return { listened, outcome };
  return { listened: { ...listened, qualifiedIn: round, isEarlier }, outcome };
}

/** The newest round in which something of the day first counted; 0 where nothing does. */
export function newestRound({ playbacks }: ListeningDay): number {
  let newest = 0;
  for (const { qualifiedIn } of playbacks.values()) newest = Math.max(newest, qualifiedIn ?? 0);
  return newest;
}

const MODEL_CODES: Readonly<Record<CommercialModel, string>> = {
  AdvertisementSupportedModel: "A",
  SubscriptionModel: "S",
};
const KIND_CODES: Readonly<Record<PlayEventKind, string>> = { start: "s", progress: "p", end: "e" };

export function commercialModelCode(model: CommercialModel): string {
  return MODEL_CODES[model];
}

/** Which of them has the code. Throws RangeError for any other text: what is stored is of our making. */
function decoded<Name extends string>(codes: Readonly<Record<Name, string>>, code: string): Name {
  for (const name in codes) if (codes[name] === code) return name;
  throw new RangeError(`there is no code ${code}`);
}

/** An event id, its number, its kind, and the ends of its spans one after the other. */
type EncodedEvent = readonly [eventId: string, seq: number, kind: string, ...ends: number[]];
type EncodedPlayback = readonly [
  playbackId: PlaybackId,
  recordingId: RecordingId,
  durationMs: number,
  issuedAtMs: EpochMs,
  country: string,
  model: string,
  lastReceivedAtMs: EpochMs,
  qualifiedIn: number | null,
  isEarlier: 0 | 1,
  events: readonly EncodedEvent[],
];
type EncodedDay = readonly [format: typeof FORMAT, playbacks: readonly EncodedPlayback[]];

function encodeEvent({ eventId, seq, kind, spans }: PlayEvent): EncodedEvent {
  return [eventId, seq, KIND_CODES[kind], ...spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs])];
}

function encodePlayback({ playback, events, ...state }: ListenedPlayback): EncodedPlayback {
  return [
    playback.playbackId,
    playback.recordingId,
    playback.durationMs,
    playback.issuedAtMs,
    playback.country,
    MODEL_CODES[playback.commercialModel],
    state.lastReceivedAtMs,
    state.qualifiedIn,
    state.isEarlier ? 1 : 0,
    [...events.values()].map(encodeEvent),
  ];
}

function playbackBytes(listened: ListenedPlayback): number {
  return JSON.stringify(encodePlayback(listened)).length + 1;
}

/** JSON in as few bytes as can be read again. The subject is not in it: it is the key. */
export function encodeListeningDay({ playbacks }: ListeningDay): string {
  return JSON.stringify([FORMAT, [...playbacks.values()].map(encodePlayback)] satisfies EncodedDay);
}

export function decodeListeningDay(body: string, subjectId: SubjectId): ListeningDay {
  const playbacks = decodePlaybacks(body).map((encoded): [PlaybackId, ListenedPlayback] => {
    const events = encoded[9].map((event): [string, PlayEvent] => [event[0], decodeEvent(event)]);
    const listened = {
      playback: decodeFacts(encoded, subjectId),
      events: new Map(events),
      lastReceivedAtMs: encoded[6],
      qualifiedIn: encoded[7],
      isEarlier: encoded[8] === 1,
    };
    return [encoded[0], listened];
  });
  return { playbacks: new Map(playbacks), bytes: body.length };
}

/** Throws RangeError for a form that this version does not know: it may not be taken for an empty day. */
function decodePlaybacks(body: string): readonly EncodedPlayback[] {
  const [format, playbacks] = JSON.parse(body) as EncodedDay;
  if (format !== FORMAT) throw new RangeError(`a listening day is of the unknown form ${format}`);
  return playbacks;
}

function decodeFacts(encoded: EncodedPlayback, subjectId: SubjectId): PlaybackFacts {
  const [playbackId, recordingId, durationMs, issuedAtMs, country, model] = encoded;
  const commercialModel = decoded(MODEL_CODES, model);
  return { playbackId, subjectId, recordingId, durationMs, issuedAtMs, country, commercialModel };
}

function decodeEvent([eventId, seq, kind, ...ends]: EncodedEvent): PlayEvent {
  const spans: Span[] = [];
  for (let i = 0; i + 1 < ends.length; i += 2) spans.push({ fromMs: ends[i] ?? 0, toMs: ends[i + 1] ?? 0 });
  return { eventId, seq, kind: decoded(KIND_CODES, kind), spans };
}

/** A play that counts. */
export interface QualifiedPlay {
  readonly playback: PlaybackFacts;
  readonly qualifiedIn: number;
  readonly isEarlier: boolean;
}

/** What counts of a stored day, without reading what was heard of it. */
export function qualifiedPlaysOf(body: string, subjectId: SubjectId): QualifiedPlay[] {
  return decodePlaybacks(body).flatMap((encoded) => {
    const qualifiedIn = encoded[7];
    if (qualifiedIn === null) return [];
    return [{ playback: decodeFacts(encoded, subjectId), qualifiedIn, isEarlier: encoded[8] === 1 }];
  });
}
