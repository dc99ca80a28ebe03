/**
 * Players on other origins. Those that are listed may read what they are granted, and the timings of it; no others.
 * Credentials are never theirs to send by themselves: an access token is in a header, and an audio token in its URL.
 */
const PREFLIGHT_SECONDS = 86_400;

/** What a player reads of an answer, beyond what is always to be seen. */
const EXPOSED =
  "Accept-Ranges, Content-Length, Content-Range, ETag, Location, RateLimit, RateLimit-Policy, Repr-Digest, Retry-After, " +
  "Server-Timing, Tus-Resumable, Upload-Expires, Upload-Length, Upload-Offset, X-Play-Token, X-Request-Id";

/** By the text of the setting: parsed once an isolate. */
const listed = new Map<string, ReadonlySet<string>>();

/** The origin of the request where it is a listed one, else null. */
export function allowedOrigin(request: Request, setting: string): string | null {
  if (setting === "") return null;
  const origin = request.headers.get("origin");
  return origin !== null && originsOf(setting).has(origin) ? origin : null;
}

export function preflightAnswer(request: Request, origin: string): Response | null {
  const method = request.headers.get("access-control-request-method");
  if (request.method !== "OPTIONS" || method === null) return null;
  const asked = request.headers.get("access-control-request-headers");
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      // Which header means something is for the route to know; that the origin may send it is what is said here.
      ...(asked === null ? {} : { "access-control-allow-headers": asked }),
      "access-control-max-age": String(PREFLIGHT_SECONDS),
      vary: "Origin, Access-Control-Request-Headers",
    },
  });
}

/** A browser that has an answer from before a listed origin asked must not show it to that origin. */
export function varyingByOrigin(response: Response): Response {
  if (isSocket(response)) return response;
  // An answer of another Worker can only be changed as a copy; its body is handed on as it is.
  const varying = new Response(response.body, response);
  if (!/\borigin\b/i.test(varying.headers.get("vary") ?? "")) varying.headers.append("vary", "Origin");
  return varying;
}

/** With what lets the origin read it. */
export function withCors(response: Response, origin: string): Response {
  if (isSocket(response)) return response;
  const open = varyingByOrigin(response);
  open.headers.set("access-control-allow-origin", origin);
  open.headers.set("access-control-expose-headers", EXPOSED);
  open.headers.set("timing-allow-origin", origin);
  // A picture or a range that is embedded by another origin was let in by name.
  open.headers.set("cross-origin-resource-policy", "cross-origin");
  return open;
}

function isSocket({ webSocket }: Response): boolean {
  return webSocket !== null && webSocket !== undefined;
}

function originsOf(setting: string): ReadonlySet<string> {
  const known = listed.get(setting);
  if (known !== undefined) return known;
  const origins = new Set(setting.split(" ").filter((origin) => origin !== ""));
  listed.set(setting, origins);
  return origins;
}
