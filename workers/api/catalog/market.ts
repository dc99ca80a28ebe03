/** What may be played where and on what terms, from the same records that the edge asks before it serves a byte. */
import { commercialModelOf } from "#domain/accounts/products.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import {
  type Availability,
  availabilityKey,
  availableUntil,
  isAvailable,
  parseAvailability,
} from "#domain/rights/availability.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";
import { listeningTerritory, type TerritoryRefusal } from "#domain/rights/listening-territory.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { asnOf, locationOf } from "#workers/shared/http/country.ts";

/** The platform reads at most this many keys in one call. */
const AVAILABILITY_KEYS_MAX = 100;
/**
 * As the edge has it, and the least that the platform takes: the answer is at most this far behind what can be read
 * here. How long the store takes to bring a write here comes on top, and is not ours to promise.
 */
const AVAILABILITY_CACHE_SECONDS = 30;

/** Where and on what terms somebody listens. */
export type Market = {
  /** As the platform says it, and as the edge will see it: ISO 3166-1, `T1`, `XX`. */
  readonly location: string;
  readonly commercialModel: CommercialModel;
  /** The network that tokens are bound to; null where they are not bound to one, `unknown` where nobody names it. */
  readonly asn: number | "unknown" | null;
} & (
  | {
      /** Whose rights apply. */
      readonly country: string;
    }
  | {
      /** Nobody's do: nothing can be played. */
      readonly country: null;
      readonly refusal: TerritoryRefusal;
    }
);

/** What is known of a request where it is bound: a hono context, without the rest of it. */
export interface MarketContext {
  readonly env: ApiEnv;
  readonly req: { readonly raw: Request };
}

/** A guest has no home and the terms of the free product. */
export function marketOf({ env, req }: MarketContext, principal: Principal | null): Market {
  const { product, homeCountry } = principal ?? { product: "free", homeCountry: null };
  const location = locationOf(req.raw);
  const commercialModel = commercialModelOf(product);
  const isAnonymised = isHostingNetwork(env.HOSTING_ASNS, asnOf(req.raw));
  const asn = boundNetwork(env.AUDIO_TOKEN_BINDING, asnOf(req.raw));
  const territory = listeningTerritory({ location, homeCountry, product, isAnonymised });
  if (territory.ok) return { location, commercialModel, asn, country: territory.value };
  return { location, commercialModel, asn, country: null, refusal: territory.error.kind };
}

/** A binding that is misspelled must not pass for none. */
function boundNetwork(binding: string, asn: number | null): Market["asn"] {
  if (binding === "") return null;
  if (binding !== "asn") throw new Error('AUDIO_TOKEN_BINDING is "asn" or empty');
  return asn ?? "unknown";
}

/** `listed` has the numbers of networks separated by spaces. A list that is none must not pass for an empty one. */
function isHostingNetwork(listed: string, asn: number | null): boolean {
  const numbers = listed.split(/\s+/).filter((word) => word !== "");
  if (!numbers.every((word) => /^[0-9]+$/.test(word))) throw new Error("HOSTING_ASNS is numbers separated by spaces");
  return asn !== null && numbers.includes(String(asn));
}

/**
 * Until when a track may be played in a market, as `untilMs`: null where no end is known. Null where it may not be played
 * at this moment.
 */
export async function findOpening(
  env: ApiEnv,
  id: string,
  { country, commercialModel }: Pick<Market, "country" | "commercialModel">,
): Promise<{ readonly untilMs: EpochMs | null } | null> {
  if (country === null) return null;
  const json = await env.RIGHTS.get(availabilityKey(id), { cacheTtl: AVAILABILITY_CACHE_SECONDS });
  const availability = json === null ? null : parseAvailability(json);
  if (availability === null) return null;
  const nowMs = Date.now();
  const untilMs = availableUntil(availability, { commercialModel, useType: "OnDemandStream", country, nowMs });
  return untilMs !== null && untilMs <= nowMs ? null : { untilMs };
}

/** Which of the tracks may be played in a market at this moment. What has no record, or none we can read, may not. */
export async function findPlayableIds(env: ApiEnv, ids: readonly string[], market: Market): Promise<Set<string>> {
  if (market.country === null) return new Set();
  const chunks: string[][] = [];
  for (let start = 0; start < ids.length; start += AVAILABILITY_KEYS_MAX) {
    chunks.push(ids.slice(start, start + AVAILABILITY_KEYS_MAX));
  }
  const playable = await Promise.all(chunks.map((some) => playableOf(env, some, market)));
  return new Set(playable.flat());
}

async function playableOf(env: ApiEnv, ids: readonly string[], market: Market): Promise<string[]> {
  const records = await env.RIGHTS.get(ids.map(availabilityKey), { cacheTtl: AVAILABILITY_CACHE_SECONDS });
  const nowMs = Date.now();
  return ids.filter((id) => {
    const json = records.get(availabilityKey(id)) ?? null;
    const availability = json === null ? null : parseAvailability(json);
    return availability !== null && isPlayable(availability, market, nowMs);
  });
}

function isPlayable(availability: Availability, { country, commercialModel }: Market, nowMs: number): boolean {
  if (country === null) return false;
  return isAvailable(availability, { commercialModel, useType: "OnDemandStream", country, nowMs });
}
