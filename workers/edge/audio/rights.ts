/**
 * May this track be played in this country at this moment? Answered from the compiled record, which an isolate keeps
 * for a short while. An isolate is thus at most MEMO_MS and STORE_CACHE_SECONDS, 40 s, behind what the store has at its
 * point of presence. How long a write takes to get there is the store's affair: mostly seconds, at times a minute or
 * more, and the platform promises nothing.
 */
import { type Availability, availabilityKey, isAvailable, parseAvailability } from "#domain/rights/availability.ts";
import type { CommercialModel } from "#domain/rights/deals.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";
import { rememberBounded } from "../bounded-map.ts";

/** Costs one read of the store for each track, isolate and this long. */
const MEMO_MS = 10_000;
/** The least that the platform takes. */
const STORE_CACHE_SECONDS = 30;
const MEMO_TRACKS_MAX = 16_384;

interface Memo {
  readonly availability: Availability | null;
  readonly readAt: number;
}

const memos = new Map<string, Memo>();

export interface RightsQuestion {
  readonly track: string;
  readonly country: string;
  readonly model: CommercialModel;
  readonly nowMs: number;
}

/** False where there is no record: what nobody granted is refused. Throws where the store does not answer. */
export async function mayPlay(env: EdgeEnv, { track, country, model, nowMs }: RightsQuestion): Promise<boolean> {
  const availability = await availabilityOf(env, track, nowMs);
  if (availability === null) return false;
  return isAvailable(availability, { commercialModel: model, useType: "OnDemandStream", country, nowMs });
}

async function availabilityOf(env: EdgeEnv, track: string, nowMs: number): Promise<Availability | null> {
  const memo = memos.get(track);
  if (memo !== undefined && nowMs - memo.readAt < MEMO_MS) return memo.availability;
  const json = await env.RIGHTS.get(availabilityKey(track), { cacheTtl: STORE_CACHE_SECONDS });
  const availability = json === null ? null : parseAvailability(json);
  // To the listener it is as if nobody had a deal; only this line tells that a record is broken.
  if (json !== null && availability === null) logEvent("edge", "rights-unreadable", { track }, "error");
  rememberBounded(memos, track, { availability, readAt: nowMs }, MEMO_TRACKS_MAX);
  return availability;
}
