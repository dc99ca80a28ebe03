/**
 * Grants a playback: entitlement first, then rights for the listener's country, then the signatures. Nothing is stored:
 * the playback exists in its tokens, and in the rows of what is reported under its id.
 */
import {
  AUDIO_TOKEN_SECONDS,
  AUDIO_TOKEN_USE,
  type AudioTokenClaims,
  audioPath,
} from "#domain/delivery/audio-token.ts";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { type Keyring, signToken } from "#domain/foundation/signed-token.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import { LADDER, type LadderProfile } from "#domain/ingest/ladder.ts";
import { signPlayToken } from "#domain/plays/play-token.ts";
import type { SubjectId } from "#domain/plays/subject.ts";
import { findPlayableIds, type Market } from "#workers/api/catalog/market.ts";
import type { Playback, Rendition } from "#workers/api/plays/plays-contract.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { findPlayable, type PlayableRecording, type PlayableRendition } from "./playbacks-store.ts";

export interface PlaybackRequest {
  readonly recordingId: string;
  readonly principal: Principal;
  readonly market: Market;
}

export type PlaybackRefusal =
  | { readonly kind: "not-found" }
  | { readonly kind: "country-unknown" }
  | { readonly kind: "not-available-in-country"; readonly country: string };

export async function grantPlayback(env: ApiEnv, request: PlaybackRequest): Promise<Result<Playback, PlaybackRefusal>> {
  const { recordingId, principal, market } = request;
  const view = { database: catalogDatabase(env.CATALOG_0), nowMs: Date.now() };
  const [playable, allowed] = await Promise.all([
    findPlayable(view, recordingId),
    findPlayableIds(env, [recordingId], market),
  ]);
  if (playable === null || rungsOf(playable).length === 0) return err({ kind: "not-found" });
  const { country } = market;
  if (country === null) return err({ kind: "country-unknown" });
  if (!allowed.has(recordingId)) return err({ kind: "not-available-in-country", country });
  const subject = await env.LISTENERS.getByName(principal.accountId).subjectId();
  return ok(await signPlayback(env, { ...request, playable, country, subject, principal }));
}

interface GrantedPlayback extends PlaybackRequest {
  readonly playable: PlayableRecording;
  readonly country: string;
  readonly subject: SubjectId;
}

async function signPlayback(env: ApiEnv, granted: GrantedPlayback): Promise<Playback> {
  const { country, playable, principal, subject } = granted;
  const { commercialModel } = granted.market;
  const nowMs = Date.now();
  const id = freshId<PlaybackId>(nowMs);
  const track = granted.recordingId as RecordingId;
  const [audioKeys, playKeys] = await Promise.all([keyringOf(env.AUDIO_TOKEN_KEYS), keyringOf(env.PLAY_TOKEN_KEYS)]);
  const nbf = Math.floor(nowMs / SECOND_MS);
  const exp = nbf + AUDIO_TOKEN_SECONDS;
  const claims = { playback: id, sub: principal.accountId, track, country, model: commercialModel, nbf, exp };
  const renditions = await Promise.all(rungsOf(playable).map((rung) => signRendition(audioKeys, rung, claims)));
  return {
    id,
    track_id: granted.recordingId,
    play_token: await signPlayToken(playKeys, {
      playback: id,
      sub: principal.accountId,
      subject,
      track,
      durationMs: playable.durationMs,
      issuedAtMs: nowMs,
      country,
      commercialModel,
    }),
    expires_at: new Date(exp * SECOND_MS).toISOString(),
    duration_ms: playable.durationMs,
    loudness_lufs: playable.loudnessLufs,
    renditions,
  };
}

type RenditionClaims = Omit<AudioTokenClaims, "acl" | "quality" | "sizeBytes"> & { nbf: number; exp: number };

/** What is there of the ladder, in its order; a file that is of no rung any more is left out. */
function rungsOf({ renditions }: PlayableRecording): Rung[] {
  return LADDER.flatMap((profile) =>
    renditions.filter((row) => row.profile === profile.id).map((row) => ({ profile, row })),
  );
}

interface Rung {
  readonly profile: LadderProfile;
  readonly row: PlayableRendition;
}

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
