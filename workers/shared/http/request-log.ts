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
      ? { name: error.name, message: error.message, stack: error.stack }
      : { message: String(error) };
  console.error(JSON.stringify({ level: "error", event: "failure", worker, requestId, ...failure }));
}

/** Something of note outside a request: a queue message, an alarm. */
export function logEvent(
  worker: string,
  event: string,
  fields: Readonly<Record<string, string | number | boolean>>,
): void {
  console.log(JSON.stringify({ level: "info", event, worker, ...fields }));
}
