/**
 * Counts the playbacks of some subjects in one month: keeps every event once and says what each playback amounts to.
 * Named by domain/plays/play-shard.ts. A call may be repeated at will, and always answers with the present state of
 * each playback it touched, so that a caller who fails after it can do all of its work again.
 *
 * What newly counts belongs to the round that is open. A round that was closed takes nothing any more, so whoever adds
 * up its plays finds the same each time.
 */
import { DurableObject } from "cloudflare:workers";
import {
  type AssessedPlayback,
  addReports,
  type DayAfterReports,
  decodeListeningDay,
  EMPTY_DAY,
  encodeListeningDay,
  newestRound,
  REPORT_VERDICTS,
  type ReceivedPlayback,
  type Recording,
  type ReportCounts,
} from "#domain/plays/listening-day.ts";
import { dayOf, partOfRecording, recordingOfSum } from "#domain/plays/play-sums.ts";
import { takeInEarlierTables } from "./earlier-tables.ts";
import { listQualifiedPlays, type QualifiedPlaysPage, type QualifiedPlaysRequest } from "./qualified-plays.ts";
import { collectNews, markNews, type RoundRange, type ShardNews } from "./round-news.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS listening_days (
    day TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    -- The newest in which a play of the day first counted. Before the body, which it saves from being read.
    round INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (day, subject_id)
  ) STRICT, WITHOUT ROWID;
  -- Where in listening_days the plays of a round are. Days are rewritten again and again, and an index on their round
  -- would be a second row for each time; a mark is for all subjects of a day whose names begin alike.
  CREATE TABLE IF NOT EXISTS news (
    round INTEGER NOT NULL,
    day TEXT NOT NULL,
    subjects TEXT NOT NULL,
    PRIMARY KEY (round, day, subjects)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS books (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    open_round INTEGER NOT NULL
  ) STRICT;
`;

const FIRST_ROUND = 1;

export interface RecordedPlays extends ReportCounts {
  /** Each playback of the call once. */
  readonly assessed: readonly AssessedPlayback[];
  /** The newest round in which one of these first counted; 0 where none of them counts. */
  readonly newestRound: number;
}

export interface ClosedRounds {
  /** The newest round that is closed; 0 where none is. */
  readonly through: number;
  /** That first counted after the round that was asked for, and until this one. */
  readonly plays: number;
}

export class PlayShardObject extends DurableObject<RealtimeEnv> {
  readonly #sql: SqlStorage;
  /** Of closed rounds, which cannot change: they are asked for in parts. */
  #collected: { readonly range: RoundRange; readonly news: ShardNews } | null = null;

  constructor(ctx: DurableObjectState, env: RealtimeEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA);
    // Into the open round, which is the first one unless the version before was brought back for a while.
    takeInEarlierTables(ctx.storage, (reports) =>
      this.#recordDay(reports, { round: this.#openRound(), isEarlier: true }),
    );
  }

  recordReports(received: readonly ReceivedPlayback[]): RecordedPlays {
    const assessed: AssessedPlayback[] = [];
    const counts: Record<keyof ReportCounts, number> = { recorded: 0, duplicates: 0, conflicts: 0, surplus: 0 };
    const byDay = Map.groupBy(received, ({ playback }) => `${dayOf(playback.issuedAtMs)}/${playback.subjectId}`);
    return this.ctx.storage.transactionSync(() => {
      const round = this.#openRound();
      for (const reports of byDay.values()) {
        const after = this.#recordDay(reports, { round });
        assessed.push(...after.assessed);
        for (const verdict of REPORT_VERDICTS) counts[verdict] += after[verdict];
      }
      const rounds = assessed.map(({ qualifiedIn }) => qualifiedIn ?? 0);
      return { assessed, ...counts, newestRound: Math.max(0, ...rounds) };
    });
  }

  /**
   * Closes the open round, unless nothing counts in it. Called again it closes what has come since; nobody has to have
   * added up what was closed before.
   */
  closeRound(after: number): ClosedRounds {
    const through = this.ctx.storage.transactionSync(() => {
      const round = this.#openRound();
      if (!this.#hasNews(round)) return round - 1;
      this.#sql.exec(
        "INSERT INTO books (id, open_round) VALUES (1, ?) ON CONFLICT DO UPDATE SET open_round = excluded.open_round",
        round + 1,
      );
      return round;
    });
    const { sums, earlier } = this.#newsOf({ after, through });
    return { through, plays: sums.reduce((total, { plays }) => total + plays, earlier.length) };
  }

  /**
   * What first counted in closed rounds, of the recordings of one of several parts: the same each time. Throws RangeError
   * for a round that is open, which has not all yet.
   */
  newsOfPart(range: RoundRange, { part, parts }: { readonly part: number; readonly parts: number }): ShardNews {
    if (range.through >= this.#openRound()) throw new RangeError(`round ${range.through} is not closed`);
    const { sums, earlier } = this.#newsOf(range);
    const isInPart = ({ key }: { readonly key: string }) => partOfRecording(recordingOfSum(key), parts) === part;
    // The last part is asked for once; if not, all of it is read again.
    if (part === parts - 1) this.#collected = null;
    return { sums: sums.filter(isInPart), earlier: earlier.filter(isInPart) };
  }

  /** Plays that count, in the order of subject and playback: who is paid for what, and disputes. */
  listQualifiedPlays(request: QualifiedPlaysRequest): QualifiedPlaysPage {
    return listQualifiedPlays(this.#sql, request);
  }

  /** All reports are of one subject and day. */
  #recordDay(reports: readonly ReceivedPlayback[], recording: Recording): DayAfterReports {
    const [first] = reports;
    if (first === undefined) throw new RangeError("there is nothing to record");
    const { subjectId, issuedAtMs } = first.playback;
    const day = dayOf(issuedAtMs);
    const row = this.#sql
      .exec<{ body: string }>("SELECT body FROM listening_days WHERE day = ? AND subject_id = ?", day, subjectId)
      .toArray()[0];
    const before = row === undefined ? EMPTY_DAY : decodeListeningDay(row.body, subjectId);
    const after = addReports(before, reports, recording);
    if (after.isChanged) {
      this.#sql.exec(
        `INSERT INTO listening_days (day, subject_id, round, body) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET round = excluded.round, body = excluded.body`,
        day,
        subjectId,
        newestRound(after.day),
        encodeListeningDay(after.day),
      );
    }
    if (after.hasNews) markNews(this.#sql, { round: recording.round, day, subjectId });
    return after;
  }

  #openRound(): number {
    const row = this.#sql.exec<{ open_round: number }>("SELECT open_round FROM books WHERE id = 1").toArray()[0];
    return row?.open_round ?? FIRST_ROUND;
  }

  #hasNews(round: number): boolean {
    return this.#sql.exec("SELECT 1 FROM news WHERE round = ? LIMIT 1", round).toArray().length > 0;
  }

  #newsOf(range: RoundRange): ShardNews {
    const { after, through } = this.#collected?.range ?? {};
    if (this.#collected !== null && after === range.after && through === range.through) return this.#collected.news;
    const news = collectNews(this.#sql, range);
    this.#collected = { range, news };
    return news;
  }
}
