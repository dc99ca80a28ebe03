import type { EpochMs } from "#domain/foundation/time.ts";

/** Commercial models of a deal, by their DDEX names. */
export const COMMERCIAL_MODELS = ["AdvertisementSupportedModel", "SubscriptionModel"] as const;
export type CommercialModel = (typeof COMMERCIAL_MODELS)[number];

/** The use a deal grants. Streaming on demand does not grant offline copies: that is another use type. */
export const USE_TYPES = ["OnDemandStream"] as const;
export type UseType = (typeof USE_TYPES)[number];

export const WORLDWIDE = "Worldwide";

export interface Deal {
  /** ISO 3166-1 alpha-2 codes, or WORLDWIDE. */
  readonly territories: readonly string[];
  readonly excludedTerritories: readonly string[];
  readonly commercialModels: readonly CommercialModel[];
  readonly useTypes: readonly UseType[];
  /** Inclusive. */
  readonly startsAt: EpochMs;
  /** Exclusive; null for a deal without end. */
  readonly endsAt: EpochMs | null;
}
