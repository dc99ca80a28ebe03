import type { TokenLifetime } from "#domain/foundation/signed-token.ts";
import type { AudioTokenClaims } from "./audio-token.ts";

export const MANIFEST_TOKEN_USE = "manifest";

/** Beyond the recording's length: for a pause, for a start that came late. */
const PAUSE_SECONDS = 300;
const LISTENING_SECONDS_MIN = 600;

/** Who listens to what, where, on which terms: what an audio token says that is of no one file. */
export type ListeningClaims = Omit<AudioTokenClaims, "acl" | "quality" | "sizeBytes">;

/** What a signed manifest URL stands for: the manifests of one playback. It answers for everything that they sign. */
export type ManifestTokenClaims = ListeningClaims & {
  /** The one path the token opens. */
  readonly acl: string;
  /** The rung of the ladder, where the path is of one rendition's playlist. */
  readonly quality?: string;
  /** Where its sound is asked for; without it, on the origin of the playlist. */
  readonly origin?: string;
};

export const MANIFEST_PATH_PREFIX = "/v1/manifests/";

/** The paths of a track's HLS master playlist and DASH manifest, or of the HLS playlist of one rendition. */
export function manifestPath(track: string, extension: "m3u8" | "mpd", profile?: string): string {
  return `${MANIFEST_PATH_PREFIX}${track}${profile === undefined ? "" : `.${profile}`}.${extension}`;
}

/**
 * How long what a manifest names is open: players of others know no way to renew a playlist of something that has an
 * end, so the whole of it must be open from when they ask.
 */
export function listeningLifetime(nowSeconds: number, durationMs: number): TokenLifetime {
  const seconds = Math.max(LISTENING_SECONDS_MIN, Math.ceil(durationMs / 1_000) + PAUSE_SECONDS);
  return { nbf: nowSeconds, exp: nowSeconds + seconds };
}
