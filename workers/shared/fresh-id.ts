import { ID_RANDOM_BYTES, makeId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";

/** A new id for this instant, or the one that is given. New catalog rows go to shard 0 until there are more. */
export function freshId<T extends string>(nowMs: EpochMs = Date.now()): T {
  return makeId<T>(nowMs, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)));
}
