import { SECOND_MS } from "#domain/foundation/time.ts";

/**
 * Longer than an invocation lives: nobody else deletes what one of them has begun to, or an object could go that was stored
 * again meanwhile.
 */
const SWEEP_LEASE_MS = 20 * 60 * SECOND_MS;
/** After the first deletion: for what was on its way, such as a copy to the replica. */
export const CLEARED_AGAIN_MS = 60 * SECOND_MS;

/** Whether something refers to the object of a row of `object_deletions`, as a condition on that row. */
const IS_REFERENCED = `CASE substr(object_key, 1, 2)
    WHEN 'u/' THEN EXISTS (SELECT 1 FROM masters AS m WHERE m.object_key = object_deletions.object_key)
    WHEN 'f/' THEN EXISTS (SELECT 1 FROM masters AS m WHERE m.sha256 = substr(object_deletions.object_key, 3))
    WHEN 'a/' THEN EXISTS (SELECT 1 FROM renditions AS n WHERE n.sha256 = substr(object_deletions.object_key, 3, 64))
    WHEN 'c/' THEN EXISTS (SELECT 1 FROM releases AS l WHERE l.cover_sha256 = substr(object_deletions.object_key, 3, 64))
    ELSE TRUE
  END`;

export interface SweptObject {
  readonly objectKey: string;
  /** Its second time: then nothing is left to be done. */
  readonly isCleared: boolean;
}

/**
 * Takes what is due: from here on nothing may refer to it anew. What somebody refers to is forgotten, so that it can be
 * noted again.
 */
export async function takeDueObjects(d1: D1Database, nowMs: number, limit: number): Promise<SweptObject[]> {
  const [, taken] = await d1.batch<{ objectKey: string; isCleared: number }>([
    d1
      .prepare(`DELETE FROM object_deletions WHERE state = 'unreferenced' AND due_at <= ?1 AND ${IS_REFERENCED}`)
      .bind(nowMs),
    d1
      .prepare(
        `UPDATE object_deletions SET state = 'deleting', due_at = ?2 WHERE object_key IN (
           SELECT object_key FROM object_deletions WHERE due_at <= ?1 ORDER BY due_at LIMIT ?3
         ) RETURNING object_key AS objectKey, is_cleared AS isCleared`,
      )
      .bind(nowMs, nowMs + SWEEP_LEASE_MS, limit),
  ]);
  return (taken?.results ?? []).map(({ objectKey, isCleared }) => ({ objectKey, isCleared: isCleared !== 0 }));
}

/** They are deleted: once more in a while, or for good. */
export async function noteCleared(d1: D1Database, objects: readonly SweptObject[], nowMs: number): Promise<void> {
  const keys = (isCleared: boolean) =>
    JSON.stringify(objects.filter((object) => object.isCleared === isCleared).map(({ objectKey }) => objectKey));
  const named = "object_key IN (SELECT value FROM json_each(?1))";
  await d1.batch([
    d1.prepare(`DELETE FROM object_deletions WHERE ${named}`).bind(keys(true)),
    d1
      .prepare(`UPDATE object_deletions SET is_cleared = 1, due_at = ?2 WHERE ${named}`)
      .bind(keys(false), nowMs + CLEARED_AGAIN_MS),
  ]);
}

/** When there is something to be done next; null for never. */
export async function nextDueAt(d1: D1Database): Promise<number | null> {
  return d1.prepare("SELECT MIN(due_at) AS due FROM object_deletions").first<number>("due");
}
