/** The headers of a rendition. It is named by its bytes, so the name says all of them, and they are made once. */
import { rememberBounded } from "../bounded-map.ts";
import { ACCOUNT_POLICY } from "../limits/rate-limits.ts";

export interface Representation {
  /** Strong: the same tag is the same bytes. */
  readonly etag: string;
  /** What a 304 repeats (RFC 9110, section 15.4.5): enough to find and refresh a stored answer, nothing about its body. */
  readonly validators: Readonly<Record<string, string>>;
  /** Of every answer with bytes, and of HEAD. */
  readonly headers: Readonly<Record<string, string>>;
}

/** About 1 KB each. */
const REPRESENTATIONS_MAX = 4_096;

const representations = new Map<string, Representation>();

export function representationOf(sha256: string, contentType: string): Representation {
  const name = `${sha256} ${contentType}`;
  const known = representations.get(name);
  if (known !== undefined) return known;
  const etag = `"${sha256}"`;
  const validators = {
    etag,
    // For the listener's own cache: the URL carries a token, so it is nobody else's.
    "cache-control": "private, max-age=31536000, immutable",
    "cross-origin-resource-policy": "cross-origin",
  };
  const headers = {
    ...validators,
    "repr-digest": `sha-256=:${base64OfHex(sha256)}:`,
    "accept-ranges": "bytes",
    "content-type": contentType,
    "x-content-type-options": "nosniff",
    "ratelimit-policy": ACCOUNT_POLICY,
  };
  const representation = { etag, validators, headers };
  rememberBounded(representations, name, representation, REPRESENTATIONS_MAX);
  return representation;
}

function base64OfHex(text: string): string {
  let binary = "";
  for (let i = 0; i < text.length; i += 2) binary += String.fromCharCode(Number.parseInt(text.slice(i, i + 2), 16));
  return btoa(binary);
}
