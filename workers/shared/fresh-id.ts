import { ID_RANDOM_BYTES, makeId } from "#domain/foundation/ids.ts";

/** A new id for this instant. New catalog rows go to shard 0 until there are more. */
export function freshId<T extends string>(): T {
  return makeId<T>(Date.now(), crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)));
}
