/**
 * The right to have one rendition put into the cache of a point of presence. It opens no byte of it to anybody, so it
 * can be given out before the release is: what listeners may hear is asked when they ask.
 */
import { type AudioPath, audioPath, parseAudioPath } from "./audio-token.ts";

export const PREWARM_TOKEN_USE = "prewarm";
export const PREWARM_TOKEN_SECONDS = 600;

export interface PrewarmTokenClaims {
  /** The one path the token opens. */
  readonly acl: string;
  /** Length of the rendition. */
  readonly sizeBytes: number;
}

const AUDIO_PREFIX = "/audio/";
const PREWARM_PREFIX = "/prewarm/";

export function prewarmPath(name: AudioPath): string {
  return PREWARM_PREFIX + audioPath(name).slice(AUDIO_PREFIX.length);
}

/** Null for anything but the one spelling, as for the audio path. */
export function parsePrewarmPath(path: string): AudioPath | null {
  return path.startsWith(PREWARM_PREFIX) ? parseAudioPath(AUDIO_PREFIX + path.slice(PREWARM_PREFIX.length)) : null;
}
