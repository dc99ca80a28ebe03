/** The five Workers in the order in which they are deployed: callees first, the edge last. */
export const WORKERS = [
  { name: "realtime", config: "workers/realtime/wrangler.toml", envInterface: "RealtimeEnv" },
  { name: "accounting", config: "workers/accounting/wrangler.toml", envInterface: "AccountingEnv" },
  { name: "api", config: "workers/api/wrangler.toml", envInterface: "ApiEnv" },
  { name: "ingest", config: "workers/ingest/wrangler.toml", envInterface: "IngestEnv" },
  { name: "edge", config: "wrangler.toml", envInterface: "EdgeEnv" },
] as const;

/** The D1 databases, each with a Worker whose config names it and its migrations. */
export const DATABASES = [
  { binding: "CATALOG_0", config: "workers/ingest/wrangler.toml" },
  { binding: "IDENTITY", config: "workers/api/wrangler.toml" },
  { binding: "LEDGER", config: "workers/accounting/wrangler.toml" },
] as const;
