import { fingerprintOf } from "#domain/foundation/sha256.ts";
import type { PlaylistEdit } from "./edits.ts";

/** Tells an edit that is sent again from another one that was given the same op id. */
export function requestFingerprint(edit: PlaylistEdit): Promise<string> {
  return fingerprintOf(edit);
}
