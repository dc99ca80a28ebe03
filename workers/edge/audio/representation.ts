/** The headers of a rendition. It is named by its bytes, so the name says all of them. */
import { REQUEST_ID_HEADER } from "#workers/shared/http/request-log.ts";
import { rememberBounded } from "../bounded-map.ts";

export interface Representation {
  /** Strong: the same tag is the same bytes. */
  readonly etag: string;
  readonly reprDigest: string;
  readonly contentType: string;
}

/** About 300 bytes each. */
const REPRESENTATIONS_MAX = 8_192;

/** For the listener's own cache: the URL carries a token, so it is nobody else's. */
const CACHE_CONTROL = "private, max-age=31536000, immutable";
const RESOURCE_POLICY = "cross-origin";

const representations = new Map<string, Representation>();

export function representationOf(sha256: string, contentType: string): Representation {
  const known = representations.get(sha256);
  if (known?.contentType === contentType) return known;
  const reprDigest = `sha-256=:${base64OfHex(sha256)}:`;
  const representation = { etag: `"${sha256}"`, reprDigest, contentType };
  rememberBounded(representations, sha256, representation, REPRESENTATIONS_MAX);
  return representation;
}

/** What a 304 repeats (RFC 9110, section 15.4.5): enough to find and refresh a stored answer, nothing about its body. */
export function validatorsOf({ etag }: Representation, requestId: string): Record<string, string> {
  return {
    etag,
    "cache-control": CACHE_CONTROL,
    "cross-origin-resource-policy": RESOURCE_POLICY,
    [REQUEST_ID_HEADER]: requestId,
  };
}

/**
 * Of every answer with bytes, and of HEAD; the caller adds what is of one answer. A literal each time: one that is spread
 * out of another is dearer to make and to read than all the rest that the edge does for a range.
 */
export function headersOf(
  { etag, reprDigest, contentType }: Representation,
  requestId: string,
): Record<string, string> {
  return {
    etag,
    "cache-control": CACHE_CONTROL,
    "cross-origin-resource-policy": RESOURCE_POLICY,
    "repr-digest": reprDigest,
    "accept-ranges": "bytes",
    "content-type": contentType,
    "x-content-type-options": "nosniff",
    [REQUEST_ID_HEADER]: requestId,
  };
}

function base64OfHex(text: string): string {
  let binary = "";
  for (let i = 0; i < text.length; i += 2) binary += String.fromCharCode(Number.parseInt(text.slice(i, i + 2), 16));
  return btoa(binary);
}
