import { generatedCover } from "#domain/catalog/generated-cover.ts";
import { IMAGE_KINDS, type ImageKind } from "#domain/catalog/image-kinds.ts";
import { evaluatePreconditions } from "#domain/delivery/preconditions.ts";
import { coverKey } from "#workers/shared/catalog/cover-paths.ts";
import { problemResponse } from "#workers/shared/http/problem.ts";
import type { EdgeRequest } from "../edge-request.ts";

const GENERATED_PATTERN = /^\/covers\/generated\/([0-9A-Za-z]{22})\.svg$/;
const STORED_PATTERN = /^\/covers\/([0-9a-f]{64})\.([a-z]{3,4})$/;

/** Covers are public, and named by their bytes or by the id they are drawn from: they never change. */
const COVER_HEADERS = {
  "cache-control": "public, max-age=31536000, immutable",
  "x-content-type-options": "nosniff",
} as const;

export async function serveCover({ request, env, target: { path } }: EdgeRequest): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return problemResponse("method-not-allowed", { headers: { allow: "GET, HEAD" } });
  }
  const [, id] = GENERATED_PATTERN.exec(path) ?? [];
  if (id !== undefined) return drawnCover(id);
  const [, sha256, extension = ""] = STORED_PATTERN.exec(path) ?? [];
  const kind = IMAGE_KINDS.find((known) => known.extension === extension);
  if (sha256 === undefined || kind === undefined) return problemResponse("not-found");
  return storedCover(request, env, sha256, kind);
}

function drawnCover(id: string): Response {
  const headers = {
    ...COVER_HEADERS,
    "content-type": "image/svg+xml",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  };
  return new Response(generatedCover(id), { headers });
}

async function storedCover(
  request: Request,
  env: EdgeEnv,
  sha256: string,
  { extension, mimeType }: ImageKind,
): Promise<Response> {
  const etag = `"${sha256}"`;
  const key = coverKey(sha256, extension);
  const ifNoneMatch = request.headers.get("if-none-match");
  const isKnown = evaluatePreconditions({ ifMatch: null, ifNoneMatch }, etag) === "not-modified";
  const wantsBody = request.method === "GET" && !isKnown;
  const stored = wantsBody ? await env.RENDITIONS.get(key) : null;
  const object = wantsBody ? stored : await env.RENDITIONS.head(key);
  if (object === null) return problemResponse("not-found");
  if (isKnown) {
    return new Response(null, { status: 304, headers: { etag, "cache-control": COVER_HEADERS["cache-control"] } });
  }
  const headers = {
    ...COVER_HEADERS,
    etag,
    "content-type": mimeType,
    "content-length": String(object.size),
  };
  return new Response(stored?.body ?? null, { headers });
}
