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
  /** ISO 3166-1: where the playback was granted. */
  readonly country: string;
  readonly model: CommercialModel;
  /** The rung of the ladder. */
  readonly quality: string;
  /** Length of the rendition, so that ranges are settled before any storage is asked. */
  readonly sizeBytes: number;
}

/** Renditions are named by their bytes; the name says all that is needed to serve them. */
const AUDIO_PATH_PATTERN = /^\/audio\/([0-9a-f]{64})\.(ogg|flac|mp3)$/;

/** Those of the ladder; a test holds the two together, since a slice takes only types from another. */
export const AUDIO_MIME_TYPES: Readonly<Record<string, string>> = {
  ogg: "audio/ogg",
  flac: "audio/flac",
  mp3: "audio/mpeg",
};

export interface AudioPath {
  readonly sha256: string;
  readonly extension: string;
}

export function audioPath({ sha256, extension }: AudioPath): string {
  return `/audio/${sha256}.${extension}`;
}

/** Null for anything but the one spelling: no escapes, no dots, no doubled slashes get past it. */
export function parseAudioPath(path: string): AudioPath | null {
  const match = AUDIO_PATH_PATTERN.exec(path);
  return match === null ? null : { sha256: match[1] ?? "", extension: match[2] ?? "" };
}

/** The object's key in the bucket of renditions. */
export function renditionKey({ sha256, extension }: AudioPath): string {
  return `a/${sha256}.${extension}`;
}
