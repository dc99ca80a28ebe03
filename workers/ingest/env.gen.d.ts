// Written by `npm run types` from workers/ingest/wrangler.toml.
interface IngestEnv {
  RIGHTS: KVNamespace;
  MASTERS: R2Bucket;
  RENDITIONS: R2Bucket;
  RENDITIONS_REPLICA: R2Bucket;
  CATALOG_0: D1Database;
  INGEST_QUEUE: Queue;
  INGEST_TOKEN_KEYS: string;
  AUDIO_TOKEN_KEYS: string;
  UPLOADS: DurableObjectNamespace<import("../realtime/index.ts").UploadObject>;
  UPLOAD_QUOTAS: DurableObjectNamespace<import("../realtime/index.ts").UploadQuotaObject>;
  TRANSCODE_QUEUE: DurableObjectNamespace<import("../realtime/index.ts").TranscodeQueueObject>;
  RELEASE_CLOCKS: DurableObjectNamespace<import("../realtime/index.ts").ReleaseClockObject>;
  TAKEDOWNS: DurableObjectNamespace<import("../realtime/index.ts").TakedownsObject>;
  API: Service<typeof import("../api/index.ts").default>;
  ACCOUNTING: Service<typeof import("../accounting/index.ts").default>;
}
