/**
 * A subject stands for a listener in everything that is kept of plays. It is random: only the listener's own record
 * links it to the account, so forgetting that record leaves plays that are nobody's.
 */
import { encodeBase62 } from "#domain/foundation/base62.ts";

declare const brand: unique symbol;
export type SubjectId = string & { readonly [brand]: "subject" };

export const SUBJECT_RANDOM_BYTES = 16;

/** `random` holds SUBJECT_RANDOM_BYTES unpredictable bytes. There is no time in a subject: it would say who joined when. */
export function makeSubjectId(random: Uint8Array): SubjectId {
  if (random.length !== SUBJECT_RANDOM_BYTES) {
    throw new RangeError(`a subject takes ${SUBJECT_RANDOM_BYTES} random bytes`);
  }
  let value = 0n;
  for (const byte of random) value = (value << 8n) | BigInt(byte);
  return encodeBase62(value) as SubjectId;
}
