/** The signed URLs of a playback, and for how long they are good. */
import {
  AUDIO_TOKEN_SECONDS,
  AUDIO_TOKEN_USE,
  type AudioTokenClaims,
  audioPath,
} from "#domain/delivery/audio-token.ts";
import type { AccountId, PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { type Keyring, signToken, type TokenLifetime } from "#domain/foundation/signed-token.ts";
import { type EpochMs, SECOND_MS } from "#domain/foundation/time.ts";
import { LADDER, type LadderProfile } from "#domain/ingest/ladder.ts";
import type { Market } from "#workers/api/catalog/market.ts";
import { signManifestUrls } from "#workers/api/manifests/manifest-urls.ts";
import type { PlaybackUrls, Rendition } from "#workers/api/plays/plays-contract.ts";
import type { PlayableRecording, PlayableRendition } from "./playbacks-store.ts";

/** What is there of the ladder, in its order; a file that is of no rung any more is left out. */
export function rungsOf({ renditions }: PlayableRecording): Rung[] {
  return LADDER.flatMap((profile) =>
    renditions.filter((row) => row.profile === profile.id).map((row) => ({ profile, row })),
  );
}

export interface Rung {
  readonly profile: LadderProfile;
  readonly row: PlayableRendition;
}

/**
 * Ten minutes, or less where the rights end before: what is signed never outlives them, so that a token can be believed
 * by whoever cannot ask. `untilMs` is null where no end is known.
 */
export function audioLifetime(nowMs: EpochMs, untilMs: EpochMs | null): TokenLifetime {
  const nbf = Math.floor(nowMs / SECOND_MS);
  const endSeconds = untilMs === null ? Number.POSITIVE_INFINITY : Math.floor(untilMs / SECOND_MS);
  return { nbf, exp: Math.min(nbf + AUDIO_TOKEN_SECONDS, endSeconds) };
}

export interface SignedPlayback {
  readonly id: PlaybackId;
  readonly track: RecordingId;
  readonly accountId: AccountId;
  readonly market: GrantedMarket;
  readonly rungs: readonly Rung[];
  /** How many streams the account has: whoever opens a manifest is asked for its place among them. */
  readonly streamsMax: number;
  /** Where the sound is, the preferred one first; none where it is wherever the playback was granted. */
  readonly origins: readonly string[];
}

/** Somebody's rights apply, and what is signed can be bound to a network where that is asked for. */
export type GrantedMarket = Market & { readonly country: string; readonly asn: number | null };

export async function signUrls(
  keys: Keyring,
  { id, track, accountId, market, rungs, streamsMax, origins }: SignedPlayback,
  lifetime: TokenLifetime,
): Promise<PlaybackUrls> {
  const { location, country, commercialModel, asn } = market;
  const claims = {
    playback: id,
    sub: accountId,
    track,
    country: location,
    ...(country === location ? {} : { market: country }),
    ...(asn === null ? {} : { asn }),
    model: commercialModel,
    ...lifetime,
  };
  const renditions = await Promise.all(rungs.map((rung) => signRendition(keys, rung, claims)));
  const isSegmented = rungs.some(({ profile }) => profile.codec === "aac");
  return {
    id,
    track_id: track,
    expires_at: new Date(lifetime.exp * SECOND_MS).toISOString(),
    renditions,
    audio_origins: [...origins],
    manifests: isSegmented ? await signManifestUrls(keys, claims, streamsMax) : null,
  };
}

type RenditionClaims = Omit<AudioTokenClaims, "acl" | "quality" | "sizeBytes"> & TokenLifetime;

async function signRendition(keys: Keyring, { profile, row }: Rung, claims: RenditionClaims): Promise<Rendition> {
  const path = audioPath({ sha256: row.sha256, extension: profile.extension });
  const audioClaims: AudioTokenClaims & RenditionClaims = {
    ...claims,
    acl: path,
    quality: profile.id,
    sizeBytes: row.sizeBytes,
  };
  const token = await signToken(keys, AUDIO_TOKEN_USE, audioClaims);
  return {
    profile: profile.id,
    codec: profile.codec,
    mime_type: profile.mimeType,
    bitrate_kbps: row.bitrateKbps,
    size_bytes: row.sizeBytes,
    sample_rate: row.sampleRate,
    total_frames: row.totalFrames,
    start_skip_frames: row.startSkipFrames,
    url: `${path}?token=${token}`,
  };
}
