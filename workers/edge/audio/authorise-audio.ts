/** Who may have the bytes: the holder of a token for them, where the track may be played now. */
import type { AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { TokenFault } from "#domain/foundation/signed-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { countryOf } from "#workers/shared/http/country.ts";
import type { ProblemOptions, ProblemType } from "#workers/shared/http/problem.ts";
import type { RequestTarget } from "../request-target.ts";
import { mayPlay } from "./rights.ts";
import { verifyAudioToken } from "./verified-tokens.ts";

export type AudioRefusal = { readonly problem: ProblemType } & ProblemOptions;

const TOKEN_PARAMETER = "token=";

/**
 * Token, then the country's rights, then the token's own country: a listener is told the reason that concerns them.
 * Throws where the store of rights does not answer.
 */
export async function authorise(
  request: Request,
  env: EdgeEnv,
  { path, query }: RequestTarget,
): Promise<Result<AudioTokenClaims, AudioRefusal>> {
  // The query is the token and nothing else. A second parameter, or an escape, is no character that a token has.
  if (!query.startsWith(TOKEN_PARAMETER)) return err({ problem: "token-invalid", detail: "Send one token." });
  const nowMs = Date.now();
  const keyring = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const verified = await verifyAudioToken(keyring, query.slice(TOKEN_PARAMETER.length), nowMs);
  if (!verified.ok) return err(tokenRefusal(verified.error));
  const claims = verified.value;
  if (claims.acl !== path) return err({ problem: "token-invalid", detail: "The token is for another file." });
  const country = countryOf(request);
  if (country === null) {
    return err({ problem: "country-unknown", detail: "We cannot tell what may be played where you are." });
  }
  if (!(await mayPlay(env, { track: claims.track, country, model: claims.model, nowMs }))) {
    return err({
      problem: "not-available-in-country",
      detail: `The rights holders of this track have not made it available in ${country}.`,
    });
  }
  if (claims.country !== country) {
    return err({ problem: "token-country", detail: "Begin the playback again from where you are now." });
  }
  return ok(claims);
}

function tokenRefusal(fault: TokenFault): AudioRefusal {
  if (fault.kind === "expired") return { problem: "token-expired", detail: "Ask for new URLs and go on." };
  return { problem: "token-invalid" };
}
