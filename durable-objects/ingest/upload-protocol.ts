/** How an upload's object and the Worker that brings its bytes understand each other. */
import type { EpochMs } from "#domain/foundation/time.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";

/** A writer that has not been heard of for this long is gone: its request was cut. Clients retry for a little longer. */
export const WRITE_LEASE_MS = 15 * SECOND_MS;
/** A writer whose bytes still come says so this often. */
export const WRITE_RENEW_MS = 5 * SECOND_MS;

export interface UploadPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** The bytes after the last whole part, kept aside until there are enough for a part. */
export interface UploadTail {
  readonly key: string;
  readonly sizeBytes: number;
}

/** What a writer changes as it goes. */
export interface UploadWrite {
  readonly offsetBytes: number;
  /** R2 multipart upload, begun by the first write. */
  readonly multipartId: string | null;
  readonly parts: readonly UploadPart[];
  readonly tail: UploadTail | null;
}

export interface UploadProgress extends UploadWrite {
  readonly uploadId: string;
  readonly sizeBytes: number;
  readonly expiresAt: EpochMs;
  /** `expired` takes no more bytes; `settled` is done with, whichever way it went. */
  readonly phase: "open" | "expired" | "settled";
}

export type WriteAnswer =
  | { readonly kind: "granted"; readonly lock: string; readonly progress: UploadProgress }
  | { readonly kind: "locked" }
  | { readonly kind: "offset-mismatch"; readonly offsetBytes: number }
  | { readonly kind: "unknown" };

/** Of a writer that brings the whole file and begins at its first byte. */
export type WholeWriteAnswer =
  | Exclude<WriteAnswer, { readonly kind: "offset-mismatch" }>
  /** All bytes are here already. */
  | { readonly kind: "whole"; readonly progress: UploadProgress };

export function isWhole({ offsetBytes, sizeBytes }: UploadProgress): boolean {
  return offsetBytes === sizeBytes;
}

/** Given up: for a client it is no longer there. */
export function isGivenUp(progress: UploadProgress): boolean {
  return progress.phase !== "open" && !isWhole(progress);
}
