// Written by `npm run types` from wrangler.toml.
interface EdgeEnv {
  RIGHTS: KVNamespace;
  RENDITIONS: R2Bucket;
  RENDITIONS_REPLICA: R2Bucket;
  DELIVERIES: Queue;
  ASSETS: Fetcher;
  CORS_ORIGINS: string;
  DELIVERY_REPORT_SECONDS: string;
  AUDIO_TOKEN_KEYS: string;
  TAKEDOWNS: DurableObjectNamespace<import("../realtime/index.ts").TakedownsObject>;
  API: Service<typeof import("../api/index.ts").default>;
  INGEST: Service<typeof import("../ingest/index.ts").default>;
  REALTIME: Service<typeof import("../realtime/index.ts").default>;
  ACCOUNTING: Service<typeof import("../accounting/index.ts").default>;
}
