/** Signed URLs of manifests, for players that send no headers and of which we know nothing. */
import { AUDIO_TOKEN_USE, type AudioTokenClaims, audioPath } from "#domain/delivery/audio-token.ts";
import {
  type ListeningClaims,
  MANIFEST_TOKEN_USE,
  type ManifestTokenClaims,
  manifestPath,
} from "#domain/delivery/manifest-token.ts";
import { type Keyring, signToken, type TokenLifetime } from "#domain/foundation/signed-token.ts";
import { ladderProfile } from "#domain/ingest/ladder.ts";

export type Listening = ListeningClaims & TokenLifetime;

/** What the URL says at which a playback's manifest is opened. */
export type OpeningClaims = ManifestTokenClaims & {
  /** How many streams the account has, as the access token said it: whoever opens the manifest has to be one of them. */
  readonly streams: number;
};

/** The URLs at which a playback's manifests can be opened as long as `listening` lives. */
export async function signManifestUrls(
  keys: Keyring,
  listening: Listening,
  streams: number,
): Promise<{ hls: string; dash: string }> {
  const claims = { ...listening, streams };
  const sign = (extension: "m3u8" | "mpd") => signManifest(keys, claims, manifestPath(listening.track, extension));
  const [hls, dash] = await Promise.all([sign("m3u8"), sign("mpd")]);
  return { hls, dash };
}

/** The URL of one rendition's HLS playlist, whose segments are asked for at `origin`, or where the playlist is. */
export function signMediaPlaylistUrl(
  keys: Keyring,
  listening: Listening,
  quality: string,
  origin: string | undefined,
): Promise<string> {
  const path = manifestPath(listening.track, "m3u8", quality);
  return signManifest(keys, { ...listening, quality, ...(origin === undefined ? {} : { origin }) }, path);
}

async function signManifest(
  keys: Keyring,
  claims: Listening & Partial<Pick<OpeningClaims, "quality" | "origin" | "streams">>,
  acl: string,
): Promise<string> {
  const manifestClaims: ManifestTokenClaims & TokenLifetime = { ...claims, acl };
  return `${acl}?token=${await signToken(keys, MANIFEST_TOKEN_USE, manifestClaims)}`;
}

export interface SignedFile {
  readonly profile: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The signed URL of a file's sound, from the root of whatever origin has it. */
export async function signAudioUrl(
  keys: Keyring,
  listening: Listening,
  { profile, sha256, sizeBytes }: SignedFile,
): Promise<string> {
  const extension = ladderProfile(profile)?.extension;
  if (extension === undefined) throw new Error(`the ladder has no ${profile}`);
  const acl = audioPath({ sha256, extension });
  const claims: AudioTokenClaims & TokenLifetime = { ...listening, acl, quality: profile, sizeBytes };
  return `${acl}?token=${await signToken(keys, AUDIO_TOKEN_USE, claims)}`;
}
