/**
 * Short-lived authority for one resource, as text for a URL: `v1.<key id>.<payload>.<mac>`, where the payload is
 * base64url of JSON and the MAC is HMAC-SHA256 over everything before it. The key is chosen by its id, so that
 * new tokens are signed with a new key while those signed with the one before still verify.
 * Specified in docs/specs/signed-tokens.md.
 */
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { err, ok, type Result } from "./result.ts";
import type { EpochMs } from "./time.ts";
import { SECOND_MS } from "./time.ts";

export const TOKEN_LENGTH_MAX = 2_048;
/** A signer's clock may be ahead of the verifier's by this much. Expiry has no such leeway. */
export const NOT_BEFORE_LEEWAY_SECONDS = 60;
const KEY_BYTES_MIN = 32;

const KEY_ID_PATTERN = /^[A-Za-z0-9_-]{1,32}$/;
const TOKEN_PATTERN = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{2,})\.([A-Za-z0-9_-]{43})$/;
const ALGORITHM = { name: "HMAC", hash: "SHA-256" } as const;

export interface Keyring {
  readonly currentId: string;
  readonly keys: ReadonlyMap<string, CryptoKey>;
}

/** Seconds since the epoch (NumericDate of RFC 7519), so that claims map onto other token formats unchanged. */
export interface TokenLifetime {
  readonly exp: number;
  readonly nbf: number;
}

/** `use` keeps a token made for one purpose from being taken for another where two share a key. */
export type TokenClaims<Claims> = Claims & TokenLifetime & { readonly use: string };

export type TokenFault =
  | { readonly kind: "malformed" }
  | { readonly kind: "unknown-key" }
  | { readonly kind: "bad-signature" }
  | { readonly kind: "wrong-use" }
  | { readonly kind: "expired" }
  | { readonly kind: "not-yet-valid" };

/**
 * Reads `{"current": "<id>", "keys": {"<id>": "<base64url, at least 32 bytes>", ...}}`, the form of a keyring
 * secret. Throws where the secret is not of that form: a service without its keys must not start.
 */
export async function importKeyring(secret: string): Promise<Keyring> {
  const parsed: unknown = JSON.parse(secret);
  if (!isKeyringSecret(parsed)) throw new Error("a keyring secret is {current, keys}");
  const keys = new Map<string, CryptoKey>();
  for (const [id, encoded] of Object.entries(parsed.keys)) {
    if (!KEY_ID_PATTERN.test(id)) throw new Error("a key id is 1 to 32 letters, digits, - and _");
    const bytes = decodeBase64url(encoded);
    if (bytes === null || bytes.length < KEY_BYTES_MIN) throw new Error(`key ${id} is not ${KEY_BYTES_MIN} bytes`);
    keys.set(id, await crypto.subtle.importKey("raw", bytes, ALGORITHM, false, ["sign", "verify"]));
  }
  if (!keys.has(parsed.current)) throw new Error("the current key is not among the keys");
  return { currentId: parsed.current, keys };
}

/** Throws where the claims make a token longer than any verifier takes. */
export async function signToken<Claims extends object>(
  keyring: Keyring,
  use: string,
  claims: Claims & TokenLifetime,
): Promise<string> {
  const key = keyring.keys.get(keyring.currentId);
  if (key === undefined) throw new Error("the keyring has no current key");
  const payload = encodeBase64url(new TextEncoder().encode(JSON.stringify({ ...claims, use })));
  const signed = `v1.${keyring.currentId}.${payload}`;
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(signed));
  const token = `${signed}.${encodeBase64url(new Uint8Array(mac))}`;
  if (token.length > TOKEN_LENGTH_MAX) throw new RangeError(`the token has ${token.length} characters`);
  return token;
}

/**
 * The claims of a token that is ours, for this use, and within its lifetime. The shape of the rest of the claims
 * is what the signer of the same `use` wrote: the MAC vouches for it.
 */
export async function verifyToken<Claims extends object>(
  keyring: Keyring,
  use: string,
  token: string,
  nowMs: EpochMs,
): Promise<Result<TokenClaims<Claims>, TokenFault>> {
  if (token.length > TOKEN_LENGTH_MAX) return err({ kind: "malformed" });
  const parts = TOKEN_PATTERN.exec(token);
  const [, keyId = "", payload = "", macText = ""] = parts ?? [];
  const payloadBytes = parts === null ? null : decodeBase64url(payload);
  const mac = parts === null ? null : decodeBase64url(macText);
  if (payloadBytes === null || mac === null) return err({ kind: "malformed" });
  const key = keyring.keys.get(keyId);
  if (key === undefined) return err({ kind: "unknown-key" });
  const signed = new TextEncoder().encode(`v1.${keyId}.${payload}`);
  if (!(await crypto.subtle.verify("HMAC", key, mac, signed))) return err({ kind: "bad-signature" });
  const claims = JSON.parse(new TextDecoder().decode(payloadBytes)) as TokenClaims<Claims>;
  if (claims.use !== use) return err({ kind: "wrong-use" });
  const lifetime = checkLifetime(claims, nowMs);
  return lifetime === null ? ok(claims) : err(lifetime);
}

/** What is wrong with a lifetime at an instant, or null. Asked again wherever verified claims are kept. */
export function checkLifetime(lifetime: TokenLifetime, nowMs: EpochMs): TokenFault | null {
  const nowSeconds = nowMs / SECOND_MS;
  // Written so that a claim that is no number is refused, not let through.
  if (!(nowSeconds < lifetime.exp)) return { kind: "expired" };
  if (!(nowSeconds + NOT_BEFORE_LEEWAY_SECONDS >= lifetime.nbf)) return { kind: "not-yet-valid" };
  return null;
}

function isKeyringSecret(value: unknown): value is { current: string; keys: Record<string, string> } {
  if (typeof value !== "object" || value === null || !("current" in value) || !("keys" in value)) return false;
  const { current, keys } = value;
  if (typeof current !== "string" || typeof keys !== "object" || keys === null) return false;
  return Object.values(keys).every((key) => typeof key === "string");
}
