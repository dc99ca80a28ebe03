/** The headers of a rendition. It is named by its bytes, so the name says all of them. */
import { AUDIO_MIME_TYPES, type AudioPath, renditionKey } from "#domain/delivery/audio-token.ts";
import { rememberBounded } from "../bounded-map.ts";

export interface Representation {
  /** In the bucket and in the cache. */
  readonly key: string;
  readonly contentType: string;
  /** Strong: the same tag is the same bytes. */
  readonly etag: string;
  /** Filled in for each answer, see `headersOf`. */
  readonly headers: Headers;
  /** What they were filled in with last. */
  filled: AnswerFacts;
}

/** As headers are that no answer was made with yet. */
const UNFILLED: AnswerFacts = { sentBytes: -1, contentRange: null, serverTiming: null };

/** About a kilobyte each. */
const REPRESENTATIONS_MAX = 8_192;

/** For the listener's own cache: the URL carries a token, so it is nobody else's. */
const CACHE_CONTROL = "private, max-age=31536000, immutable";
const RESOURCE_POLICY = "cross-origin";

const representations = new Map<string, Representation>();

export function representationOf(path: AudioPath): Representation {
  const { sha256, extension } = path;
  const key = renditionKey(path);
  const known = representations.get(key);
  if (known !== undefined) return known;
  const contentType = AUDIO_MIME_TYPES[extension] ?? "application/octet-stream";
  const etag = `"${sha256}"`;
  const headers = new Headers({
    ...validatorsOf(etag),
    "repr-digest": `sha-256=:${base64OfHex(sha256)}:`,
    "accept-ranges": "bytes",
    "content-type": contentType,
    "x-content-type-options": "nosniff",
  });
  const representation = { key, contentType, etag, headers, filled: UNFILLED };
  rememberBounded(representations, key, representation, REPRESENTATIONS_MAX);
  return representation;
}

/** What a 304 repeats (RFC 9110, section 15.4.5): enough to find and refresh a stored answer, nothing about its body. */
export function validatorsOf(etag: string): Record<string, string> {
  return { etag, "cache-control": CACHE_CONTROL, "cross-origin-resource-policy": RESOURCE_POLICY };
}

export interface AnswerFacts {
  readonly sentBytes: number;
  /** Null for the whole. */
  readonly contentRange: string | null;
  /** Null where nothing was read. */
  readonly serverTiming: string | null;
}

/**
 * Of every answer with bytes, and of HEAD. They are in one object for all answers of a rendition, of which each Response
 * takes a copy as it is made, and only what differs from the last answer is set: that is a third as dear as the same
 * headers out of a literal.
 */
export function headersOf(representation: Representation, facts: AnswerFacts): Headers {
  const { headers, filled } = representation;
  if (facts.sentBytes !== filled.sentBytes) headers.set("content-length", String(facts.sentBytes));
  if (facts.contentRange !== filled.contentRange) setOrDelete(headers, "content-range", facts.contentRange);
  if (facts.serverTiming !== filled.serverTiming) setOrDelete(headers, "server-timing", facts.serverTiming);
  representation.filled = facts;
  return headers;
}

function setOrDelete(headers: Headers, name: string, value: string | null): void {
  if (value === null) headers.delete(name);
  else headers.set(name, value);
}

function base64OfHex(text: string): string {
  let binary = "";
  for (let i = 0; i < text.length; i += 2) binary += String.fromCharCode(Number.parseInt(text.slice(i, i + 2), 16));
  return btoa(binary);
}
