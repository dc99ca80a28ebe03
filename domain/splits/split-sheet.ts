/**
 * How what a recording earns is shared among those who made it. Shares are whole basis points, hundredths of a percent,
 * and together the whole: what a sheet leaves out would be money that belongs to nobody.
 */
import { err, ok, type Result } from "#domain/foundation/result.ts";

export const BASIS_POINTS_TOTAL = 10_000;
export const SPLIT_SHARES_MAX = 50;

export const SPLIT_ROLES = ["performer", "composer", "lyricist", "producer", "label", "publisher", "other"] as const;
export type SplitRole = (typeof SPLIT_ROLES)[number];

export interface SplitShare {
  /** Who is paid, by name. */
  readonly party: string;
  readonly role: SplitRole;
  readonly basisPoints: number;
}

export type SplitFault =
  | { readonly kind: "empty" }
  | { readonly kind: "too-many" }
  | { readonly kind: "not-a-share"; readonly index: number }
  /** The same party in the same role as in an earlier row. */
  | { readonly kind: "repeated"; readonly index: number }
  | { readonly kind: "sum"; readonly basisPoints: number };

/** The shares, where they make a sheet. */
export function checkSplitSheet(shares: readonly SplitShare[]): Result<readonly SplitShare[], SplitFault> {
  if (shares.length === 0) return err({ kind: "empty" });
  if (shares.length > SPLIT_SHARES_MAX) return err({ kind: "too-many" });
  const seen = new Set<string>();
  for (const [index, { party, role, basisPoints }] of shares.entries()) {
    const isShare = Number.isInteger(basisPoints) && basisPoints >= 1 && basisPoints <= BASIS_POINTS_TOTAL;
    if (!isShare) return err({ kind: "not-a-share", index });
    const key = `${role}\n${party}`;
    if (seen.has(key)) return err({ kind: "repeated", index });
    seen.add(key);
  }
  const sum = shares.reduce((total, { basisPoints }) => total + basisPoints, 0);
  return sum === BASIS_POINTS_TOTAL ? ok(shares) : err({ kind: "sum", basisPoints: sum });
}
