import { expect, it } from "vitest";
import { COMMERCIAL_MODELS } from "#domain/rights/deals.ts";
import { commercialModelOf, isProduct, PRODUCTS, STREAMS_MAX } from "./products.ts";

it("puts those who pay under the subscription's deals, and the free tier under the advertisement's [PRD-1]", () => {
  expect(PRODUCTS.map((product) => [product, commercialModelOf(product)])).toEqual([
    ["free", "AdvertisementSupportedModel"],
    ["premium", "SubscriptionModel"],
    ["family", "SubscriptionModel"],
  ]);
  for (const product of PRODUCTS) expect(COMMERCIAL_MODELS).toContain(commercialModelOf(product));
});

it("gives a family six streams, and everybody else one [PRD-2]", () => {
  expect(STREAMS_MAX).toEqual({ free: 1, premium: 1, family: 6 });
});

it("knows a product from anything else [PRD-3]", () => {
  for (const product of PRODUCTS) expect(isProduct(product)).toBe(true);
  for (const other of ["Free", "", "constructor", "duo", null, undefined, 1, ["free"]])
    expect(isProduct(other)).toBe(false);
});
