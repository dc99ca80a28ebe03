/**
 * Grants a playback: entitlement first, then rights where the listener is, then a lease among the account's streams,
 * then the signatures. What is stored of it is the lease; the playback itself exists in its tokens, and in the rows of
 * what is reported under its id.
 */
import { STREAMS_MAX } from "#domain/accounts/products.ts";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { signPlayToken } from "#domain/plays/play-token.ts";
import type { TerritoryRefusal } from "#domain/rights/listening-territory.ts";
import type { Displacement, LeaseFault } from "#domain/streams/stream-leases.ts";
import { findOpening, type Market } from "#workers/api/catalog/market.ts";
import type { Playback, PlaybackUrls } from "#workers/api/plays/plays-contract.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { audioLifetime, type Rung, rungsOf, signUrls } from "./playback-urls.ts";
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

export type RightsRefusal =
  | { readonly kind: "not-found" }
  | { readonly kind: "country-unknown"; readonly because: TerritoryRefusal }
  | { readonly kind: "not-available-in-country"; readonly country: string };

export type PlaybackRefusal =
  | RightsRefusal
  | { readonly kind: "displaced"; readonly displacement: Displacement }
  /** The account has no such playback, or has begun too many since. */
  | { readonly kind: "unknown" };

export async function grantPlayback(env: ApiEnv, request: PlaybackRequest): Promise<Result<Playback, PlaybackRefusal>> {
  const { principal, stream = NO_SESSION } = request;
  const granted = await findGrant(env, request);
  if (!granted.ok) return granted;
  const { playable, market } = granted.value;
  const nowMs = Date.now();
  const id = freshId<PlaybackId>(nowMs);
  const recordingId = request.recordingId as RecordingId;
  const begun = await env.LISTENERS.getByName(principal.accountId).beginStream({
    playbackId: id,
    recordingId,
    sessionId: stream.sessionId ?? id,
    device: stream.device,
    streamsMax: STREAMS_MAX[principal.product],
    continues: stream.continues,
  });
  if (!begun.ok) return begun;
  const playToken = await signPlayToken(await keyringOf(env.PLAY_TOKEN_KEYS), {
    playback: id,
    sub: principal.accountId,
    subject: begun.value,
    track: recordingId,
    durationMs: playable.durationMs,
    issuedAtMs: nowMs,
    country: market.country,
    commercialModel: market.commercialModel,
  });
  return ok({
    ...(await signGrant(env, granted.value, { id, request, nowMs })),
    play_token: playToken,
    duration_ms: playable.durationMs,
    loudness_lufs: playable.loudnessLufs,
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
  const kept = await keepPlayback(env, request);
  if (!kept.ok) return kept;
  return ok(await signGrant(env, granted.value, { id: request.playbackId as PlaybackId, request, nowMs: Date.now() }));
}

export interface SignOfLifeRequest {
  readonly playbackId: string;
  readonly principal: Principal;
  readonly recordingId?: string;
  readonly stream?: Pick<StreamRequest, "sessionId">;
}

/** A sign of life of the playback's session. */
export async function keepPlayback(
  env: ApiEnv,
  { playbackId, principal, recordingId, stream = NO_SESSION }: SignOfLifeRequest,
): Promise<Result<null, LeaseFault>> {
  return env.LISTENERS.getByName(principal.accountId).keepStream({
    playbackId: playbackId as PlaybackId,
    sessionId: stream.sessionId,
    recordingId: recordingId === undefined ? null : (recordingId as RecordingId),
    streamsMax: STREAMS_MAX[principal.product],
  });
}

/** What there is to play, and on whose rights, until when. */
interface Grant {
  readonly playable: PlayableRecording;
  readonly rungs: readonly Rung[];
  readonly market: Market & { readonly country: string };
  /** Null where no end of the rights is known. */
  readonly untilMs: EpochMs | null;
}

/** Entitlement and rights: nothing is taken and nothing signed yet. */
async function findGrant(
  env: ApiEnv,
  { recordingId, market }: Pick<PlaybackRequest, "recordingId" | "market">,
): Promise<Result<Grant, RightsRefusal>> {
  const view = { database: catalogDatabase(env.CATALOG_0), nowMs: Date.now() };
  const [playable, opening] = await Promise.all([
    findPlayable(view, recordingId),
    findOpening(env, recordingId, market),
  ]);
  const rungs = playable === null ? [] : rungsOf(playable);
  if (playable === null || rungs.length === 0) return err({ kind: "not-found" });
  if (market.country === null) return err({ kind: "country-unknown", because: market.refusal });
  if (opening === null) return err({ kind: "not-available-in-country", country: market.country });
  return ok({ playable, rungs, market, untilMs: opening.untilMs });
}

async function signGrant(
  env: ApiEnv,
  { rungs, market, untilMs }: Grant,
  { id, request, nowMs }: { id: PlaybackId; request: PlaybackRequest; nowMs: EpochMs },
): Promise<PlaybackUrls> {
  const keys = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const { accountId } = request.principal;
  const track = request.recordingId as RecordingId;
  return signUrls(keys, { id, track, accountId, market, rungs }, audioLifetime(nowMs, untilMs));
}
