/** One line of JSON a request. Only what is named here is written: no token, no body, no query, no address. */
export interface RequestLogLine {
  readonly worker: string;
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, not the path: paths can hold ids and signed tokens. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

export const REQUEST_ID_HEADER = "x-request-id";

const REQUEST_ID_PATTERN = /^[A-Za-z0-9-]{8,64}$/;

/** The id that the edge gave the request, or a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get(REQUEST_ID_HEADER);
  return given !== null && REQUEST_ID_PATTERN.test(given) ? given : crypto.randomUUID();
}

export function logRequest(line: RequestLogLine): void {
  console.log(JSON.stringify({ level: line.status >= 500 ? "error" : "info", event: "request", ...line }));
}

/** A failure that nobody expected. The stack stays here; the caller sees the request id. */
export function logFailure(worker: string, requestId: string, error: unknown): void {
  const failure =
    error instanceof Error
      ? { name: error.name, message: withoutParameters(error.message), stack: framesOf(error) }
      : { message: withoutParameters(String(error)) };
  console.error(JSON.stringify({ level: "error", event: "failure", worker, requestId, ...failure }));
}

/** A failed query says the values it was bound with: an e-mail address, a name. They are not for the log. */
function withoutParameters(message: string): string {
  return message.split("\nparams:", 1)[0] ?? "";
}

/** Where it happened; the message at the head of a stack is logged by itself. */
function framesOf({ stack = "" }: Error): string {
  return stack
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .join("\n");
}

export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Something of note that no request's own line says: a queue message, an alarm, a part that does without another. */
export function logEvent(
  worker: string,
  event: string,
  fields: LogFields,
  level: "info" | "warn" | "error" = "info",
): void {
  const line = JSON.stringify({ level, event, worker, ...fields });
  if (level === "info") console.log(line);
  else if (level === "warn") console.warn(line);
  else console.error(line);
}
