/**
 * POST /prewarm/<sha256>.<extension>?token=...: puts a rendition into the cache of the POP that takes the request, and
 * answers without a byte of it. Specified in docs/specs/delivery.md.
 */
import { AUDIO_MIME_TYPES, renditionKey } from "#domain/delivery/audio-token.ts";
import { PREWARM_TOKEN_USE, type PrewarmTokenClaims, parsePrewarmPath } from "#domain/delivery/prewarm-token.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { verifyToken } from "#domain/foundation/signed-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { type ProblemType, problemResponse } from "#workers/shared/http/problem.ts";
import { warmCache } from "../audio/audio-source.ts";
import type { EdgeRequest } from "../edge-request.ts";
import type { RequestTarget } from "../request-target.ts";

const TOKEN_PARAMETER = "token=";

export async function servePrewarm({ request, env, ctx, target }: EdgeRequest): Promise<Response> {
  if (request.method !== "POST") return problemResponse("method-not-allowed", { headers: { allow: "POST" } });
  const path = parsePrewarmPath(target.path);
  if (path === null) return problemResponse("not-found");
  const authorised = await authorisePrewarm(env, target);
  if (!authorised.ok) return problemResponse(authorised.error);
  const { sizeBytes } = authorised.value;
  const contentType = AUDIO_MIME_TYPES[path.extension] ?? "application/octet-stream";
  const warmth = await warmCache(env, ctx, { key: renditionKey(path), sizeBytes, contentType });
  if (warmth === "missing") return problemResponse("not-found");
  return new Response(null, { status: 204, headers: { "x-cache": warmth, "cache-control": "no-store" } });
}

async function authorisePrewarm(
  env: EdgeEnv,
  { path, query }: RequestTarget,
): Promise<Result<PrewarmTokenClaims, ProblemType>> {
  if (!query.startsWith(TOKEN_PARAMETER)) return err("token-invalid");
  const keyring = await keyringOf(env.AUDIO_TOKEN_KEYS);
  const token = query.slice(TOKEN_PARAMETER.length);
  const verified = await verifyToken<PrewarmTokenClaims>(keyring, PREWARM_TOKEN_USE, token, Date.now());
  if (!verified.ok) return err(verified.error.kind === "expired" ? "token-expired" : "token-invalid");
  return verified.value.acl === path ? ok(verified.value) : err("token-invalid");
}
