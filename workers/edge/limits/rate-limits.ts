/**
 * Who may ask how often, counted in the isolate: a store that all share would cost more than the requests it keeps out.
 * A point of presence has some isolates, so what gets through is a small multiple of these figures; a rule of the
 * platform's firewall bounds the sum. What it does here and now is to turn a flood away before anything is read for it.
 */
import { decideRate, type RateDecision, type RateLimit } from "#domain/delivery/rate-limit.ts";
import { type EpochMs, SECOND_MS } from "#domain/foundation/time.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import { rememberBounded } from "../bounded-map.ts";

/** A player asks for a handful of ranges a track; a scrub over the seek bar for dozens in a second. */
export const ACCOUNT_LIMIT: RateLimit = { name: "account", perSecond: 100, burst: 300 };
/** A household, an office, a carrier's gateway. */
export const ADDRESS_LIMIT: RateLimit = { name: "address", perSecond: 1_000, burst: 3_000 };

const KEYS_MAX = 32_768;

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * A key that is asked for moves to the young end of its map no more often than this. A map grows by each move, and one
 * that is made anew for every few hundred ranges costs more than all else that is decided about them.
 */
const MOVE_INTERVAL_MS = 10 * SECOND_MS;

interface Bucket {
  /** When it is empty again. */
  emptyAt: EpochMs;
  readonly movedAt: EpochMs;
}

const buckets = {
  account: new Map<string, Bucket>(),
  audio: new Map<string, Bucket>(),
  address: new Map<string, Bucket>(),
};

/** Of an account's calls of the service. */
export function takeAccountTurn(accountId: string, nowMs: number): RateDecision {
  return takeTurn(buckets.account, ACCOUNT_LIMIT, accountId, nowMs);
}

/** Of an account's ranges: apart, so that a URL in the wrong hands does not shut the account out of everything. */
export function takeAudioTurn(accountId: string, nowMs: number): RateDecision {
  return takeTurn(buckets.audio, ACCOUNT_LIMIT, accountId, nowMs);
}

/** Null where the platform names no address. */
export function takeAddressTurn(request: Request, nowMs: number): RateDecision | null {
  const address = request.headers.get("cf-connecting-ip");
  return address === null ? null : takeTurn(buckets.address, ADDRESS_LIMIT, networkOf(address), nowMs);
}

function takeTurn(byKey: Map<string, Bucket>, limit: RateLimit, key: string, nowMs: EpochMs): RateDecision {
  const bucket = byKey.get(key);
  const decision = decideRate(limit, bucket?.emptyAt ?? 0, nowMs);
  const { emptyAt } = decision;
  if (bucket !== undefined && Math.abs(nowMs - bucket.movedAt) < MOVE_INTERVAL_MS) bucket.emptyAt = emptyAt;
  else rememberBounded(byKey, key, { emptyAt, movedAt: nowMs }, KEYS_MAX);
  return decision;
}

/** A home has 2^64 addresses of IPv6: its network is what is counted. */
export function networkOf(address: string): string {
  const mapped = IPV4_IN_IPV6.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [head = "", tail = ""] = address.toLowerCase().split("::", 2);
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const zeros = Array.from({ length: Math.max(0, 8 - groups(head).length - groups(tail).length) }, () => "0");
  const all = [...groups(head), ...zeros, ...groups(tail)];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
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
