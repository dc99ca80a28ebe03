import { entityTag } from "#workers/shared/http/entity-tags.ts";
import type { SplitSheetWire } from "./splits-contract.ts";
import type { SplitSheet } from "./splits-store.ts";

export function toSplitSheet({ version, effectiveAt, shares }: SplitSheet): SplitSheetWire {
  return {
    version,
    effective_at: effectiveAt === null ? null : new Date(effectiveAt).toISOString(),
    shares: shares.map(({ party, role, basisPoints }) => ({ party, role, basis_points: basisPoints })),
    etag: entityTag(version),
  };
}
