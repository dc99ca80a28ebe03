/** The headers of a rendition. It is named by its bytes, so the name says all of them. */
import { rememberBounded } from "../bounded-map.ts";

export interface Representation {
  /** Strong: the same tag is the same bytes. */
  readonly etag: string;
  readonly contentType: string;
  /**
   * Of every answer with bytes, and of HEAD. An answer that is made with them has a copy of its own, to which it adds
   * what is of one answer: a copy is less than half as dear as the same headers out of an object.
   */
  readonly headers: Headers;
}

/** About a kilobyte each. */
const REPRESENTATIONS_MAX = 8_192;

/** For the listener's own cache: the URL carries a token, so it is nobody else's. */
const CACHE_CONTROL = "private, max-age=31536000, immutable";
const RESOURCE_POLICY = "cross-origin";

const representations = new Map<string, Representation>();

export function representationOf(sha256: string, contentType: string): Representation {
  const known = representations.get(sha256);
  if (known?.contentType === contentType) return known;
  const etag = `"${sha256}"`;
  const headers = new Headers({
    ...validatorsOf(etag),
    "repr-digest": `sha-256=:${base64OfHex(sha256)}:`,
    "accept-ranges": "bytes",
    "content-type": contentType,
    "x-content-type-options": "nosniff",
  });
  const representation = { etag, contentType, headers };
  rememberBounded(representations, sha256, representation, REPRESENTATIONS_MAX);
  return representation;
}

/** What a 304 repeats (RFC 9110, section 15.4.5): enough to find and refresh a stored answer, nothing about its body. */
export function validatorsOf(etag: string): Record<string, string> {
  return { etag, "cache-control": CACHE_CONTROL, "cross-origin-resource-policy": RESOURCE_POLICY };
}

function base64OfHex(text: string): string {
  let binary = "";
  for (let i = 0; i < text.length; i += 2) binary += String.fromCharCode(Number.parseInt(text.slice(i, i + 2), 16));
  return btoa(binary);
}
