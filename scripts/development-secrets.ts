/** Fresh secrets for a local run or a test. A deployment sets its own by `wrangler secret put`. */
import { randomBytes } from "node:crypto";

export function developmentSecrets(): Record<string, string> {
  return {
    AUDIO_TOKEN_KEYS: keyring("audio-1"),
    PLAY_TOKEN_KEYS: keyring("play-1"),
    INGEST_TOKEN_KEYS: keyring("ingest-1"),
    BETTER_AUTH_SECRET: randomBytes(32).toString("base64url"),
    OPERATOR_KEY: randomBytes(32).toString("base64url"),
  };
}

function keyring(id: string): string {
  return JSON.stringify({ current: id, keys: { [id]: randomBytes(32).toString("base64url") } });
}
