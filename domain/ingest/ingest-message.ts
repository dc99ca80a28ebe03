/** What travels on the ingest queue. Each message may come more than once and is carried out once. */
export type IngestMessage =
  /** All bytes of an upload are in R2: put them together, check them and pass the upload on. */
  | { readonly kind: "upload-complete"; readonly uploadId: string }
  /** The time to send an upload's bytes is over and they are not all here. */
  | { readonly kind: "upload-abandoned"; readonly uploadId: string }
  /** A release's instant has come. */
  | { readonly kind: "release-due"; readonly releaseId: string };
