/** The single plays of a shard that count, subject after subject. */

import { qualifiedPlaysOf } from "#domain/plays/listening-day.ts";
import type { PlaybackFacts } from "#domain/plays/play-event.ts";
import type { SubjectId } from "#domain/plays/subject.ts";

export const QUALIFIED_PLAYS_PER_PAGE_MAX = 10_000;
/** A page ends here also where few of them count: a call does not take longer than others can wait. */
const SUBJECTS_PER_PAGE_MAX = 500;
/** Comes after every id. */
const AFTER_ALL = "~";

/** The place behind a play, or behind all plays of a subject. */
export interface QualifiedPlaysCursor {
  readonly subjectId: string;
  readonly playbackId: string;
}

export interface QualifiedPlaysRequest {
  /** Null for the first page. */
  readonly after: QualifiedPlaysCursor | null;
  readonly limit: number;
}

export interface QualifiedPlaysPage {
  readonly plays: readonly PlaybackFacts[];
  /** Null behind the last play. */
  readonly next: QualifiedPlaysCursor | null;
}

/** Throws RangeError for a limit that is none. A page may have fewer plays than that, even none, before the last. */
export function listQualifiedPlays(sql: SqlStorage, { after, limit }: QualifiedPlaysRequest): QualifiedPlaysPage {
  if (!Number.isInteger(limit) || limit < 1 || limit > QUALIFIED_PLAYS_PER_PAGE_MAX) {
    throw new RangeError(`a page has 1 to ${QUALIFIED_PLAYS_PER_PAGE_MAX} plays`);
  }
  const days = daysOf(sql);
  const plays: PlaybackFacts[] = [];
  let cursor: QualifiedPlaysCursor = after ?? { subjectId: "", playbackId: AFTER_ALL };
  for (let subjects = 0; subjects < SUBJECTS_PER_PAGE_MAX; subjects++) {
    const own = playsOf(sql, days, cursor.subjectId).filter(({ playbackId }) => playbackId > cursor.playbackId);
    for (const play of own) {
      plays.push(play);
      if (plays.length === limit) return { plays, next: { subjectId: play.subjectId, playbackId: play.playbackId } };
    }
    const subjectId = nextSubject(sql, days, cursor.subjectId);
    if (subjectId === null) return { plays, next: null };
    cursor = { subjectId, playbackId: "" };
  }
  return { plays, next: cursor };
}

/** From one to the next: as many look-ups as there are days, whatever lies in them. */
function daysOf(sql: SqlStorage): string[] {
  const days: string[] = [];
  for (;;) {
    const query = "SELECT min(day) AS day FROM listening_days WHERE day > ?";
    const { day } = sql.exec<{ day: string | null }>(query, days.at(-1) ?? "").one();
    if (day === null) return days;
    days.push(day);
  }
}

function nextSubject(sql: SqlStorage, days: readonly string[], after: string): string | null {
  const query = "SELECT min(subject_id) AS subject FROM listening_days WHERE day = ? AND subject_id > ?";
  const next = days.flatMap((day) => sql.exec<{ subject: string | null }>(query, day, after).one().subject ?? []);
  return next.sort()[0] ?? null;
}

function playsOf(sql: SqlStorage, days: readonly string[], subjectId: string): PlaybackFacts[] {
  const query = "SELECT body FROM listening_days WHERE day = ? AND subject_id = ?";
  return days
    .flatMap((day) => sql.exec<{ body: string }>(query, day, subjectId).toArray())
    .flatMap(({ body }) => qualifiedPlaysOf(body, subjectId as SubjectId))
    .map(({ playback }) => playback)
    .sort((a, b) => (a.playbackId < b.playbackId ? -1 : 1));
}
