/** Writes the manifests that a token stands for. The token is all the authority there is; the edge asks at each range. */
import { DASH_MIME_TYPE, dashManifest } from "#domain/delivery/dash-manifest.ts";
import { HLS_MIME_TYPE, hlsMasterPlaylist, hlsMediaPlaylist } from "#domain/delivery/hls-playlists.ts";
import { listeningLifetime, MANIFEST_TOKEN_USE, type ManifestTokenClaims } from "#domain/delivery/manifest-token.ts";
import { type SegmentIndex, segmentIndexOf } from "#domain/delivery/segment-index.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { type Keyring, type TokenClaims, type TokenFault, verifyToken } from "#domain/foundation/signed-token.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import { LADDER } from "#domain/ingest/ladder.ts";
import { findOpening } from "#workers/api/catalog/market.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { type Listening, signAudioUrl, signMediaPlaylistUrl } from "./manifest-urls.ts";
import { findRenditions, type SegmentedRendition } from "./manifests-store.ts";

export interface Manifest {
  readonly contentType: string;
  readonly text: string;
}

export type ManifestRefusal =
  | TokenFault
  | { readonly kind: "other-path" }
  | { readonly kind: "no-segments" }
  | { readonly kind: "not-available-in-country"; readonly country: string };

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
  const verified = await verifyToken<ManifestTokenClaims>(keys, MANIFEST_TOKEN_USE, token, Date.now());
  if (!verified.ok) return verified;
  const claims = verified.value;
  if (claims.acl !== path) return err({ kind: "other-path" });
  const tiers = await findTiers(env, claims);
  const [lowest, ...higher] = tiers;
  if (lowest === undefined) return err({ kind: "no-segments" });
  const listening = await listeningOf(env, claims, lowest.index.durationMs);
  if (!listening.ok) return listening;
  const opened: Opened = { keys, listening: listening.value, tiers: [lowest, ...higher], origins: audioOrigins(env) };
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
 * The same playback, as what its manifest names shall say it: from now on for as long as it takes to hear all of it, and
 * not beyond the deal. What a master playlist opened ends with it.
 */
async function listeningOf(
  env: ApiEnv,
  claims: TokenClaims<ManifestTokenClaims>,
  durationMs: number,
): Promise<Result<Listening, ManifestRefusal>> {
  const { acl: _path, quality, origin: _origin, use: _use, ...listening } = claims;
  if (quality !== undefined) return ok(listening);
  const country = claims.market ?? claims.country;
  const opening = await findOpening(env, claims.track, {
    country,
    commercialModel: claims.model,
  });
  if (opening === null) return err({ kind: "not-available-in-country", country });
  const lifetime = listeningLifetime(Math.floor(Date.now() / SECOND_MS), durationMs);
  const dealEnds = opening.untilMs === null ? Number.POSITIVE_INFINITY : Math.floor(opening.untilMs / SECOND_MS);
  return ok({ ...listening, ...lifetime, exp: Math.min(lifetime.exp, dealEnds) });
}

async function findTiers(env: ApiEnv, { track, quality }: ManifestTokenClaims): Promise<Tier[]> {
  const profiles = SEGMENTED_PROFILES.filter((profile) => quality === undefined || profile === quality);
  const rows = await findRenditions(catalogDatabase(env.CATALOG_0), track, profiles);
  return profiles.flatMap((profile) => rows.filter((row) => row.profile === profile).flatMap(tierOf));
}

function tierOf(row: SegmentedRendition): Tier[] {
  const index = segmentIndexOf({ ...row, seekPoints: JSON.parse(row.seekPoints) as [number, number][] });
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

/** Throws where the setting is not a list of origins: manifests with broken URLs would be found out by listeners. */
function audioOrigins(env: ApiEnv): string[] {
  return env.AUDIO_ORIGINS.split(/\s+/)
    .filter((text) => text !== "")
    .map((text) => new URL(text).origin);
}
