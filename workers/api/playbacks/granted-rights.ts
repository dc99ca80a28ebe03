/** Whose rights apply to what is signed, and how long it may be good: the same for a playback and for a preview. */
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { TokenLifetime } from "#domain/foundation/signed-token.ts";
import { type EpochMs, SECOND_MS } from "#domain/foundation/time.ts";
import type { TerritoryRefusal } from "#domain/rights/listening-territory.ts";
import type { Market } from "#workers/api/catalog/market.ts";
import { audioLifetime, type GrantedMarket } from "./playback-urls.ts";

export type RightsRefusal =
  | { readonly kind: "not-found" }
  | { readonly kind: "country-unknown"; readonly because: TerritoryRefusal }
  | { readonly kind: "not-available-in-country"; readonly country: string }
  /** Tokens are bound to a network, and the platform names none. */
  | { readonly kind: "network-unknown" };

export interface GrantedRights {
  readonly market: GrantedMarket;
  /** Of what is signed: not over yet. */
  readonly lifetime: TokenLifetime;
}

/** `opening` is what `findOpening` says of the track in this market. */
export function grantedRights(
  market: Market,
  opening: { readonly untilMs: EpochMs | null } | null,
  nowMs: EpochMs,
): Result<GrantedRights, RightsRefusal> {
  if (market.country === null) return err({ kind: "country-unknown", because: market.refusal });
  const lifetime = opening === null ? null : audioLifetime(nowMs, opening.untilMs);
  // Tokens end at whole seconds: within the last one of the rights there are none that are still good.
  if (lifetime === null || lifetime.exp * SECOND_MS <= nowMs) {
    return err({ kind: "not-available-in-country", country: market.country });
  }
  const { asn } = market;
  if (asn === "unknown") return err({ kind: "network-unknown" });
  return ok({ market: { ...market, asn }, lifetime });
}
