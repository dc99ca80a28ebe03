import { ProblemError } from "./problem.ts";

/** Throws where a key comes back with another request than the one it was first used for. */
export function assertSameRequest(stored: { readonly requestSha256: string }, requestSha256: string): void {
  if (stored.requestSha256 !== requestSha256) throw new ProblemError("idempotency-key-reused");
}
