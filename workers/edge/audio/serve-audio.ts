/**
 * GET /audio/<sha256>.<extension>?token=...: verify, ask the rights, answer the range. No database on this path, and no
 * other Worker. Specified in docs/specs/delivery.md.
 */
import { isAudioPath } from "#domain/delivery/audio-token.ts";
import { type ByteRange, parseByteRange } from "#domain/delivery/byte-range.ts";
import { evaluatePreconditions, rangeApplies } from "#domain/delivery/preconditions.ts";
import type { Result } from "#domain/foundation/result.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import { countDelivered } from "../deliveries/delivery-tally.ts";
import type { EdgeRequest } from "../edge-request.ts";
import { ACCOUNT_LIMIT, ACCOUNT_POLICY, rateLimitField } from "../limits/rate-limits.ts";
import { isStored, type Rendition, readBytes, type SourcedBytes } from "./audio-source.ts";
import { type AuthorisedAudio, authorise } from "./authorise-audio.ts";
import { headersOf, type Representation, validatorsOf } from "./representation.ts";

const WHOLE: ByteRange = { kind: "whole" };

export function serveAudio(asked: EdgeRequest): Response | Promise<Response> {
  const { method } = asked.request;
  if (method !== "GET" && method !== "HEAD") {
    return problemResponse("method-not-allowed", { headers: { allow: "GET, HEAD" } });
  }
  if (!isAudioPath(asked.target.path)) return problemResponse("not-found");
  const authorised = authorise(asked);
  return authorised instanceof Promise
    ? authorised.then((result) => answerHolder(asked, result))
    : answerHolder(asked, authorised);
}

function answerHolder(asked: EdgeRequest, authorised: Result<AuthorisedAudio, Response>): Response | Promise<Response> {
  if (!authorised.ok) return authorised.error;
  const { claims, representation } = authorised.value;
  const early = conditionalAnswer(asked.request, representation);
  if (early !== null) return early;
  const { key, contentType } = representation;
  const rendition = { key, contentType, sizeBytes: claims.sizeBytes };
  if (asked.request.method === "HEAD") return headAnswer(asked.env, rendition, representation);
  return rangeAnswer(asked, rendition, authorised.value);
}

/** Null where the conditions of the request hold. They come before any range (RFC 9110, section 13.2.2). */
function conditionalAnswer({ headers }: Request, { etag }: Representation): Response | null {
  const preconditions = { ifMatch: headers.get("if-match"), ifNoneMatch: headers.get("if-none-match") };
  const outcome = evaluatePreconditions(preconditions, etag);
  if (outcome === "failed") return problemResponse("precondition-failed", { headers: { etag } });
  return outcome === "not-modified" ? new Response(null, { status: 304, headers: validatorsOf(etag) }) : null;
}

/** Range has no meaning for HEAD (RFC 9110, section 14.2): the headers are those of the whole. */
async function headAnswer(env: EdgeEnv, rendition: Rendition, representation: Representation): Promise<Response> {
  if (!(await isStored(env, rendition))) return problemResponse("not-found");
  const facts = { sentBytes: rendition.sizeBytes, contentRange: null, serverTiming: null };
  return new Response(null, { headers: headersOf(representation, facts) });
}

async function rangeAnswer(asked: EdgeRequest, rendition: Rendition, authorised: AuthorisedAudio): Promise<Response> {
  const { sizeBytes } = rendition;
  const { claims, turn, representation } = authorised;
  const { headers: wanted } = asked.request;
  const isRangeWanted = rangeApplies(wanted.get("if-range"), representation.etag);
  const range = isRangeWanted ? parseByteRange(wanted.get("range"), sizeBytes) : WHOLE;
  if (range.kind === "unsatisfiable") {
    return problemResponse("range-not-satisfiable", {
      detail: `The file has ${sizeBytes} bytes.`,
      headers: { "content-range": `bytes */${sizeBytes}`, "accept-ranges": "bytes" },
    });
  }
  const bytes = await readBytes(asked, rendition, range);
  if (bytes === null) return problemResponse("not-found");
  const sentBytes = range.kind === "part" ? range.length : sizeBytes;
  countDelivered(asked, { claims, sizeBytes: sentBytes, fromCache: bytes.source === "cache" });
  const headers = headersOf(representation, {
    sentBytes,
    contentRange: range.kind === "part" ? contentRangeOf(range, sizeBytes) : null,
    serverTiming: serverTiming(asked, authorised, bytes.source),
  });
  const answer = new Response(bytes.body, { status: range.kind === "part" ? 206 : 200, headers });
  // Who is far from a limit need not hear of it with each range.
  if (turn.remaining < ACCOUNT_LIMIT.burst / 2) {
    answer.headers.set("ratelimit-policy", ACCOUNT_POLICY);
    answer.headers.set("ratelimit", rateLimitField(ACCOUNT_LIMIT, turn));
  }
  return answer;
}

function contentRangeOf({ offset, length }: { offset: number; length: number }, sizeBytes: number): string {
  return `bytes ${offset}-${offset + length - 1}/${sizeBytes}`;
}

/** What a player's developer sees of it: where the time went, and whether the point of presence had the bytes. */
function serverTiming(
  { receivedAtMs }: EdgeRequest,
  { verifiedAtMs, allowedAtMs }: AuthorisedAudio,
  source: SourcedBytes["source"],
): string {
  const readMs = Date.now() - allowedAtMs;
  const read =
    source === "cache" ? `cache;desc=hit;dur=${readMs}` : `cache;desc=miss, origin;desc=${source};dur=${readMs}`;
  return `auth;dur=${verifiedAtMs - receivedAtMs}, rights;dur=${allowedAtMs - verifiedAtMs}, ${read}`;
}
