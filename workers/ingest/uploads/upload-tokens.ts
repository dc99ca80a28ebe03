/** Signed URLs of ingest: each opens one path, for one purpose, for a while. */
import { signToken, type TokenLifetime, verifyToken } from "#domain/foundation/signed-token.ts";
import { HOUR_MS, SECOND_MS } from "#domain/foundation/time.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { ProblemError } from "#workers/shared/http/problem.ts";

const SIGNED_URL_LIFETIME_MS = HOUR_MS;

/** By purpose, what a token says beside the path it opens. */
export interface SignedUrlClaims {
  /** Appends to an upload of exactly this size and type. */
  readonly upload: { readonly sizeBytes: number; readonly contentType: string };
  /** Reads one master. */
  readonly master: { readonly objectKey: string };
  /** Writes one rendition, whose bytes must hash to its name. */
  readonly rendition: { readonly sizeBytes: number; readonly contentType: string };
}

export interface SignedUrl {
  readonly url: string;
  readonly expiresAt: string;
}

export async function signUrl<Use extends keyof SignedUrlClaims>(
  env: IngestEnv,
  use: Use,
  path: string,
  claims: SignedUrlClaims[Use],
): Promise<SignedUrl> {
  const nowMs = Date.now();
  const exp = Math.floor((nowMs + SIGNED_URL_LIFETIME_MS) / SECOND_MS);
  const nbf = Math.floor(nowMs / SECOND_MS);
  const scoped: { acl: string } & TokenLifetime = { ...claims, acl: path, nbf, exp };
  const token = await signToken(await keyringOf(env.INGEST_TOKEN_KEYS), use, scoped);
  return { url: `${path}?token=${token}`, expiresAt: new Date(exp * SECOND_MS).toISOString() };
}

/** The claims of a token for this purpose and path; throws the refusal otherwise. */
export async function requireSignedUrl<Use extends keyof SignedUrlClaims>(
  env: IngestEnv,
  use: Use,
  path: string,
  token: string,
): Promise<SignedUrlClaims[Use]> {
  const keyring = await keyringOf(env.INGEST_TOKEN_KEYS);
  const verified = await verifyToken<SignedUrlClaims[Use] & { acl: string }>(keyring, use, token, Date.now());
  if (verified.ok && verified.value.acl === path) return verified.value;
  const expired = !verified.ok && verified.error.kind === "expired";
  throw new ProblemError(expired ? "token-expired" : "token-invalid", {
    detail: expired ? "Ask for a new URL." : "This URL was not signed by us for this resource.",
  });
}
