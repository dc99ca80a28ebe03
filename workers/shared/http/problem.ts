/**
 * Errors on the wire: RFC 9457 problem+json with stable types. The detail is written for the caller; what went
 * wrong inside goes to the log, never into an answer.
 */
export const PROBLEMS = {
  "bad-request": { status: 400, title: "The request is not valid" },
  "idempotency-key-missing": { status: 400, title: "This request needs an Idempotency-Key header" },
  unauthenticated: { status: 401, title: "Sign in first" },
  forbidden: { status: 403, title: "This account may not do that" },
  "token-invalid": { status: 403, title: "The signed URL is not valid" },
  "token-expired": { status: 403, title: "The signed URL has expired" },
  "token-network": { status: 403, title: "The signed URL was made for another network" },
  "token-country": { status: 403, title: "The signed URL was made for another country" },
  "not-found": { status: 404, title: "There is nothing here" },
  "method-not-allowed": { status: 405, title: "This method is not supported here" },
  conflict: { status: 409, title: "The request does not fit the present state" },
  "stream-displaced": { status: 409, title: "Playing on another device" },
  "lease-lost": { status: 409, title: "The lease has gone to another job" },
  "offset-mismatch": { status: 409, title: "The upload is at another offset" },
  "precondition-failed": { status: 412, title: "The condition of the request does not hold" },
  "unsupported-version": { status: 412, title: "This protocol version is not supported" },
  "too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "This content type is not supported" },
  "range-not-satisfiable": { status: 416, title: "The range is outside the file" },
  "idempotency-key-reused": { status: 422, title: "This Idempotency-Key was used for another request" },
  unprocessable: { status: 422, title: "The request is understood and cannot be carried out" },
  locked: { status: 423, title: "Another request is writing this upload" },
  "quota-exceeded": { status: 429, title: "The daily quota is used up" },
  "rate-limited": { status: 429, title: "Too many requests" },
  "taken-down": { status: 451, title: "Withdrawn by its rights holders" },
  "not-available-in-country": { status: 451, title: "Not available in this country" },
  "country-unknown": { status: 451, title: "The country of the request is unknown" },
  /** The status is tus's own. */
  "checksum-mismatch": { status: 460, title: "The bytes are not those of the checksum" },
  internal: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "A part of the service does not answer at the moment" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemType = keyof typeof PROBLEMS;

export interface FieldError {
  /** The path of the field: `track.title`. */
  readonly path: string;
  readonly message: string;
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const PROBLEM_TYPE_PREFIX = "urn:rimshot:problem:";

export function problemResponse(type: ProblemType, options: ProblemOptions = {}): Response {
  const { status, title } = PROBLEMS[type];
  const { detail, errors, headers } = options;
  const body = { type: `${PROBLEM_TYPE_PREFIX}${type}`, title, status, detail, errors };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}

/** Thrown where a handler is deep in an answer that cannot be given; the binder turns it into the answer. */
export class ProblemError extends Error {
  readonly problem: ProblemType;
  readonly options: ProblemOptions;

  constructor(problem: ProblemType, options: ProblemOptions = {}) {
    super(options.detail ?? PROBLEMS[problem].title);
    this.name = "ProblemError";
    this.problem = problem;
    this.options = options;
  }

  toResponse(): Response {
    return problemResponse(this.problem, this.options);
  }
}

/** A field whose value has the right form and cannot be taken: `unprocessable`, with each path and the reason. */
export function fieldProblem(paths: string | readonly string[], message: string): ProblemError {
  const errors = [paths].flat().map((path) => ({ path, message }));
  return new ProblemError("unprocessable", { detail: `${errors[0]?.path}: ${message}`, errors });
}
