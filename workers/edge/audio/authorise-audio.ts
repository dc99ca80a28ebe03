/** Who may have the bytes: the holder of a token for them, where the track may be played now. */
import { AUDIO_TOKEN_SECONDS } from "#domain/delivery/audio-token.ts";
import type { RateDecision } from "#domain/delivery/rate-limit.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { TokenFault } from "#domain/foundation/signed-token.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import { isTerritory } from "#domain/rights/territories.ts";
import { asnOf, locationOf } from "#workers/shared/http/country.ts";
import { type ProblemOptions, type ProblemType, problemResponse } from "#workers/shared/http/problem.ts";
import type { EdgeRequest } from "../edge-request.ts";
import { ACCOUNT_LIMIT, takeAudioTurn, tooMany } from "../limits/rate-limits.ts";
import { type RightsVerdict, rightsVerdict } from "./rights.ts";
import { isTakenDown } from "./takedowns.ts";
import { type VerifiedClaims, type VerifiedToken, verifyAudioToken } from "./verified-tokens.ts";

export interface AuthorisedAudio extends VerifiedToken {
  /** What is left to the account. */
  readonly turn: RateDecision;
  /** When the token was good, and when the rights were. */
  readonly verifiedAtMs: number;
  readonly allowedAtMs: number;
}

const TOKEN_PARAMETER = "token=";
/** How long a token's own word is enough (docs/decisions/0010). */
const WORD_MS_MAX = AUDIO_TOKEN_SECONDS * SECOND_MS;
const RETRY_SOON = { "retry-after": "2" } as const;

type Authorisation = Result<AuthorisedAudio, Response>;

/**
 * Token, network and place, the account's turn, then the track. Nothing is waited for where the isolate remembers it, as
 * it does for every range but the first, and then there is no promise either: ten of them cost as much as all the rest.
 */
export function authorise(asked: EdgeRequest): Authorisation | Promise<Authorisation> {
  const { env, target, receivedAtMs } = asked;
  const { query } = target;
  // The query is the token and nothing else. A second parameter, or an escape, is no character that a token has.
  if (!query.startsWith(TOKEN_PARAMETER)) return refuse("token-invalid", { detail: "Send one token." });
  const verified = verifyAudioToken(env.AUDIO_TOKEN_KEYS, query.slice(TOKEN_PARAMETER.length), receivedAtMs);
  // What the isolate remembers takes no time that its clock could show.
  return verified instanceof Promise
    ? verified.then((result) => authoriseHolder(asked, result, Date.now()))
    : authoriseHolder(asked, verified, receivedAtMs);
}

function authoriseHolder(
  asked: EdgeRequest,
  verified: Result<VerifiedToken, TokenFault>,
  verifiedAtMs: number,
): Authorisation | Promise<Authorisation> {
  if (!verified.ok) return tokenRefusal(verified.error);
  const { request } = asked;
  const { claims, representation } = verified.value;
  if (claims.acl !== asked.target.path) return refuse("token-invalid", { detail: "The token is for another file." });
  if (claims.asn !== undefined && claims.asn !== asnOf(request)) {
    return refuse("token-network", { detail: "Begin the playback again from the network you are on now." });
  }
  const location = locationOf(request);
  // A URL that was passed on must not use up the turns of the account it was made for: elsewhere it opens nothing.
  if (claims.country !== location) return refuseElsewhere(asked, claims, location);
  const turn = takeAudioTurn(claims.sub, verifiedAtMs);
  if (!turn.allowed) return err(tooMany(ACCOUNT_LIMIT, turn));
  const allowed = { claims, representation, turn, verifiedAtMs, allowedAtMs: verifiedAtMs };
  const refusal = rightsRefusal(asked, claims, claims.market ?? location, claims.nbf * SECOND_MS);
  if (!(refusal instanceof Promise)) return refusal === null ? ok(allowed) : err(refusal);
  return refusal.then((late) => (late === null ? ok({ ...allowed, allowedAtMs: Date.now() }) : err(late)));
}

/** The country's rights come before the token's own country: a listener is told the reason that concerns them. */
async function refuseElsewhere(asked: EdgeRequest, claims: VerifiedClaims, location: string): Promise<Authorisation> {
  const refusal = await rightsRefusal(asked, claims, location, null);
  if (refusal !== null) return err(refusal);
  return refuse("token-country", { detail: "Begin the playback again from where you are now." });
}

/** Null where the track may be played in the country. */
function rightsRefusal(
  { env, ctx, receivedAtMs: nowMs }: EdgeRequest,
  { track, model, nbf }: VerifiedClaims,
  country: string,
  signedAtMs: number | null,
): Response | null | Promise<Response | null> {
  if (!isTerritory(country)) {
    return problemResponse("country-unknown", { detail: "We cannot tell what may be played where you are." });
  }
  const tokenAgeMs = nowMs - nbf * SECOND_MS;
  const takenDown = isTakenDown(env, ctx, track, nowMs);
  const verdict = rightsVerdict(env, ctx, { track, country, model, nowMs, signedAtMs });
  if (typeof takenDown === "boolean" && typeof verdict === "string") {
    return takenDown ? withdrawn() : refusalOf(verdict, country, tokenAgeMs);
  }
  return Promise.all([takenDown, verdict]).then(([isDown, rights]) =>
    isDown ? withdrawn() : refusalOf(rights, country, tokenAgeMs),
  );
}

function withdrawn(): Response {
  return problemResponse("taken-down", { detail: "The rights holders of this track have withdrawn it." });
}

/** `unknown` is a store that is down: a token of the last minutes was signed on these very rights, and ends with them. */
function refusalOf(verdict: RightsVerdict, country: string, tokenAgeMs: number): Response | null {
  switch (verdict) {
    case "granted":
      return null;
    case "refused":
      return problemResponse("not-available-in-country", {
        detail: `The rights holders of this track have not made it available in ${country}.`,
      });
    case "unknown":
      // Tokens of manifests live longer than what they say of rights is to be believed.
      if (tokenAgeMs < WORD_MS_MAX) return null;
      return problemResponse("unavailable", {
        detail: "We cannot ask whether this may be played.",
        headers: RETRY_SOON,
      });
  }
}

function tokenRefusal(fault: TokenFault): Result<never, Response> {
  if (fault.kind === "expired") return refuse("token-expired", { detail: "Ask for new URLs and go on." });
  return refuse("token-invalid");
}

function refuse(problem: ProblemType, options?: ProblemOptions): Result<never, Response> {
  return err(problemResponse(problem, options));
}
