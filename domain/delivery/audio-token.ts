import type { AccountId, PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";

export const AUDIO_TOKEN_USE = "audio";
export const AUDIO_TOKEN_SECONDS = 600;

/**
 * What a signed audio URL stands for: one rendition, for one playback of one account, in one country. The names match
 * those of CTA-5007 (Common Access Token) where it has one; `docs/specs/signed-tokens.md` holds the table.
 */
export interface AudioTokenClaims {
  readonly playback: PlaybackId;
  readonly sub: AccountId;
  readonly track: RecordingId;
  /** The one path the token opens. */
  readonly acl: string;
  /** Where the playback was granted, as the platform says it: ISO 3166-1, or `T1` and `XX` for an account at home. */
  readonly country: string;
  /** Whose rights apply, where that is not `country`: the home of a listener who travels. */
  readonly market?: string;
  /** The network of the playback, where tokens are bound to it (`AUDIO_TOKEN_BINDING`). */
  readonly asn?: number;
  readonly model: CommercialModel;
  /** The rung of the ladder. */
  readonly quality: string;
  /** Length of the rendition, so that ranges are settled before any storage is asked. */
  readonly sizeBytes: number;
}

/** Renditions are named by their bytes; the name says all that is needed to serve them. */
const AUDIO_PATH_PATTERN = /^\/audio\/([0-9a-f]{64})\.(ogg|flac|mp3|m4a)$/;

/** Those of the ladder; a test holds the two together, since a slice takes only types from another. */
export const AUDIO_MIME_TYPES: Readonly<Record<string, string>> = {
  ogg: "audio/ogg",
  flac: "audio/flac",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
};

export interface AudioPath {
  readonly sha256: string;
  readonly extension: string;
}

export function audioPath({ sha256, extension }: AudioPath): string {
  return `/audio/${sha256}.${extension}`;
}

/** Only the one spelling is: no escapes, no dots, no doubled slashes get past it. */
export function isAudioPath(path: string): boolean {
  return AUDIO_PATH_PATTERN.test(path);
}

/** Null for what is no audio path. */
export function parseAudioPath(path: string): AudioPath | null {
  const match = AUDIO_PATH_PATTERN.exec(path);
  return match === null ? null : { sha256: match[1] ?? "", extension: match[2] ?? "" };
}

/** The object's key in the bucket of renditions. */
export function renditionKey({ sha256, extension }: AudioPath): string {
  return `a/${sha256}.${extension}`;
}
