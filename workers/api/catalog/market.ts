/** What may be played where and on what terms, from the same records that the edge asks before it serves a byte. */
import { type Availability, availabilityKey, isAvailable, parseAvailability } from "#domain/rights/availability.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";

/** The platform reads at most this many keys in one call. */
const AVAILABILITY_KEYS_MAX = 100;
/**
 * As the edge has it, and the least that the platform takes: the answer is at most this far behind what can be read
 * here. How long the store takes to bring a write here comes on top, and is not ours to promise.
 */
const AVAILABILITY_CACHE_SECONDS = 30;

/** Where and on what terms somebody listens. */
export interface Market {
  /** Null where it is not known: then nothing can be played. */
  readonly country: string | null;
  readonly commercialModel: CommercialModel;
}

/**
 * Every account listens on the terms of the advertisement-supported tier until there are subscriptions: who asks makes
 * no difference yet.
 */
export function marketOf(input: { readonly country: string | null; readonly principal: Principal | null }): Market {
  return { country: input.country, commercialModel: "AdvertisementSupportedModel" };
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
