/**
 * Takes recordings down and restores them. The row in the catalog is the truth and comes first; what the edge goes by,
 * the record in the store of rights and the object that every point of presence asks, follows from it, as often as it
 * takes.
 */
import type * as z from "zod";
import type { RecordingId } from "#domain/foundation/ids.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import { TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import { applyStandings, putRecords } from "#workers/ingest/publishing/availability-records.ts";
import type { Standing } from "#workers/ingest/publishing/publishing-store.ts";
import { recordingMessages } from "#workers/ingest/publishing/recording-messages.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { type CatalogDatabase, catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";
import { logEvent, logFailure } from "#workers/shared/http/request-log.ts";
import type { Takedown, takedownBody } from "./takedowns-contract.ts";
import * as store from "./takedowns-store.ts";

/** A request writes the records of this many: an invocation has a thousand calls. The queue does the rest. */
const CARRIED_OUT_AT_ONCE_MAX = 500;
/** When the queue looks after what a request did at once: soon enough for the minute, after all but slow ones. */
const LOOK_AGAIN_SECONDS = 5;
/** A request that is repeated costs no more than reading it, but for one in this time. */
const ATTEMPT_EVERY_SECONDS = 10;
/** How a request waits for another one that is carrying the same out. */
const ATTEMPT_LOOKS_MAX = 8;
const ATTEMPT_LOOK_MS = 250;

/** Takes a track or all tracks of a release down, once; `created` is false where the caller had done all of it before. */
export async function createTakedowns(
  env: IngestEnv,
  principal: Principal,
  body: z.output<typeof takedownBody>,
): Promise<{ readonly items: readonly Takedown[]; readonly created: boolean }> {
  const database = catalogDatabase(env.CATALOG_0);
  const { recordingIds } = await requireTarget(env, principal, body);
  if (recordingIds.length === 0) throw new ProblemError("unprocessable", { detail: "This release has no tracks yet." });
  const nowMs = Date.now();
  const created = await store.insertTakedowns(env.CATALOG_0, {
    rows: recordingIds.map((recordingId) => ({ id: freshId(), recordingId })),
    requestedBy: principal.accountId,
    reason: body.reason,
    nowMs,
  });
  for (const { id: takedownId, recordingId } of created) {
    logEvent("ingest", "takedown-requested", { takedownId, recordingId, accountId: principal.accountId });
  }
  const isNew = new Set(created.map((row) => row.recordingId));
  // What was down before too: this may be the second try of a request that was cut off.
  const { unfinished, finished } = await store.beginAttempts(
    database,
    recordingIds.filter((id) => !isNew.has(id)),
    { nowMs, lastAttemptAtMs: nowMs - ATTEMPT_EVERY_SECONDS * SECOND_MS },
  );
  const due = [...isNew, ...unfinished];
  await carryOutAtOnce(env, { due, again: finished });
  const inForce = await listCarriedOut(database, recordingIds, new Set(due));
  return { items: inForce.map((row) => toTakedown(row, principal)), created: created.length > 0 };
}

export async function listTakedowns(
  env: IngestEnv,
  principal: Principal,
  releaseId: string,
): Promise<readonly Takedown[]> {
  const { recordingIds } = await requireTarget(env, principal, { release_id: releaseId });
  const inForce = await store.listInForce(catalogDatabase(env.CATALOG_0), recordingIds);
  return inForce.map((row) => toTakedown(row, principal));
}

export async function liftTakedown(env: IngestEnv, principal: Principal, id: string): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const found = await store.findTakedown(database, id);
  if (found === null || !mayManage(principal, found.ownerAccountId)) throw new ProblemError("not-found");
  const { takedown } = found;
  if (!mayLift(principal, takedown)) {
    throw new ProblemError("forbidden", { detail: "The service took this track down. Ask us to restore it." });
  }
  const { recordingId } = takedown;
  const isLifted = await store.liftTakedown(database, id, principal.accountId, Date.now());
  if (isLifted) logEvent("ingest", "takedown-lifted", { takedownId: id, recordingId, accountId: principal.accountId });
  else if (takedown.liftedAt !== null && takedown.carriedOutAt !== null) return;
  await carryOutAtOnce(env, isLifted ? { due: [recordingId], again: [] } : { due: [], again: [recordingId] });
  await store.markRestored(database, id, Date.now());
}

interface TargetName {
  readonly release_id?: string | undefined;
  readonly track_id?: string | undefined;
}

async function requireTarget(
  env: IngestEnv,
  principal: Principal,
  { release_id: releaseId, track_id: trackId = "" }: TargetName,
): Promise<store.TakedownTarget> {
  const database = catalogDatabase(env.CATALOG_0);
  const target = await (releaseId === undefined
    ? store.findTrackTarget(database, trackId)
    : store.findReleaseTarget(database, releaseId));
  if (target === null || !mayManage(principal, target.ownerAccountId)) throw new ProblemError("not-found");
  return target;
}

function mayManage(principal: Principal, ownerAccountId: string): boolean {
  return principal.role === "admin" || principal.accountId === ownerAccountId;
}

function mayLift(principal: Principal, takedown: store.TakedownRow): boolean {
  return principal.role === "admin" || principal.accountId === takedown.requestedBy;
}

/** All that is in force. What another request is carrying out is waited for; `unavailable` where that takes too long. */
async function listCarriedOut(
  database: CatalogDatabase,
  recordingIds: readonly string[],
  own: ReadonlySet<string>,
): Promise<readonly store.TakedownRow[]> {
  for (let look = 0; look < ATTEMPT_LOOKS_MAX; look++) {
    if (look > 0) await scheduler.wait(ATTEMPT_LOOK_MS);
    const inForce = await store.listInForce(database, recordingIds);
    if (inForce.every((row) => row.carriedOutAt !== null || own.has(row.recordingId))) return inForce;
  }
  throw notCarriedOut("It is recorded, and not yet known to be carried out everywhere. Send it again.");
}

interface Due {
  /** Of which it is not known that the edge goes by what the catalog says. */
  readonly due: readonly string[];
  /** Of which it is known, and which are made sure of: those that there are calls for. */
  readonly again: readonly string[];
}

/**
 * Carries out what the catalog says, and leaves a message that does so again for what is due: it is sent beside the
 * attempt, not after it, so that an invocation which is cut off leaves it too. Throws `unavailable` where the attempt
 * failed.
 */
export async function carryOutAtOnce(env: IngestEnv, { due, again }: Due): Promise<void> {
  const atOnce = [...due, ...again].slice(0, CARRIED_OUT_AT_ONCE_MAX);
  if (atOnce.length === 0) return;
  const later = due.slice(CARRIED_OUT_AT_ONCE_MAX);
  const watched = due.slice(0, CARRIED_OUT_AT_ONCE_MAX);
  const messages = [
    ...recordingMessages("takedown-due", watched, LOOK_AGAIN_SECONDS),
    ...recordingMessages("takedown-due", later, 0),
  ];
  const [carriedOut, queued] = await Promise.allSettled([
    carryOutTakedowns(env, atOnce),
    messages.length === 0 ? null : env.INGEST_QUEUE.sendBatch(messages),
  ]);
  for (const result of [carriedOut, queued]) {
    if (result.status === "rejected") logFailure("ingest", `takedown:${atOnce[0]}`, result.reason);
  }
  const isQueued = queued.status === "fulfilled" && messages.length > 0;
  if (carriedOut.status === "fulfilled" && (isQueued || later.length === 0)) return;
  throw notCarriedOut(
    isQueued
      ? "It is recorded and is being carried out; this goes on until it is done. You may send it again."
      : "It is recorded, and not yet carried out everywhere. Send it again.",
  );
}

/** Sent again before the next attempt may be made, it would only be told the same. */
function notCarriedOut(detail: string): ProblemError {
  return new ProblemError("unavailable", { detail, headers: { "retry-after": String(ATTEMPT_EVERY_SECONDS) } });
}

/**
 * Brings to the edge what the catalog says of these recordings. What was never READY is not there, and publishing it
 * looks for takedowns itself. Throws where a part of it failed; all was tried.
 */
export async function carryOutTakedowns(env: IngestEnv, recordingIds: readonly string[]): Promise<void> {
  const applied = await applyStandings(env, recordingIds, async (standings) => {
    const known = standings.filter((standing) => standing.hasRecord);
    const { down = [], up = [] } = Object.groupBy(known, (one) => (one.takedownIds.length === 0 ? "up" : "down"));
    const results = await Promise.allSettled([announce(env, down), putRecords(env, down), restore(env, up)]);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  });
  const ids = applied.flatMap((standing) => standing.takedownIds);
  await store.markInForce(catalogDatabase(env.CATALOG_0), ids, Date.now());
}

/** The object's word is stronger than the record: it is taken back when there is a record to go by. */
async function restore(env: IngestEnv, standings: readonly Standing[]): Promise<void> {
  if (standings.length === 0) return;
  await putRecords(env, standings);
  await env.TAKEDOWNS.getByName(TAKEDOWNS_NAME).withdraw(idsOf(standings));
}

async function announce(env: IngestEnv, standings: readonly Standing[]): Promise<void> {
  if (standings.length > 0) await env.TAKEDOWNS.getByName(TAKEDOWNS_NAME).announce(idsOf(standings));
}

function idsOf(standings: readonly Standing[]): RecordingId[] {
  return standings.map((standing) => standing.recordingId as RecordingId);
}

function toTakedown(row: store.TakedownRow, principal: Principal): Takedown {
  return {
    id: row.id,
    track_id: row.recordingId,
    reason: row.reason,
    requested_at: new Date(row.requestedAt).toISOString(),
    liftable: mayLift(principal, row),
  };
}
