/** Tells a request that is sent again from another one that was given the same name. */

/** SHA-256 in hexadecimal of a value's JSON; the order of properties counts, so build the value in one place. */
export async function requestFingerprint(value: unknown): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(value)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
