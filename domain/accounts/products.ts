/** What an account has paid for, and what comes with it. */
import type { CommercialModel } from "#domain/rights/deals.ts";

export const PRODUCTS = ["free", "premium", "family"] as const;
export type Product = (typeof PRODUCTS)[number];

/** How many streams of one account may sound at the same time. */
export const STREAMS_MAX: Readonly<Record<Product, number>> = { free: 1, premium: 1, family: 6 };

const COMMERCIAL_MODEL_OF: Readonly<Record<Product, CommercialModel>> = {
  free: "AdvertisementSupportedModel",
  premium: "SubscriptionModel",
  family: "SubscriptionModel",
};

/** On what terms the holder of a product listens: which deals cover a play, and into which pool its money goes. */
export function commercialModelOf(product: Product): CommercialModel {
  return COMMERCIAL_MODEL_OF[product];
}

export function isProduct(value: unknown): value is Product {
  return typeof value === "string" && (PRODUCTS as readonly string[]).includes(value);
}
