import { ProblemError } from "./problem.ts";

/** What a request asks for, as one short text: two requests with one idempotency key must have the same. */
export async function requestSha256(body: unknown): Promise<string> {
  return sha256Hex(Uint8Array.from(new TextEncoder().encode(JSON.stringify(body))));
}

export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return hex(digest);
}

export function hex(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Throws where a key comes back with another request than the one it was first used for. */
export function assertSameRequest(stored: { readonly requestSha256: string }, requestSha256: string): void {
  if (stored.requestSha256 !== requestSha256) throw new ProblemError("idempotency-key-reused");
}
