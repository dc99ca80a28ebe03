/**
 * Conditional requests for a representation with a strong entity tag and no modification date (RFC 9110, section 13).
 * Without a date, If-Modified-Since and If-Unmodified-Since are ignored and an If-Range with a date never matches, as
 * the section says. Specified in docs/specs/delivery.md.
 */
export interface Preconditions {
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
}

export type PreconditionOutcome = "proceed" | "not-modified" | "failed";

/** Of a GET or HEAD, in the order of section 13.2.2: If-Match before If-None-Match, both before any range. */
export function evaluatePreconditions({ ifMatch, ifNoneMatch }: Preconditions, etag: string): PreconditionOutcome {
  if (ifMatch !== null && !listMatches(ifMatch, etag, "strong")) return "failed";
  if (ifNoneMatch !== null && listMatches(ifNoneMatch, etag, "weak")) return "not-modified";
  return "proceed";
}

/** If-Range compares strongly: with anything but this very tag the range is forgotten (section 13.1.5). */
export function rangeApplies(ifRange: string | null, etag: string): boolean {
  return ifRange === null || ifRange.trim() === etag;
}

const ENTITY_TAG = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

function listMatches(header: string, etag: string, comparison: "strong" | "weak"): boolean {
  if (header.trim() === "*") return true;
  for (const [, weak, tag] of header.matchAll(ENTITY_TAG)) {
    if (tag === etag && (comparison === "weak" || weak === undefined)) return true;
  }
  return false;
}
