/**
 * Tokens that this isolate has verified, by their exact text. A player sends the same token with every range of a
 * track; the MAC is computed for the first, and its lifetime is looked at for each.
 */
import { AUDIO_TOKEN_USE, type AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import {
  checkLifetime,
  type Keyring,
  TOKEN_LENGTH_MAX,
  type TokenClaims,
  type TokenFault,
  verifyToken,
} from "#domain/foundation/signed-token.ts";
import { rememberBounded } from "../bounded-map.ts";

/** About 1 KB each. */
const VERIFIED_MAX = 8_192;

type Claims = TokenClaims<AudioTokenClaims>;

/** By keyring: a token of a key that has been taken out must not live on in memory. */
const verifiedByKeyring = new WeakMap<Keyring, Map<string, Claims>>();

export async function verifyAudioToken(
  keyring: Keyring,
  token: string,
  nowMs: number,
): Promise<Result<Claims, TokenFault>> {
  // Before it is looked for, so that a long text is not even hashed.
  if (token.length > TOKEN_LENGTH_MAX) return err({ kind: "malformed" });
  const verified = verifiedWith(keyring);
  const known = verified.get(token);
  if (known !== undefined) {
    const fault = checkLifetime(known, nowMs);
    if (fault === null) return ok(known);
    verified.delete(token);
    return err(fault);
  }
  const result = await verifyToken<AudioTokenClaims>(keyring, AUDIO_TOKEN_USE, token, nowMs);
  if (result.ok) rememberBounded(verified, token, result.value, VERIFIED_MAX);
  return result;
}

function verifiedWith(keyring: Keyring): Map<string, Claims> {
  const present = verifiedByKeyring.get(keyring);
  if (present !== undefined) return present;
  const fresh = new Map<string, Claims>();
  verifiedByKeyring.set(keyring, fresh);
  return fresh;
}
