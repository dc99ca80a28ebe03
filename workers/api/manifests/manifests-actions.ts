/**
 * Writes the manifests that a token stands for: where its track may still be played, and as long as its playback has a
 * place among the account's streams. What they name, the edge asks for rights at each range.
 */
import { DASH_MIME_TYPE, dashManifest } from "#domain/delivery/dash-manifest.ts";
import { HLS_MIME_TYPE, hlsMasterPlaylist, hlsMediaPlaylist } from "#domain/delivery/hls-playlists.ts";
import { listeningLifetime, MANIFEST_TOKEN_USE } from "#domain/delivery/manifest-token.ts";
import { readSeekTable } from "#domain/delivery/seek-table.ts";
import { type SegmentIndex, segmentIndexOf } from "#domain/delivery/segment-index.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import {
  type Keyring,
  type TokenClaims,
  type TokenFault,
  type TokenLifetime,
  verifyToken,
} from "#domain/foundation/signed-token.ts";
import { type EpochMs, SECOND_MS } from "#domain/foundation/time.ts";
import { LADDER } from "#domain/ingest/ladder.ts";
import type { PlaybackFault } from "#domain/streams/stream-leases.ts";
import { findOpening } from "#workers/api/catalog/market.ts";
import { audioOrigins } from "#workers/api/playbacks/audio-origins.ts";
import { keepLease, type Unanswered } from "#workers/api/playbacks/playback-leases.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { type Listening, type OpeningClaims, signAudioUrl, signMediaPlaylistUrl } from "./manifest-urls.ts";
import { findRenditions, type SegmentedRendition } from "./manifests-store.ts";

export interface Manifest {
  readonly contentType: string;
  readonly text: string;
}

export type ManifestRefusal =
  | TokenFault
  | { readonly kind: "other-path" }
  | { readonly kind: "no-segments" }
  | { readonly kind: "not-available-in-country"; readonly country: string }
  | PlaybackFault
  | Unanswered;

const SEGMENTED_PROFILES = LADDER.filter(({ codec }) => codec === "aac").map(({ id }) => id);

interface Tier extends SegmentedRendition {
  readonly index: SegmentIndex;
}

/** The manifest at a path, for the holder of a token for it. */
export async function openManifest(
  env: ApiEnv,
  path: string,
  token: string,
): Promise<Result<Manifest, ManifestRefusal>> {
  const keys = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const verified = await verifyToken<OpeningClaims>(keys, MANIFEST_TOKEN_USE, token, Date.now());
  if (!verified.ok) return verified;
  const claims = verified.value;
  if (claims.acl !== path) return err({ kind: "other-path" });
  const tiers = await findTiers(env, claims);
  const [lowest, ...higher] = tiers;
  if (lowest === undefined) return err({ kind: "no-segments" });
  const listening = await openListening(env, claims, lowest.index.durationMs);
  if (!listening.ok) return listening;
  const origins = audioOrigins(env.AUDIO_ORIGINS);
  const opened: Opened = { keys, listening: listening.value, tiers: [lowest, ...higher], origins };
  if (path.endsWith(".mpd")) return ok({ contentType: DASH_MIME_TYPE, text: await writeDash(opened) });
  const text = claims.quality === undefined ? writeMaster(opened) : writeMediaPlaylist(opened, claims.origin ?? "");
  return ok({ contentType: HLS_MIME_TYPE, text: await text });
}

interface Opened {
  readonly keys: Keyring;
  readonly listening: Listening;
  /** The lowest first: a player that knows nothing of its network begins there. */
  readonly tiers: readonly [Tier, ...Tier[]];
  readonly origins: readonly string[];
}

/**
 * The same playback, as what its manifest names shall say it. A tier's playlist goes on with what its master playlist
 * opened: of that, the rights are asked again, and not the lease, which a player without our signs of life cannot keep.
 */
async function openListening(
  env: ApiEnv,
  claims: TokenClaims<OpeningClaims>,
  durationMs: number,
): Promise<Result<Listening, ManifestRefusal>> {
  const { acl: _path, quality, origin: _origin, streams, use: _use, ...listening } = claims;
  const { playback: playbackId, sub: accountId, track: recordingId, country, market, model } = listening;
  const rightsOf = market ?? country;
  const opening = await findOpening(env, recordingId, { country: rightsOf, commercialModel: model });
  const nowMs = Date.now();
  const lifetime = opening === null ? null : lifetimeOf(nowMs, durationMs, opening.untilMs);
  if (lifetime === null || lifetime.exp * SECOND_MS <= nowMs) {
    return err({ kind: "not-available-in-country", country: rightsOf });
  }
  if (quality !== undefined) return ok(listening);
  const kept = await keepLease(env, { accountId, playbackId, recordingId, streamsMax: streams });
  return kept.ok ? ok({ ...listening, ...lifetime }) : kept;
}

/** From now on for as long as it takes to hear all of it, and not beyond the deal. */
function lifetimeOf(nowMs: EpochMs, durationMs: number, untilMs: EpochMs | null): TokenLifetime {
  const lifetime = listeningLifetime(Math.floor(nowMs / SECOND_MS), durationMs);
  const dealEnds = untilMs === null ? Number.POSITIVE_INFINITY : Math.floor(untilMs / SECOND_MS);
  return { ...lifetime, exp: Math.min(lifetime.exp, dealEnds) };
}

async function findTiers(env: ApiEnv, { track, quality }: OpeningClaims): Promise<Tier[]> {
  const profiles = SEGMENTED_PROFILES.filter((profile) => quality === undefined || profile === quality);
  const rows = await findRenditions(catalogDatabase(env.CATALOG_0), track, profiles);
  return profiles.flatMap((profile) => rows.filter((row) => row.profile === profile).flatMap(tierOf));
}

function tierOf(row: SegmentedRendition): Tier[] {
  const index = segmentIndexOf({ ...row, seekPoints: readSeekTable(row.seekPoints) });
  return index === null ? [] : [{ ...row, index }];
}

async function writeMaster({ keys, listening, tiers, origins }: Opened): Promise<string> {
  const sites = origins.length === 0 ? [undefined] : origins;
  const variants = sites.flatMap((origin) =>
    tiers.map(async ({ profile, index }) => ({
      url: await signMediaPlaylistUrl(keys, listening, profile, origin),
      index,
    })),
  );
  return hlsMasterPlaylist(await Promise.all(variants));
}

async function writeMediaPlaylist({ keys, listening, tiers: [tier] }: Opened, origin: string): Promise<string> {
  return hlsMediaPlaylist(origin + (await signAudioUrl(keys, listening, tier)), tier.index);
}

async function writeDash({ keys, listening, tiers: [lowest, ...higher], origins }: Opened): Promise<string> {
  const represent = async (tier: Tier) => ({
    id: tier.profile,
    url: await signAudioUrl(keys, listening, tier),
    sampleRate: tier.sampleRate,
    channels: tier.channels,
    index: tier.index,
  });
  return dashManifest([await represent(lowest), ...(await Promise.all(higher.map(represent)))], origins);
}
