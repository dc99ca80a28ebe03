// Written by `npm run types` from workers/accounting/wrangler.toml.
interface AccountingEnv {
  ARCHIVE: R2Bucket;
  LEDGER: D1Database;
  ROLL_UP_SECONDS: string;
  PLAY_SHARDS: DurableObjectNamespace<import("../realtime/index.ts").PlayShardObject>;
  LISTENERS: DurableObjectNamespace<import("../realtime/index.ts").ListenerObject>;
}
