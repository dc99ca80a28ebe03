/** A whole new set of secrets: for the state of a local run, for tests, and for a deployment's first secrets file. */
import { randomBytes } from "node:crypto";

export function freshSecrets(): Record<string, string> {
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
