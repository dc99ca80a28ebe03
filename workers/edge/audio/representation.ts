/** The headers of a rendition. It is named by its bytes, so the name says all of them. */
export interface Representation {
  /** Strong: the same tag is the same bytes. */
  readonly etag: string;
  /** What a 304 repeats (RFC 9110, section 15.4.5): enough to find and refresh a stored answer, nothing about its body. */
  readonly validators: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

export function representationOf(sha256: string, contentType: string): Representation {
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
  };
  return { etag, validators, headers };
}

function base64OfHex(text: string): string {
  let binary = "";
  for (let i = 0; i < text.length; i += 2) binary += String.fromCharCode(Number.parseInt(text.slice(i, i + 2), 16));
  return btoa(binary);
}
