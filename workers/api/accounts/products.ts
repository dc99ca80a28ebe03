/** What an account has paid for. */
export const PRODUCTS = ["free", "premium"] as const;
export type Product = (typeof PRODUCTS)[number];
