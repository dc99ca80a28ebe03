// Written by `npm run types` from workers/api/wrangler.toml.
interface ApiEnv {
  RIGHTS: KVNamespace;
  CATALOG_0: D1Database;
  IDENTITY: D1Database;
  PLAYS: Queue;
  AUDIO_ORIGINS: string;
  AUDIO_TOKEN_BINDING: string;
  HOSTING_ASNS: string;
  AUDIO_TOKEN_KEYS: string;
  PLAY_TOKEN_KEYS: string;
  BETTER_AUTH_SECRET: string;
  OPERATOR_KEY: string;
  LISTENERS: DurableObjectNamespace<import("../realtime/index.ts").ListenerObject>;
  PLAYLISTS: DurableObjectNamespace<import("../realtime/index.ts").PlaylistObject>;
  ACCOUNTING: Service<typeof import("../accounting/index.ts").default>;
}
