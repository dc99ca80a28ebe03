/**
 * Access tokens: JWTs of ten minutes, signed by the api with EdDSA. Every Worker checks them itself against keys it
 * keeps in memory, so that no request costs a look-up and the api may be down.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { isProduct, type Product } from "#domain/accounts/products.ts";
import { isRole, type Role } from "#domain/accounts/roles.ts";
import type { AccountId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { isTerritory } from "#domain/rights/territories.ts";

export const TOKEN_ISSUER = "rimshot";
export const TOKEN_AUDIENCE = "rimshot";
export const TOKEN_ALGORITHM = "EdDSA";
const ACCESS_TOKEN_LENGTH_MAX = 4_096;
export const JWKS_PATH = "/api/auth/jwks";

const JWT_PATTERN = /^[^.]+\.[^.]+\.[^.]+$/;

/**
 * A new key signs from the moment it is made, so an unknown key id asks for the key set again, at most this often;
 * a known one is good for the longer time.
 */
const JWKS_COOLDOWN_MS = 2_000;
const JWKS_AGE_MAX_MS = 3_600_000;

export interface Principal {
  readonly accountId: AccountId;
  readonly role: Role;
  /** As the account calls itself. */
  readonly name: string;
  /** As of the token: a change is in force when the token before has run out. */
  readonly product: Product;
  /** ISO 3166-1 alpha-2, where it was verified. */
  readonly homeCountry: string | null;
}

/** What the api signs beside whom the token is for. */
export interface AccessTokenClaims {
  readonly role: Role;
  readonly name: string;
  readonly product: Product;
  /** Absent where no home country was verified. */
  readonly home?: string;
}

export type AccessFault = { readonly kind: "invalid" } | { readonly kind: "keys-unreachable" };

export type AccessTokenVerifier = (token: string) => Promise<Result<Principal, AccessFault>>;

/**
 * The verifier of an env, made once. `fetchJwks` reaches the api's key set: over a service binding, or in the api
 * itself directly.
 */
export function verifierByEnv<Env extends object>(
  fetchJwks: (env: Env, request: Request) => Promise<Response>,
): (env: Env) => AccessTokenVerifier {
  const verifiers = new WeakMap<Env, AccessTokenVerifier>();
  return (env) => {
    const known = verifiers.get(env);
    if (known !== undefined) return known;
    const verifier = accessTokenVerifier((request) => fetchJwks(env, request));
    verifiers.set(env, verifier);
    return verifier;
  };
}

/** Three parts, which no other credential has: an operator's key with two dots in it is not told from a bad token. */
export function isJwt(credential: string): boolean {
  return JWT_PATTERN.test(credential);
}

export function accessTokenVerifier(fetchJwks: (request: Request) => Promise<Response>): AccessTokenVerifier {
  const keySet = createRemoteJWKSet(new URL(`https://api.internal${JWKS_PATH}`), {
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_AGE_MAX_MS,
    [customFetch]: (url, options) => fetchJwks(new Request(url, options)),
  });
  return (token) => verifyAccessToken(keySet, token);
}

async function verifyAccessToken(keySet: JWTVerifyGetKey, token: string): Promise<Result<Principal, AccessFault>> {
  if (token.length > ACCESS_TOKEN_LENGTH_MAX) return err({ kind: "invalid" });
  try {
    const { payload } = await jwtVerify(token, keySet, {
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      algorithms: [TOKEN_ALGORITHM],
      requiredClaims: ["exp", "sub"],
    });
    const { sub, role, name } = payload;
    if (sub === undefined || !isRole(role) || typeof name !== "string") return err({ kind: "invalid" });
    return ok({ accountId: sub as AccountId, role, name, ...standingOf(payload) });
  } catch (error) {
    return err({ kind: isAboutKeySet(error) ? "keys-unreachable" : "invalid" });
  }
}

/** A token from before these claims, or with what we do not know, gets the least there is. */
function standingOf(claims: Readonly<Record<string, unknown>>): Pick<Principal, "product" | "homeCountry"> {
  const { product, home } = claims;
  return {
    product: isProduct(product) ? product : "free",
    homeCountry: typeof home === "string" && isTerritory(home) ? home : null,
  };
}

/**
 * jose names what is wrong with a token. A key set that did not come, came with another status than 200, or is none
 * says nothing about the token; jose has its nameless error for most of that, and none for a binding that throws.
 */
function isAboutKeySet(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error.code === errors.JOSEError.code || error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid
  );
}
