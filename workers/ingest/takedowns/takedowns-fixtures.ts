/** What the tests of takedowns share: the Worker with other bindings, and what the edge would go by. */
import { createExecutionContext } from "cloudflare:test";
import { availabilityKey } from "#domain/rights/availability.ts";
import { TAKEDOWNS_NAME } from "#durable-objects/rights/takedowns-protocol.ts";
import worker from "#workers/ingest/index.ts";
import { bindings, type Caller, ORIGIN } from "#workers/ingest/ingest-fixtures.ts";
import type { Takedown } from "./takedowns-contract.ts";

export const PATH = "/v1/ingest/takedowns";

export interface Items {
  readonly items: readonly Takedown[];
}

/** Asks the Worker with some of its bindings replaced. */
export function callWith(
  as: Caller,
  replaced: Partial<Record<keyof IngestEnv, unknown>>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> | Response {
  const request = new Request(ORIGIN + path, {
    method,
    headers: { authorization: `Bearer ${as.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return worker.fetch(request, { ...bindings, ...replaced } as IngestEnv, createExecutionContext());
}

export async function isGranted(trackId: string): Promise<boolean> {
  const record = await bindings.RIGHTS.get<{ grants: object }>(availabilityKey(trackId), "json");
  return record !== null && Object.keys(record.grants).length > 0;
}

export async function isAnnounced(trackId: string): Promise<boolean> {
  const { recordingIds } = await bindings.TAKEDOWNS.getByName(TAKEDOWNS_NAME).recent();
  return (recordingIds as readonly string[]).includes(trackId);
}

/** Since the last attempt to carry a takedown of a release's tracks out. */
export async function tenSecondsPass(releaseId: string): Promise<void> {
  await bindings.CATALOG_0.prepare(
    `UPDATE takedowns SET attempted_at = attempted_at - 10000
       WHERE recording_id IN (SELECT id FROM recordings WHERE release_id = ?)`,
  )
    .bind(releaseId)
    .run();
}
