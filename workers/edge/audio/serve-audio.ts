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
import { ACCOUNT_LIMIT, ACCOUNT_POLICY, rateLimitField } from "../limits/rate-limits.ts";
import type { RequestTarget } from "../request-target.ts";
import { isStored, type Rendition, readBytes, type SourcedBytes } from "./audio-source.ts";
import { type AuthorisedAudio, authorise } from "./authorise-audio.ts";
import { headersOf, type Representation, representationOf, validatorsOf } from "./representation.ts";

const WHOLE: ByteRange = { kind: "whole" };

export function serveAudio(
  request: Request,
  env: EdgeEnv,
  ctx: ExecutionContext,
  target: RequestTarget,
  requestId: string,
): Response | Promise<Response> {
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") {
    return problemResponse("method-not-allowed", { headers: { allow: "GET, HEAD" } });
  }
  const path = parseAudioPath(target.path);
  if (path === null) return problemResponse("not-found");
  const asked = { request, env, ctx, path, requestId };
  const authorised = authorise(request, env, ctx, target);
  return authorised instanceof Promise
    ? authorised.then((result) => answerHolder(asked, result))
    : answerHolder(asked, authorised);
}

interface Asked {
  readonly request: Request;
  readonly env: EdgeEnv;
  readonly ctx: ExecutionContext;
  readonly path: AudioPath;
  readonly requestId: string;
}

function answerHolder(asked: Asked, authorised: Result<AuthorisedAudio, Response>): Response | Promise<Response> {
  if (!authorised.ok) return authorised.error;
  const { request, env, path, requestId } = asked;
  const contentType = AUDIO_MIME_TYPES[path.extension] ?? "application/octet-stream";
  const { sizeBytes } = authorised.value.claims;
  const rendition = { key: renditionKey(path), sizeBytes, contentType, requestId };
  const representation = representationOf(path.sha256, contentType);
  const early = conditionalAnswer(asked, representation);
  if (early !== null) return early;
  if (request.method === "HEAD") return headAnswer(env, rendition, representation);
  return rangeAnswer(asked, rendition, representation, authorised.value);
}

/** Null where the conditions of the request hold. They come before any range (RFC 9110, section 13.2.2). */
function conditionalAnswer({ request, requestId }: Asked, representation: Representation): Response | null {
  const { etag } = representation;
  const { headers } = request;
  const preconditions = { ifMatch: headers.get("if-match"), ifNoneMatch: headers.get("if-none-match") };
  const outcome = evaluatePreconditions(preconditions, etag);
  if (outcome === "failed") return problemResponse("precondition-failed", { headers: { etag } });
  return outcome === "not-modified"
    ? new Response(null, { status: 304, headers: validatorsOf(representation, requestId) })
    : null;
}

/** Range has no meaning for HEAD (RFC 9110, section 14.2): the headers are those of the whole. */
async function headAnswer(
  env: EdgeEnv,
  rendition: Rendition & { readonly requestId: string },
  representation: Representation,
): Promise<Response> {
  if (!(await isStored(env, rendition))) return problemResponse("not-found");
  const headers = headersOf(representation, rendition.requestId);
  headers["content-length"] = String(rendition.sizeBytes);
  return new Response(null, { headers });
}

async function rangeAnswer(
  { request, env, ctx }: Asked,
  rendition: Rendition & { readonly requestId: string },
  representation: Representation,
  authorised: AuthorisedAudio,
): Promise<Response> {
  const { sizeBytes } = rendition;
  const isRangeWanted = rangeApplies(request.headers.get("if-range"), representation.etag);
  const range = isRangeWanted ? parseByteRange(request.headers.get("range"), sizeBytes) : WHOLE;
  if (range.kind === "unsatisfiable") {
    return problemResponse("range-not-satisfiable", {
      detail: `The file has ${sizeBytes} bytes.`,
      headers: { "content-range": `bytes */${sizeBytes}`, "accept-ranges": "bytes" },
    });
  }
  const bytes = await readBytes(env, ctx, { ...rendition, range });
  if (bytes === null) return problemResponse("not-found");
  const sentBytes = range.kind === "part" ? range.length : sizeBytes;
  const { claims, turn } = authorised;
  countDelivered(env, ctx, { claims, sizeBytes: sentBytes, fromCache: bytes.source === "cache" });
  const headers = headersOf(representation, rendition.requestId);
  headers["content-length"] = String(sentBytes);
  if (range.kind === "part") {
    headers["content-range"] = `bytes ${range.offset}-${range.offset + range.length - 1}/${sizeBytes}`;
  }
  headers["server-timing"] = serverTiming(authorised, bytes.source);
  // Who is far from a limit need not hear of it with each range.
  if (turn.remaining < ACCOUNT_LIMIT.burst / 2) {
    headers["ratelimit-policy"] = ACCOUNT_POLICY;
    headers["ratelimit"] = rateLimitField(ACCOUNT_LIMIT, turn);
  }
  return new Response(bytes.body, { status: range.kind === "part" ? 206 : 200, headers });
}

/** What a player's developer sees of it: where the time went, and whether the point of presence had the bytes. */
function serverTiming({ startedAt, verifiedAt, allowedAt }: AuthorisedAudio, source: SourcedBytes["source"]): string {
  const readMs = performance.now() - allowedAt;
  const read =
    source === "cache"
      ? `cache;desc=hit;dur=${Math.round(readMs)}`
      : `cache;desc=miss, origin;desc=${source};dur=${Math.round(readMs)}`;
  const authMs = Math.round(verifiedAt - startedAt);
  return `auth;dur=${authMs}, rights;dur=${Math.round(allowedAt - verifiedAt)}, ${read}`;
}
