/** What first counted in which round of a shard, and where in its table that is. */
import type { PlaybackId } from "#domain/foundation/ids.ts";
import { qualifiedPlaysOf } from "#domain/plays/listening-day.ts";
import { mergeSums, type PlaySum, sumKey } from "#domain/plays/play-sums.ts";
import type { SubjectId } from "#domain/plays/subject.ts";

/** Rounds that come after one, up to and with another. */
export interface RoundRange {
  readonly after: number;
  readonly through: number;
}

/** A play that counted before there were rounds: it is by itself, to be looked up in the ledger. */
export interface EarlierPlay extends Omit<PlaySum, "plays"> {
  readonly playbackId: PlaybackId;
}

export interface ShardNews {
  readonly sums: readonly PlaySum[];
  readonly earlier: readonly EarlierPlay[];
}

/**
 * How much of a subject's name is in a mark. The first of its 22 characters is one of eight, so that there are some 480
 * marks for a day: few beside the rows of a busy shard, and what lies behind one is soon read.
 */
const MARK_LENGTH = 2;
/** Comes after every character that a subject has. */
const AFTER_ALL = "~";

interface NewsPlace {
  readonly round: number;
  readonly day: string;
  readonly subjectId: SubjectId;
}

export function markNews(sql: SqlStorage, { round, day, subjectId }: NewsPlace): void {
  const subjects = subjectId.slice(0, MARK_LENGTH);
  sql.exec("INSERT INTO news (round, day, subjects) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", round, day, subjects);
}

export function collectNews(sql: SqlStorage, range: RoundRange): ShardNews {
  const sums: PlaySum[] = [];
  const earlier: EarlierPlay[] = [];
  const marks = sql
    .exec<{ day: string; subjects: string }>(
      "SELECT DISTINCT day, subjects FROM news WHERE round > ? AND round <= ?",
      range.after,
      range.through,
    )
    .toArray();
  for (const mark of marks) {
    for (const { playback, isEarlier } of markedPlays(sql, mark, range)) {
      const key = sumKey(playback);
      if (isEarlier) earlier.push({ playbackId: playback.playbackId, key, day: mark.day });
      else sums.push({ key, day: mark.day, plays: 1 });
    }
  }
  return { sums: mergeSums(sums), earlier };
}

function* markedPlays(
  sql: SqlStorage,
  { day, subjects }: { readonly day: string; readonly subjects: string },
  { after, through }: RoundRange,
) {
  const rows = sql.exec<{ subject_id: SubjectId; body: string }>(
    "SELECT subject_id, body FROM listening_days WHERE day = ? AND subject_id >= ? AND subject_id < ? AND round > ?",
    day,
    subjects,
    subjects + AFTER_ALL,
    after,
  );
  for (const { subject_id: subjectId, body } of rows) {
    for (const play of qualifiedPlaysOf(body, subjectId)) {
      if (play.qualifiedIn > after && play.qualifiedIn <= through) yield play;
    }
  }
}
