/** What travels on the ingest queue. Each message may come more than once and is carried out once. */
export type IngestMessage =
  /** All bytes of an upload are in R2: put them together, check them and pass the upload on. */
  | { readonly kind: "upload-complete"; readonly uploadId: string }
  /** The time to send an upload's bytes is over and they are not all here. */
  | { readonly kind: "upload-abandoned"; readonly uploadId: string }
  /** A release's instant has come. */
  | { readonly kind: "release-due"; readonly releaseId: string }
  /** Recordings were taken down, restored or sold elsewhere: bring what the catalog says of them to the edge. */
  | { readonly kind: "takedown-due"; readonly recordingIds: readonly string[] }
  /** Recordings may have been deleted: have the edge refuse those that were. */
  | { readonly kind: "recordings-deleted"; readonly recordingIds: readonly string[] }
  /** Delete objects that nothing refers to any more. */
  | { readonly kind: "sweep-objects" }
  /** A rendition is stored: copy the object to the replica's bucket. */
  | { readonly kind: "replicate-rendition"; readonly key: string };

/** Recordings of one message: several share an invocation, and each recording takes a call or two. */
export const RECORDINGS_PER_MESSAGE_MAX = 100;
