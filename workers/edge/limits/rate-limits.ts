/**
 * Who may ask how often, counted in the isolate: a store that all share would cost more than the requests it keeps out.
 * A point of presence has some isolates, so what gets through is a small multiple of these figures; a rule of the
 * platform's firewall bounds the sum. What it does here and now is to turn a flood away before anything is read for it.
 */
import { decideRate, type RateDecision, type RateLimit } from "#domain/delivery/rate-limit.ts";
import { SECOND_MS } from "#domain/foundation/time.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import { rememberBounded } from "../bounded-map.ts";

/** A player asks for a handful of ranges a track; a scrub over the seek bar for dozens in a second. */
export const ACCOUNT_LIMIT: RateLimit = { name: "account", perSecond: 100, burst: 300 };
/** A household, an office, a carrier's gateway. */
export const ADDRESS_LIMIT: RateLimit = { name: "address", perSecond: 1_000, burst: 3_000 };

const KEYS_MAX = 32_768;

/** When each key's bucket is empty again. */
const buckets = { account: new Map<string, number>(), address: new Map<string, number>() };

export function takeAccountTurn(accountId: string, nowMs: number): RateDecision {
  return takeTurn(buckets.account, ACCOUNT_LIMIT, accountId, nowMs);
}

/** Null where the platform names no address. */
export function takeAddressTurn(request: Request, nowMs: number): RateDecision | null {
  const address = request.headers.get("cf-connecting-ip");
  return address === null ? null : takeTurn(buckets.address, ADDRESS_LIMIT, networkOf(address), nowMs);
}

function takeTurn(emptyAtByKey: Map<string, number>, limit: RateLimit, key: string, nowMs: number): RateDecision {
  const decision = decideRate(limit, emptyAtByKey.get(key) ?? 0, nowMs);
  rememberBounded(emptyAtByKey, key, decision.emptyAt, KEYS_MAX);
  return decision;
}

/** A home has 2^64 addresses of IPv6: its network is what is counted. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  if (tail === undefined) return groups.slice(0, 4).join(":");
  const tailGroups = tail === "" ? 0 : tail.split(":").length;
  const zeros = Math.max(0, 8 - groups.length - tailGroups);
  const full = [...groups, ...Array.from({ length: zeros }, () => "0"), ...tail.split(":")];
  return full.slice(0, 4).join(":");
}

/** The fields of draft-ietf-httpapi-ratelimit-headers. */
export const ACCOUNT_POLICY = policyOf(ACCOUNT_LIMIT);

export function rateLimitField({ name }: RateLimit, { remaining, retryAfterMs }: RateDecision): string {
  return `"${name}";r=${remaining};t=${Math.ceil(retryAfterMs / SECOND_MS)}`;
}

export function tooMany(limit: RateLimit, decision: RateDecision): Response {
  const whose = limit === ACCOUNT_LIMIT ? "this account" : "this address";
  return problemResponse("rate-limited", {
    detail: `More than ${limit.perSecond} requests a second come from ${whose}. Wait a moment, then go on.`,
    headers: {
      "retry-after": String(Math.max(1, Math.ceil(decision.retryAfterMs / SECOND_MS))),
      "ratelimit-policy": policyOf(limit),
      ratelimit: rateLimitField(limit, decision),
    },
  });
}

function policyOf({ name, perSecond, burst }: RateLimit): string {
  return `"${name}";q=${burst};w=${Math.ceil(burst / perSecond)}`;
}
