/** Problems (RFC 9457) as the player meets them. */
import type { FieldError, PROBLEM_TYPE_PREFIX, ProblemType } from "#workers/shared/http/problem.ts";

/** What the player itself can find wrong, beside what the service reports. */
export type ProblemKind = ProblemType | "network" | "unknown";

/** The service's own: the type keeps the two from drifting apart. */
const TYPE_PREFIX: typeof PROBLEM_TYPE_PREFIX = "urn:rimshot:problem:";

const RETRIES_MAX = 2;

interface ProblemParts {
  readonly kind: ProblemKind;
  /** The HTTP status, 0 where there was no answer. */
  readonly status: number;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly fields?: readonly FieldError[] | undefined;
}

/** Thrown by the client: a query or a mutation hands it to whoever shows it. */
export class ApiError extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly fields: readonly FieldError[];

  constructor(parts: ProblemParts) {
    super(parts.detail ?? parts.title);
    this.name = "ApiError";
    this.kind = parts.kind;
    this.status = parts.status;
    this.title = parts.title;
    this.detail = parts.detail;
    this.fields = parts.fields ?? [];
  }
}

export function networkError(): ApiError {
  return new ApiError({
    kind: "network",
    status: 0,
    title: "Rimshot cannot be reached",
    detail: "Check the connection, then try again.",
  });
}

/** Only what may pass by itself is tried again: no answer, or trouble on the other side. */
export function retryWhatMayPass(failures: number, error: Error): boolean {
  const mayPass = error instanceof ApiError && (error.kind === "network" || error.status >= 500);
  return mayPass && failures < RETRIES_MAX;
}

/** Reads an answer that is no success. Whatever comes instead of a problem still becomes one. */
export async function readProblem(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const record = isRecord(body) ? body : {};
  const type = typeof record["type"] === "string" ? record["type"] : "";
  return new ApiError({
    kind: type.startsWith(TYPE_PREFIX) ? (type.slice(TYPE_PREFIX.length) as ProblemType) : "unknown",
    status: response.status,
    title: typeof record["title"] === "string" ? record["title"] : `The service answered ${response.status}`,
    detail: typeof record["detail"] === "string" ? record["detail"] : undefined,
    fields: Array.isArray(record["errors"]) ? record["errors"].filter(isFieldError) : [],
  });
}

/** The messages for one field, by its path on the wire: `track.title`. */
export function fieldMessage(error: unknown, path: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.fields.find((field) => field.path === path || field.path === `body.${path}`)?.message;
}

export interface Explanation {
  readonly title: string;
  readonly next: string;
}

/** What went wrong and what to do next, in words for the listener. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof ApiError))
    return { title: "Something went wrong here", next: "Reload the page and try again." };
  if (error.kind === "not-available-in-country") {
    return {
      title: "Not available in your country",
      next: "No deal covers this music where you are. Try another track.",
    };
  }
  if (error.status === 401) return { title: "You are signed out", next: "Sign in and try again." };
  if (error.status === 404)
    return { title: error.title, next: error.detail ?? "It may have been taken down. Search for it." };
  if (error.status === 451) return { title: error.title, next: error.detail ?? "Try another track." };
  if (error.status === 429)
    return { title: "That was a lot at once", next: error.detail ?? "Wait a moment, then try again." };
  if (error.status >= 500) return { title: error.title, next: "This is on our side. Try again in a moment." };
  return { title: error.title, next: error.detail ?? "Change it and try again." };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value["path"] === "string" && typeof value["message"] === "string";
}
