/** better-auth's refusals as problem+json. */
import { PROBLEM_TYPE_PREFIX, problemResponse } from "#workers/shared/http/problem.ts";

interface Refusal {
  /** In capitals: `INVALID_EMAIL_OR_PASSWORD`. */
  readonly code: string;
  readonly message: string;
}

/** A session that is missing or over has one name in the whole API. */
const NO_SESSION_CODE = "UNAUTHORIZED";
const TOO_MANY_ATTEMPTS: Refusal = { code: "TOO_MANY_ATTEMPTS", message: "Too many attempts. Try again later." };

/**
 * The same answer, in our form where it is a refusal. better-auth's code gives the problem its type
 * (`urn:rimshot:problem:invalid-email-or-password`) and stays beside it as `code`, with `message`, for better-auth's
 * own client. Throws where better-auth failed.
 */
export async function withProblem(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  if (response.status >= 500) throw new Error(`better-auth answered ${response.status}`);
  const refusal = response.status === 429 ? TOO_MANY_ATTEMPTS : readRefusal(await response.text());
  const problem = refusal.code === NO_SESSION_CODE ? problemResponse("unauthenticated") : toProblem(response, refusal);
  // A session that is over is taken from the browser along with the refusal.
  for (const cookie of response.headers.getSetCookie()) problem.headers.append("set-cookie", cookie);
  return problem;
}

function toProblem({ status, headers }: Response, { code, message }: Refusal): Response {
  const type = `${PROBLEM_TYPE_PREFIX}${code.toLowerCase().replaceAll("_", "-")}`;
  const retryAfterSeconds = headers.get("x-retry-after");
  return new Response(JSON.stringify({ type, title: message, status, code, message }), {
    status,
    headers: {
      ...(retryAfterSeconds === null ? {} : { "retry-after": retryAfterSeconds }),
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    },
  });
}

function readRefusal(text: string): Refusal {
  const body: unknown = JSON.parse(text);
  if (typeof body !== "object" || body === null || !("message" in body) || typeof body.message !== "string") {
    throw new Error("better-auth refused without a message");
  }
  const { message } = body;
  const code = "code" in body && typeof body.code === "string" ? body.code : message;
  return { code: code.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_"), message };
}
