/** Where every Durable Object class lives, and the door for WebSockets. */

export { ReleaseClockObject } from "#durable-objects/ingest/release-clock-object.ts";
export { TranscodeQueueObject } from "#durable-objects/ingest/transcode-queue-object.ts";
export { UploadObject } from "#durable-objects/ingest/upload-object.ts";
export { UploadQuotaObject } from "#durable-objects/ingest/upload-quota-object.ts";
export { ListenerObject } from "#durable-objects/listeners/listener-object.ts";
export { PlaylistObject } from "#durable-objects/playlists/playlist-object.ts";
export { PlayShardObject } from "#durable-objects/plays/play-shard-object.ts";
export { TakedownsObject } from "#durable-objects/rights/takedowns-object.ts";

import { realtimeApp } from "./realtime-app.ts";

export default { fetch: realtimeApp.fetch };
