/**
 * GET /audio/<sha256>.<extension>?token=...: verify, ask the rights, answer the range. No database on this path, and no
 * other Worker. Specified in docs/specs/delivery.md.
 */
import { AUDIO_MIME_TYPES, type AudioPath, parseAudioPath, renditionKey } from "#domain/delivery/audio-token.ts";
import { type ByteRange, parseByteRange } from "#domain/delivery/byte-range.ts";
import { evaluatePreconditions, rangeApplies } from "#domain/delivery/preconditions.ts";
import type { Result } from "#domain/foundation/result.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import { countDelivered } from "../deliveries/delivery-tally.ts";
import type { EdgeRequest } from "../edge-request.ts";
import { ACCOUNT_LIMIT, ACCOUNT_POLICY, rateLimitField } from "../limits/rate-limits.ts";
import { isStored, type Rendition, readBytes, type SourcedBytes } from "./audio-source.ts";
import { type AuthorisedAudio, authorise } from "./authorise-audio.ts";
import { type Representation, representationOf, validatorsOf } from "./representation.ts";

const WHOLE: ByteRange = { kind: "whole" };

export function serveAudio(asked: EdgeRequest): Response | Promise<Response> {
  const { method } = asked.request;
  if (method !== "GET" && method !== "HEAD") {
    return problemResponse("method-not-allowed", { headers: { allow: "GET, HEAD" } });
  }
  const path = parseAudioPath(asked.target.path);
  if (path === null) return problemResponse("not-found");
  const authorised = authorise(asked);
  return authorised instanceof Promise
    ? authorised.then((result) => answerHolder(asked, path, result))
    : answerHolder(asked, path, authorised);
}

function answerHolder(
  asked: EdgeRequest,
  path: AudioPath,
  authorised: Result<AuthorisedAudio, Response>,
): Response | Promise<Response> {
  if (!authorised.ok) return authorised.error;
  const { request, env } = asked;
  const contentType = AUDIO_MIME_TYPES[path.extension] ?? "application/octet-stream";
  const { sizeBytes } = authorised.value.claims;
  const rendition = { key: renditionKey(path), sizeBytes, contentType };
  const representation = representationOf(path.sha256, contentType);
  const early = conditionalAnswer(request, representation);
  if (early !== null) return early;
  if (request.method === "HEAD") return headAnswer(env, rendition, representation);
  return rangeAnswer(asked, rendition, representation, authorised.value);
}

/** Null where the conditions of the request hold. They come before any range (RFC 9110, section 13.2.2). */
function conditionalAnswer({ headers }: Request, { etag }: Representation): Response | null {
  const preconditions = { ifMatch: headers.get("if-match"), ifNoneMatch: headers.get("if-none-match") };
  const outcome = evaluatePreconditions(preconditions, etag);
  if (outcome === "failed") return problemResponse("precondition-failed", { headers: { etag } });
  return outcome === "not-modified" ? new Response(null, { status: 304, headers: validatorsOf(etag) }) : null;
}

/** Range has no meaning for HEAD (RFC 9110, section 14.2): the headers are those of the whole. */
async function headAnswer(env: EdgeEnv, rendition: Rendition, { headers }: Representation): Promise<Response> {
  if (!(await isStored(env, rendition))) return problemResponse("not-found");
  const answer = new Response(null, { headers });
  answer.headers.set("content-length", String(rendition.sizeBytes));
  return answer;
}

async function rangeAnswer(
  asked: EdgeRequest,
  rendition: Rendition,
  { etag, headers }: Representation,
  authorised: AuthorisedAudio,
): Promise<Response> {
  const { sizeBytes } = rendition;
  const { headers: wanted } = asked.request;
  const isRangeWanted = rangeApplies(wanted.get("if-range"), etag);
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
  const { claims, turn } = authorised;
  countDelivered(asked, { claims, sizeBytes: sentBytes, fromCache: bytes.source === "cache" });
  const answer = new Response(bytes.body, { status: range.kind === "part" ? 206 : 200, headers });
  answer.headers.set("content-length", String(sentBytes));
  if (range.kind === "part") {
    const lastByte = range.offset + range.length - 1;
    answer.headers.set("content-range", `bytes ${range.offset}-${lastByte}/${sizeBytes}`);
  }
  answer.headers.set("server-timing", serverTiming(asked, authorised, bytes.source));
  // Who is far from a limit need not hear of it with each range.
  if (turn.remaining < ACCOUNT_LIMIT.burst / 2) {
    answer.headers.set("ratelimit-policy", ACCOUNT_POLICY);
    answer.headers.set("ratelimit", rateLimitField(ACCOUNT_LIMIT, turn));
  }
  return answer;
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
