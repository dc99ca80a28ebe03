/**
 * Grants a playback: entitlement first, then rights where the listener is, then a lease among the account's streams,
 * then the signatures. What is stored of it is the lease; the playback itself exists in its tokens, and in the rows of
 * what is reported under its id.
 */
import { STREAMS_MAX } from "#domain/accounts/products.ts";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { signPlayToken } from "#domain/plays/play-token.ts";
import type { BeginningFault, PlaybackFault } from "#domain/streams/stream-leases.ts";
import { findOpening, type Market } from "#workers/api/catalog/market.ts";
import type { Playback, PlaybackUrls } from "#workers/api/plays/plays-contract.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { audioOrigins } from "./audio-origins.ts";
import { type GrantedRights, grantedRights, type RightsRefusal } from "./granted-rights.ts";
import { beginLease, keepLease, type SignOfLife, type Unanswered } from "./playback-leases.ts";
import { type Rung, rungsOf, signUrls } from "./playback-urls.ts";
import { findPlayable, type PlayableRecording } from "./playbacks-store.ts";

export interface PlaybackRequest {
  readonly recordingId: string;
  readonly principal: Principal;
  readonly market: Market;
  /** The player that asks; without it the playback is a session of its own. */
  readonly stream?: StreamRequest;
}

export interface StreamRequest {
  readonly sessionId: string | null;
  /** As the device calls itself, for the one that it displaces. */
  readonly device: string | null;
  /** Begun by the player on its own: it takes nothing back from a session that displaced it. */
  readonly continues: boolean;
}

const NO_SESSION: StreamRequest = { sessionId: null, device: null, continues: false };

export type PlaybackRefusal = RightsRefusal | BeginningFault | PlaybackFault | Unanswered;

export async function grantPlayback(env: ApiEnv, request: PlaybackRequest): Promise<Result<Playback, PlaybackRefusal>> {
  const { principal, stream = NO_SESSION } = request;
  const granted = await findGrant(env, request);
  if (!granted.ok) return granted;
  const { playable, market } = granted.value;
  const { accountId, product } = principal;
  const nowMs = Date.now();
  const id = freshId<PlaybackId>(nowMs);
  const recordingId = request.recordingId as RecordingId;
  const begun = await beginLease(env, accountId, {
    playbackId: id,
    recordingId,
    sessionId: stream.sessionId ?? id,
    device: stream.device,
    streamsMax: STREAMS_MAX[product],
    continues: stream.continues,
  });
  if (!begun.ok) return begun;
  const playToken = await signPlayToken(await keyringOf(env.PLAY_TOKEN_KEYS), {
    playback: id,
    sub: accountId,
    subject: begun.value,
    track: recordingId,
    durationMs: playable.durationMs,
    issuedAtMs: nowMs,
    country: market.country,
    commercialModel: market.commercialModel,
  });
  return ok({
    ...(await signGrant(env, granted.value, { id, request })),
    play_token: playToken,
    duration_ms: playable.durationMs,
    loudness_lufs: playable.loudnessLufs,
    waveform: playable.waveform,
  });
}

export interface RenewalRequest extends PlaybackRequest {
  readonly playbackId: string;
}

/** New URLs for a playback that goes on: what is counted of it stays the one playback. */
export async function renewPlayback(
  env: ApiEnv,
  request: RenewalRequest,
): Promise<Result<PlaybackUrls, PlaybackRefusal>> {
  const granted = await findGrant(env, request);
  if (!granted.ok) return granted;
  const recordingId = request.recordingId as RecordingId;
  const kept = await keepLease(env, { ...signOfLife(request), recordingId });
  if (!kept.ok) return kept;
  return ok(await signGrant(env, granted.value, { id: request.playbackId as PlaybackId, request }));
}

export interface HeartbeatRequest extends Pick<RenewalRequest, "playbackId" | "principal"> {
  readonly stream?: Pick<StreamRequest, "sessionId">;
}

/** A sign of life for its own sake. */
export function keepPlayback(
  env: ApiEnv,
  request: HeartbeatRequest,
): Promise<Result<null, PlaybackFault | Unanswered>> {
  return keepLease(env, signOfLife(request));
}

function signOfLife({ playbackId, principal, stream = NO_SESSION }: HeartbeatRequest): SignOfLife {
  const { accountId, product } = principal;
  const { sessionId } = stream;
  return { accountId, playbackId: playbackId as PlaybackId, sessionId, streamsMax: STREAMS_MAX[product] };
}

/** What there is to play, and on whose rights, until when. */
interface Grant extends GrantedRights {
  readonly playable: PlayableRecording;
  readonly rungs: readonly Rung[];
  readonly origins: readonly string[];
}

/** Entitlement and rights: nothing is taken and nothing signed yet. */
async function findGrant(
  env: ApiEnv,
  { recordingId, market }: Pick<PlaybackRequest, "recordingId" | "market">,
): Promise<Result<Grant, RightsRefusal>> {
  const nowMs = Date.now();
  const view = { database: catalogDatabase(env.CATALOG_0), nowMs };
  const [playable, opening] = await Promise.all([
    findPlayable(view, recordingId),
    findOpening(env, recordingId, market),
  ]);
  const rungs = playable === null ? [] : rungsOf(playable);
  if (playable === null || rungs.length === 0) return err({ kind: "not-found" });
  const rights = grantedRights(market, opening, nowMs);
  return rights.ok ? ok({ playable, rungs, ...rights.value, origins: audioOrigins(env.AUDIO_ORIGINS) }) : rights;
}

async function signGrant(
  env: ApiEnv,
  { rungs, market, lifetime, origins }: Grant,
  { id, request }: { id: PlaybackId; request: PlaybackRequest },
): Promise<PlaybackUrls> {
  const keys = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const { accountId, product } = request.principal;
  const track = request.recordingId as RecordingId;
  const streamsMax = STREAMS_MAX[product];
  return signUrls(keys, { id, track, accountId, market, rungs, streamsMax, origins }, lifetime);
}
