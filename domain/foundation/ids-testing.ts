import { decodeBase62 } from "./base62.ts";
import type { EpochMs } from "./time.ts";

/** The instant an id was made, or null where the text is no id. */
export function createdAtOfId(id: string): EpochMs | null {
  const value = decodeBase62(id);
  return value === null ? null : Number(value >> 80n);
}
