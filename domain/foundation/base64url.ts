/** base64url without padding (RFC 4648 section 5), strict: a text has one accepted spelling. */
const PATTERN = /^[A-Za-z0-9_-]*$/;

export function encodeBase64url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The bytes, or null for anything but the canonical spelling. The last character of an encoding can carry
 * bits that no byte uses; a decoder that drops them would take several spellings of one MAC.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!PATTERN.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return encodeBase64url(bytes) === text ? bytes : null;
}
