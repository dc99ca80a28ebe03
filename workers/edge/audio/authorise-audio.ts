/** Who may have the bytes: the holder of a token for them, where the track may be played now. */
import type { AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import type { RateDecision } from "#domain/delivery/rate-limit.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { TokenFault } from "#domain/foundation/signed-token.ts";
import { isTerritory } from "#domain/rights/territories.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { asnOf, locationOf } from "#workers/shared/http/country.ts";
import { type ProblemOptions, type ProblemType, problemResponse } from "#workers/shared/http/problem.ts";
import { ACCOUNT_LIMIT, takeAccountTurn, tooMany } from "../limits/rate-limits.ts";
import type { RequestTarget } from "../request-target.ts";
import { rightsVerdict } from "./rights.ts";
import { isTakenDown } from "./takedowns.ts";
import { verifyAudioToken } from "./verified-tokens.ts";

export interface AuthorisedAudio {
  readonly claims: AudioTokenClaims;
  /** What is left to the account. */
  readonly turn: RateDecision;
  readonly authMs: number;
  readonly rightsMs: number;
}

const TOKEN_PARAMETER = "token=";

/** Token, then the account's turn, then the track, then the place: all but the last two from the isolate's memory. */
export async function authorise(
  request: Request,
  env: EdgeEnv,
  ctx: ExecutionContext,
  { path, query }: RequestTarget,
): Promise<Result<AuthorisedAudio, Response>> {
  // The query is the token and nothing else. A second parameter, or an escape, is no character that a token has.
  if (!query.startsWith(TOKEN_PARAMETER)) return refuse("token-invalid", { detail: "Send one token." });
  const startedAt = performance.now();
  const nowMs = Date.now();
  const keyring = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const verified = await verifyAudioToken(keyring, query.slice(TOKEN_PARAMETER.length), nowMs);
  if (!verified.ok) return tokenRefusal(verified.error);
  const claims = verified.value;
  if (claims.acl !== path) return refuse("token-invalid", { detail: "The token is for another file." });
  const turn = takeAccountTurn(claims.sub, nowMs);
  if (!turn.allowed) return err(tooMany(ACCOUNT_LIMIT, turn));
  if (claims.asn !== undefined && claims.asn !== asnOf(request)) {
    return refuse("token-network", { detail: "Begin the playback again from the network you are on now." });
  }
  const verifiedAt = performance.now();
  const refusal = await rightsRefusal(request, env, ctx, claims, nowMs);
  if (refusal !== null) return err(refusal);
  return ok({ claims, turn, authMs: verifiedAt - startedAt, rightsMs: performance.now() - verifiedAt });
}

/**
 * Null where the track may be played. The country's rights come before the token's own country: a listener is told the
 * reason that concerns them.
 */
async function rightsRefusal(
  request: Request,
  env: EdgeEnv,
  ctx: ExecutionContext,
  claims: AudioTokenClaims,
  nowMs: number,
): Promise<Response | null> {
  const { track, model } = claims;
  const location = locationOf(request);
  const isWhereGranted = claims.country === location;
  const country = isWhereGranted ? (claims.market ?? location) : location;
  if (!isTerritory(country)) {
    return problemResponse("country-unknown", { detail: "We cannot tell what may be played where you are." });
  }
  const takenDown = isTakenDown(env, ctx, track, nowMs);
  const asked = rightsVerdict(env, ctx, { track, country, model, nowMs });
  if (typeof takenDown === "boolean" ? takenDown : await takenDown) {
    return problemResponse("taken-down", { detail: "The rights holders of this track have withdrawn it." });
  }
  const verdict = typeof asked === "string" ? asked : await asked;
  if (verdict === "refused") {
    return problemResponse("not-available-in-country", {
      detail: `The rights holders of this track have not made it available in ${country}.`,
    });
  }
  if (!isWhereGranted) {
    return problemResponse("token-country", { detail: "Begin the playback again from where you are now." });
  }
  // `unknown`: the store is down. The token was signed on these very rights, and ends where they do.
  return null;
}

function tokenRefusal(fault: TokenFault): Result<never, Response> {
  if (fault.kind === "expired") return refuse("token-expired", { detail: "Ask for new URLs and go on." });
  return refuse("token-invalid");
}

function refuse(problem: ProblemType, options?: ProblemOptions): Result<never, Response> {
  return err(problemResponse(problem, options));
}
