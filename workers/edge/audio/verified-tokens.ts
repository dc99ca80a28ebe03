/**
 * Tokens that this isolate has verified, by their exact text, with all that follows from it. A player sends the same
 * token with every range of a track; the MAC is computed for the first, and its lifetime is looked at for each.
 */
import { AUDIO_TOKEN_USE, type AudioTokenClaims, parseAudioPath } from "#domain/delivery/audio-token.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import {
  checkLifetime,
  type Keyring,
  TOKEN_LENGTH_MAX,
  type TokenClaims,
  type TokenFault,
  verifyToken,
} from "#domain/foundation/signed-token.ts";
import { importedKeyring, keyringOf } from "#workers/shared/auth/keyrings.ts";
import { rememberBounded } from "../bounded-map.ts";
import { type Representation, representationOf } from "./representation.ts";

/** About 1 KB each. */
const VERIFIED_MAX = 8_192;

export type VerifiedClaims = TokenClaims<AudioTokenClaims>;

export interface VerifiedToken {
  readonly claims: VerifiedClaims;
  /** Of the one file that the token opens. */
  readonly representation: Representation;
}

/** By keyring: a token of a key that has been taken out must not live on in memory. */
const verifiedByKeyring = new WeakMap<Keyring, Map<string, VerifiedToken>>();

/** At once for a token that is remembered: a promise costs more than the look into the map. */
export function verifyAudioToken(
  secret: string,
  token: string,
  nowMs: number,
): Result<VerifiedToken, TokenFault> | Promise<Result<VerifiedToken, TokenFault>> {
  // Before it is looked for, so that a long text is not even hashed.
  if (token.length > TOKEN_LENGTH_MAX) return err({ kind: "malformed" });
  const keyring = importedKeyring(secret);
  const verified = keyring === null ? null : verifiedWith(keyring);
  const known = verified?.get(token);
  if (known === undefined) return verifyUnknown(secret, token, nowMs);
  const fault = checkLifetime(known.claims, nowMs);
  if (fault === null) return ok(known);
  verified?.delete(token);
  return err(fault);
}

async function verifyUnknown(secret: string, token: string, nowMs: number): Promise<Result<VerifiedToken, TokenFault>> {
  const keyring = await keyringOf(secret);
  const result = await verifyToken<AudioTokenClaims>(keyring, AUDIO_TOKEN_USE, token, nowMs);
  if (!result.ok) return result;
  const path = parseAudioPath(result.value.acl);
  // Signed by us, and for no path that there is.
  if (path === null) return err({ kind: "malformed" });
  const verified = { claims: result.value, representation: representationOf(path) };
  rememberBounded(verifiedWith(keyring), token, verified, VERIFIED_MAX);
  return ok(verified);
}

function verifiedWith(keyring: Keyring): Map<string, VerifiedToken> {
  const present = verifiedByKeyring.get(keyring);
  if (present !== undefined) return present;
  const fresh = new Map<string, VerifiedToken>();
  verifiedByKeyring.set(keyring, fresh);
  return fresh;
}
