// Written by `npm run types` from workers/realtime/wrangler.toml.
interface RealtimeEnv {
  INGEST_QUEUE: Queue;
  LISTENERS: DurableObjectNamespace<import("../realtime/index.ts").ListenerObject>;
  PLAYLISTS: DurableObjectNamespace<import("../realtime/index.ts").PlaylistObject>;
  PLAY_SHARDS: DurableObjectNamespace<import("../realtime/index.ts").PlayShardObject>;
  UPLOADS: DurableObjectNamespace<import("../realtime/index.ts").UploadObject>;
  UPLOAD_QUOTAS: DurableObjectNamespace<import("../realtime/index.ts").UploadQuotaObject>;
  TRANSCODE_QUEUE: DurableObjectNamespace<import("../realtime/index.ts").TranscodeQueueObject>;
  RELEASE_CLOCKS: DurableObjectNamespace<import("../realtime/index.ts").ReleaseClockObject>;
  TAKEDOWNS: DurableObjectNamespace<import("../realtime/index.ts").TakedownsObject>;
  API: Service<typeof import("../api/index.ts").default>;
}
