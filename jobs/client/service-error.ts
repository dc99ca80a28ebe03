/** What can come back from the service other than the answer asked for, and what repeated requests do about it. */
import { parseJson } from "#jobs/parse-json.ts";
import type { FieldError, ProblemType } from "#workers/shared/http/problem.ts";

/** The problem's type without its URN prefix, or one of ours where no problem+json came back. */
export type ServiceProblem = ProblemType | "network" | "timeout" | "unreadable-answer" | "unnamed";

export interface ServiceErrorFields {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly type: ServiceProblem;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  /** From Retry-After; null where the answer did not say. */
  readonly retryAfterMs: number | null;
}

const PROBLEM_TYPE_PREFIX = "urn:rimshot:problem:";
const PASSING_STATUSES: readonly number[] = [429, 502, 503, 504];
/** Beyond this a body is no error report of ours. */
const DETAIL_LENGTH_MAX = 1_000;

export class ServiceError extends Error {
  readonly status: number;
  readonly type: ServiceProblem;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterMs: number | null;

  constructor(fields: ServiceErrorFields, options?: ErrorOptions) {
    super(describe(fields), options);
    this.name = "ServiceError";
    this.status = fields.status;
    this.type = fields.type;
    this.title = fields.title;
    this.detail = fields.detail;
    this.errors = fields.errors;
    this.retryAfterMs = fields.retryAfterMs;
  }

  /** True where the same request may succeed a little later. A daily quota does not come back in seconds. */
  get isPassing(): boolean {
    if (this.type === "quota-exceeded") return false;
    return this.status === 0 || PASSING_STATUSES.includes(this.status);
  }
}

function describe(fields: ServiceErrorFields): string {
  const unsaid = fields.errors.filter((error) => !fields.detail.includes(error.message));
  const reasons = unsaid.map((error) => (error.path === "" ? error.message : `${error.path}: ${error.message}`));
  const detail = [fields.detail, ...reasons].filter((text) => text !== "").join("; ");
  const head = fields.status === 0 ? fields.title : `${fields.title} (${fields.status})`;
  return detail === "" ? head : `${head}: ${detail}`;
}

/** No answer at all: the connection failed, or the time ran out. */
export function connectionError(cause: unknown, url: string): ServiceError {
  const isTimeout = cause instanceof Error && cause.name === "TimeoutError";
  const fields: ServiceErrorFields = {
    status: 0,
    type: isTimeout ? "timeout" : "network",
    title: isTimeout ? "The service did not answer in time" : "The service cannot be reached",
    detail: `${new URL(url).origin}: ${reasonOf(cause)}`,
    errors: [],
    retryAfterMs: null,
  };
  return new ServiceError(fields, { cause });
}

/** fetch hides what went wrong ("fetch failed") in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (cause instanceof Error) return cause.message === "" ? cause.name : cause.message;
  return error.message;
}

export async function errorFromResponse(response: Response): Promise<ServiceError> {
  const text = await response.text().catch(() => "");
  const problem = parseProblem(text);
  const urn = textOf(problem["type"]);
  return new ServiceError({
    status: response.status,
    type: urn.startsWith(PROBLEM_TYPE_PREFIX) ? (urn.slice(PROBLEM_TYPE_PREFIX.length) as ProblemType) : "unnamed",
    title: textOf(problem["title"]) || textOf(problem["message"]) || response.statusText || "The service refused",
    detail: textOf(problem["detail"]) || (Object.keys(problem).length === 0 ? text.slice(0, DETAIL_LENGTH_MAX) : ""),
    errors: Array.isArray(problem["errors"]) ? problem["errors"].filter(isFieldError) : [],
    retryAfterMs: retryAfterMs(response.headers.get("retry-after"), Date.now()),
  });
}

function parseProblem(text: string): Record<string, unknown> {
  const parsed = parseJson(text);
  return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, DETAIL_LENGTH_MAX) : "";
}

function isFieldError(value: unknown): value is FieldError {
  if (typeof value !== "object" || value === null || !("path" in value) || !("message" in value)) return false;
  return typeof value.path === "string" && typeof value.message === "string";
}

/** Retry-After is a number of seconds or a date (RFC 9110 section 10.2.3). */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
