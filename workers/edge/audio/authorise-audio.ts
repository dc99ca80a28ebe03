/** Who may have the bytes: the holder of a token for them, where the track may be played now. */
import { AUDIO_TOKEN_SECONDS, type AudioTokenClaims } from "#domain/delivery/audio-token.ts";
import type { RateDecision } from "#domain/delivery/rate-limit.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import type { TokenFault } from "#domain/foundation/signed-token.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import { isTerritory } from "#domain/rights/territories.ts";
import { asnOf, locationOf } from "#workers/shared/http/country.ts";
import { type ProblemOptions, type ProblemType, problemResponse } from "#workers/shared/http/problem.ts";
import { ACCOUNT_LIMIT, takeAudioTurn, tooMany } from "../limits/rate-limits.ts";
import type { RequestTarget } from "../request-target.ts";
import { type RightsVerdict, rightsVerdict } from "./rights.ts";
import { isTakenDown } from "./takedowns.ts";
import { type VerifiedClaims, verifyAudioToken } from "./verified-tokens.ts";

export interface AuthorisedAudio {
  readonly claims: AudioTokenClaims;
  /** What is left to the account. */
  readonly turn: RateDecision;
  /** By the clock of `performance`: when it was begun, when the token was good, when the rights were. */
  readonly startedAt: number;
  readonly verifiedAt: number;
  readonly allowedAt: number;
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
export function authorise(
  request: Request,
  env: EdgeEnv,
  ctx: ExecutionContext,
  { path, query }: RequestTarget,
): Authorisation | Promise<Authorisation> {
  // The query is the token and nothing else. A second parameter, or an escape, is no character that a token has.
  if (!query.startsWith(TOKEN_PARAMETER)) return refuse("token-invalid", { detail: "Send one token." });
  const asking = { request, env, ctx, path, nowMs: Date.now(), startedAt: performance.now() };
  const verified = verifyAudioToken(env.AUDIO_TOKEN_KEYS, query.slice(TOKEN_PARAMETER.length), asking.nowMs);
  return verified instanceof Promise
    ? verified.then((result) => authoriseHolder(asking, result))
    : authoriseHolder(asking, verified);
}

interface Asking {
  readonly request: Request;
  readonly env: EdgeEnv;
  readonly ctx: ExecutionContext;
  readonly path: string;
  readonly nowMs: number;
  readonly startedAt: number;
}

function authoriseHolder(
  asking: Asking,
  verified: Result<VerifiedClaims, TokenFault>,
): Authorisation | Promise<Authorisation> {
  if (!verified.ok) return tokenRefusal(verified.error);
  const { request, nowMs } = asking;
  const claims = verified.value;
  if (claims.acl !== asking.path) return refuse("token-invalid", { detail: "The token is for another file." });
  if (claims.asn !== undefined && claims.asn !== asnOf(request)) {
    return refuse("token-network", { detail: "Begin the playback again from the network you are on now." });
  }
  const location = locationOf(request);
  // A URL that was passed on must not use up the turns of the account it was made for: elsewhere it opens nothing.
  if (claims.country !== location) return refuseElsewhere(asking, claims, location);
  const turn = takeAudioTurn(claims.sub, nowMs);
  if (!turn.allowed) return err(tooMany(ACCOUNT_LIMIT, turn));
  const verifiedAt = performance.now();
  const allowed = { claims, turn, startedAt: asking.startedAt, verifiedAt, allowedAt: verifiedAt };
  const refusal = rightsRefusal(asking, claims, claims.market ?? location);
  // What the isolate remembers takes no time that its clock could show.
  if (!(refusal instanceof Promise)) return refusal === null ? ok(allowed) : err(refusal);
  return refusal.then((late) => (late === null ? ok({ ...allowed, allowedAt: performance.now() }) : err(late)));
}

/** The country's rights come before the token's own country: a listener is told the reason that concerns them. */
async function refuseElsewhere(asking: Asking, claims: VerifiedClaims, location: string): Promise<Authorisation> {
  const refusal = await rightsRefusal(asking, claims, location);
  if (refusal !== null) return err(refusal);
  return refuse("token-country", { detail: "Begin the playback again from where you are now." });
}

/** Null where the track may be played in the country. */
function rightsRefusal(
  { env, ctx, nowMs }: Asking,
  { track, model, nbf }: VerifiedClaims,
  country: string,
): Response | null | Promise<Response | null> {
  if (!isTerritory(country)) {
    return problemResponse("country-unknown", { detail: "We cannot tell what may be played where you are." });
  }
  const takenDown = isTakenDown(env, ctx, track, nowMs);
  const verdict = rightsVerdict(env, ctx, { track, country, model, nowMs });
  const answer = (isDown: boolean, rights: RightsVerdict) =>
    isDown ? withdrawn() : refusalOf(rights, country, nowMs - nbf * SECOND_MS);
  if (typeof takenDown === "boolean" && typeof verdict === "string") return answer(takenDown, verdict);
  return Promise.all([takenDown, verdict]).then(([isDown, rights]) => answer(isDown, rights));
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
