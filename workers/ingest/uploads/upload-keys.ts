/** Keys of the bucket of masters. */

/** Where an upload's bytes are put together, and stay if they are the first of their kind. */
export function masterUploadKey(uploadId: string): string {
  return `u/${uploadId}`;
}

/** What a master sounds like, beside it. */
export function fingerprintKey(masterSha256: string): string {
  return `f/${masterSha256}`;
}

/** Bytes of an upload that do not fill a part yet. */
export function tailsPrefix(uploadId: string): string {
  return `tails/${uploadId}/`;
}
