/**
 * Counts the playbacks of some subjects in one month: keeps every event once and says what each playback amounts to.
 * Named by domain/plays/play-shard.ts. A call may be repeated at will, and always answers with the present state of
 * each playback it touched, so that a caller who fails after it can do all of its work again.
 */
import { DurableObject } from "cloudflare:workers";
import type { PlaybackId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { type PlaybackFacts, type PlayEvent, type PlayEventKind, playEventBody } from "#domain/plays/play-event.ts";
import type { ReportedPlayback } from "#domain/plays/play-message.ts";
import { assessPlayback, type PlaybackOutcome } from "#domain/plays/qualification.ts";
import type { Span } from "#domain/plays/spans.ts";

/** An event every ten seconds for almost three hours. A client that says more is not one that plays music. */
export const PLAYBACK_EVENTS_MAX = 1_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS playbacks (
    playback_id TEXT PRIMARY KEY,
    subject_id TEXT NOT NULL,
    recording_id TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    country TEXT NOT NULL,
    commercial_model TEXT NOT NULL,
    last_received_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Never updated. What a playback amounts to is derived from these rows each time.
  CREATE TABLE IF NOT EXISTS events (
    playback_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    spans TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (playback_id, event_id)
  ) STRICT, WITHOUT ROWID;
`;

export interface ReceivedPlayback extends ReportedPlayback {
  readonly receivedAtMs: EpochMs;
}

export interface AssessedPlayback extends PlaybackOutcome {
  readonly playback: PlaybackFacts;
}

/** How many events went which way; `assessed` has each playback of the call once. */
export interface RecordedPlays {
  readonly assessed: readonly AssessedPlayback[];
  readonly recorded: number;
  readonly duplicates: number;
  /** Events that came again with another body. The first body stands. */
  readonly conflicts: number;
  /** Events beyond PLAYBACK_EVENTS_MAX of their playback. */
  readonly surplus: number;
}

type EventRow = { event_id: string; seq: number; kind: PlayEventKind; spans: string };
type PlaybackRow = {
  subject_id: PlaybackFacts["subjectId"];
  recording_id: PlaybackFacts["recordingId"];
  duration_ms: number;
  issued_at: EpochMs;
  country: string;
  commercial_model: PlaybackFacts["commercialModel"];
  last_received_at: EpochMs;
};
type Verdict = Exclude<keyof RecordedPlays, "assessed">;

export class PlayShardObject extends DurableObject<RealtimeEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  record(received: readonly ReceivedPlayback[]): RecordedPlays {
    const counts: Record<Verdict, number> = { recorded: 0, duplicates: 0, conflicts: 0, surplus: 0 };
    const assessed = this.ctx.storage.transactionSync(() => {
      const byPlayback = Map.groupBy(received, ({ playback }) => playback.playbackId);
      return [...byPlayback].map(([playbackId, reports]) => {
        const known = this.#loadEvents(playbackId);
        for (const report of reports) {
          for (const event of report.events) counts[this.#recordEvent(report, event, known)] += 1;
        }
        return this.#assess(playbackId, reports, known);
      });
    });
    return { assessed, ...counts };
  }

  /** Adds the event to the table and to what is known, unless it is there. */
  #recordEvent({ playback, receivedAtMs }: ReceivedPlayback, event: PlayEvent, known: Map<string, PlayEvent>): Verdict {
    const before = known.get(event.eventId);
    if (before !== undefined) return playEventBody(before) === playEventBody(event) ? "duplicates" : "conflicts";
    if (known.size >= PLAYBACK_EVENTS_MAX) return "surplus";
    this.#sql.exec(
      "INSERT INTO events (playback_id, event_id, seq, kind, spans, received_at) VALUES (?, ?, ?, ?, ?, ?)",
      playback.playbackId,
      event.eventId,
      event.seq,
      event.kind,
      JSON.stringify(event.spans),
      receivedAtMs,
    );
    known.set(event.eventId, event);
    return "recorded";
  }

  #assess(
    playbackId: PlaybackId,
    reports: readonly ReceivedPlayback[],
    events: ReadonlyMap<string, PlayEvent>,
  ): AssessedPlayback {
    for (const { playback, receivedAtMs } of reports) this.#touchPlayback(playback, receivedAtMs);
    const { playback, lastReceivedAtMs } = this.#loadPlayback(playbackId);
    const spans = [...events.values()].flatMap((event) => event.spans);
    return { playback, ...assessPlayback(playback, { spans, lastReceivedAtMs }) };
  }

  /**
   * The last receipt is the latest of all, so that it is the same in whatever order messages come: the queue may
   * deliver a later one first.
   */
  #touchPlayback(playback: PlaybackFacts, receivedAtMs: EpochMs): void {
    this.#sql.exec(
      `INSERT INTO playbacks (playback_id, subject_id, recording_id, duration_ms, issued_at, country,
                              commercial_model, last_received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last_received_at = max(last_received_at, excluded.last_received_at)`,
      playback.playbackId,
      playback.subjectId,
      playback.recordingId,
      playback.durationMs,
      playback.issuedAtMs,
      playback.country,
      playback.commercialModel,
      receivedAtMs,
    );
  }

  #loadPlayback(playbackId: PlaybackId): { playback: PlaybackFacts; lastReceivedAtMs: EpochMs } {
    const row = this.#sql
      .exec<PlaybackRow>(
        `SELECT subject_id, recording_id, duration_ms, issued_at, country, commercial_model, last_received_at
         FROM playbacks WHERE playback_id = ?`,
        playbackId,
      )
      .one();
    const playback: PlaybackFacts = {
      playbackId,
      subjectId: row.subject_id,
      recordingId: row.recording_id,
      durationMs: row.duration_ms,
      issuedAtMs: row.issued_at,
      country: row.country,
      commercialModel: row.commercial_model,
    };
    return { playback, lastReceivedAtMs: row.last_received_at };
  }

  #loadEvents(playbackId: PlaybackId): Map<string, PlayEvent> {
    const rows = this.#sql.exec<EventRow>(
      "SELECT event_id, seq, kind, spans FROM events WHERE playback_id = ?",
      playbackId,
    );
    const events = new Map<string, PlayEvent>();
    for (const { event_id, seq, kind, spans } of rows) {
      events.set(event_id, { eventId: event_id, seq, kind, spans: JSON.parse(spans) as Span[] });
    }
    return events;
  }
}
