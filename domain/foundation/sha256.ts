/** SHA-256, the name of everything that is known by its bytes. */

/** 64 lower-case hexadecimal digits. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hexOf(await crypto.subtle.digest("SHA-256", bytes));
}

export function hexOf(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * SHA-256 in hexadecimal of a value's JSON: tells a request that is sent again from another one that was given the same
 * name. The order of properties counts, so build the value in one place.
 */
export function fingerprintOf(value: unknown): Promise<string> {
  return sha256Hex(Uint8Array.from(new TextEncoder().encode(JSON.stringify(value))));
}
