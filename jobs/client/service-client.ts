/**
 * The service as scripts and jobs see it: each call names a contract, and takes and gives what the contract says.
 * Contracts are imported as types, so a script carries no schema.
 */
import type * as z from "zod";
import type { RouteContract } from "#workers/shared/http/route-contract.ts";
import { type RetryLimits, withRetries } from "./retry.ts";
import { connectionError, errorFromResponse, ServiceError } from "./service-error.ts";
import { type Credentials, ServiceSession } from "./service-session.ts";

type Section<Name extends "params" | "query" | "headers" | "body", Contract> = Contract extends {
  readonly [Key in Name]: infer Schema extends z.ZodType;
}
  ? { readonly [Key in Name]: z.input<Schema> }
  : unknown;

export type CallInput<Contract extends RouteContract> = Section<"params", Contract> &
  Section<"query", Contract> &
  Section<"headers", Contract> &
  Section<"body", Contract>;

type Answers<Responses> = {
  [Status in keyof Responses]: Responses[Status] extends z.ZodType ? z.output<Responses[Status]> : null;
}[keyof Responses];

export type CallAnswer<Contract extends RouteContract> = Answers<Contract["responses"]>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Set where the route's contract says that sending it again changes nothing more. */
  readonly isRepeatable?: boolean;
  readonly retryLimits?: RetryLimits;
  /** A body of bytes, for the routes that take no JSON. */
  readonly bytes?: Blob;
  readonly contentType?: string;
}

/** The parts of any call, as they are once a contract has checked them. */
interface WireInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const CALL_TIMEOUT_MS = 30_000;
/** The bytes of a long recording over a slow line. */
const TRANSFER_TIMEOUT_MS = 30 * 60_000;

export class ServiceClient {
  /** The service's origin. */
  readonly url: string;
  readonly #session: ServiceSession;

  /** Throws where `url` is no http(s) URL. */
  constructor(url: string, credentials: Credentials) {
    const parsed = new URL(url);
    if (parsed.protocol !== "http:" && parsed.protocol !== "https:") throw new TypeError(`${url} is no http(s) URL`);
    this.url = parsed.origin;
    this.#session = new ServiceSession(this.url, credentials);
  }

  /** Signs in now, so that wrong credentials show before any work is begun. Throws ServiceError. */
  async signIn(signal?: AbortSignal): Promise<void> {
    await this.#session.accessToken(signal);
  }

  /** Calls a route. Throws ServiceError for any answer but a success, and the signal's reason where it is aborted. */
  async call<Contract extends RouteContract>(
    method: Contract["method"],
    path: Contract["path"],
    input: CallInput<Contract>,
    options: CallOptions = {},
  ): Promise<CallAnswer<Contract>> {
    const wire = input as WireInput;
    const url = urlOf(this.url, path, wire);
    const attempt = async () => {
      const response = await this.#authorized(method, url, wire, options);
      return (await readAnswer(response)) as CallAnswer<Contract>;
    };
    const hasKey = wire.headers?.["idempotency-key"] !== undefined;
    const isRepeatable = method === "get" || method === "put" || hasKey || options.isRepeatable === true;
    return isRepeatable ? withRetries(attempt, options.signal, options.retryLimits) : attempt();
  }

  /** The bytes behind a signed URL, as they arrive. The URL carries its own authority: we add none of ours. */
  async getSigned(url: string, signal: AbortSignal): Promise<Response> {
    const absolute = new URL(url, this.url).href;
    return withRetries(() => send(absolute, {}, TRANSFER_TIMEOUT_MS, signal), signal);
  }

  /** Sends bytes to a signed URL. */
  async putSigned(url: string, bytes: Blob, contentType: string, signal: AbortSignal): Promise<void> {
    const absolute = new URL(url, this.url).href;
    const init = { method: "PUT", body: bytes, headers: { "content-type": contentType } };
    await withRetries(async () => {
      const response = await send(absolute, init, TRANSFER_TIMEOUT_MS, signal);
      await response.body?.cancel();
    }, signal);
  }

  /** Asks for the effect behind a signed URL, which is the same however often it is asked for. */
  async postSigned(url: string, signal: AbortSignal): Promise<Response> {
    const absolute = new URL(url, this.url).href;
    return withRetries(() => send(absolute, { method: "POST" }, TRANSFER_TIMEOUT_MS, signal), signal);
  }

  async #authorized(method: string, url: string, wire: WireInput, options: CallOptions): Promise<Response> {
    const token = await this.#session.accessToken(options.signal);
    try {
      return await this.#sendOnce(method, url, wire, options, token);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 401) throw error;
      this.#session.forget(token);
      return this.#sendOnce(method, url, wire, options, await this.#session.accessToken(options.signal));
    }
  }

  #sendOnce(method: string, url: string, wire: WireInput, options: CallOptions, token: string): Promise<Response> {
    const headers: Record<string, string> = { ...wire.headers, authorization: `Bearer ${token}` };
    const init: RequestInit = { method: method.toUpperCase(), headers };
    if (options.bytes !== undefined) {
      headers["content-type"] = options.contentType ?? "application/octet-stream";
      init.body = options.bytes;
    } else if (wire.body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(wire.body);
    }
    return send(url, init, options.timeoutMs ?? CALL_TIMEOUT_MS, options.signal);
  }
}

async function send(url: string, init: RequestInit, timeoutMs: number, signal?: AbortSignal): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const response = await fetch(url, { ...init, signal: either }).catch((cause) => {
    signal?.throwIfAborted();
    throw connectionError(cause, url);
  });
  if (!response.ok) throw await errorFromResponse(response);
  return response;
}

async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text().catch((cause) => {
    throw connectionError(cause, response.url);
  });
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const title = "The service answered with something that is not JSON";
    const fields = { status: response.status, type: "unreadable-answer", title, detail: response.url } as const;
    throw new ServiceError({ ...fields, errors: [], retryAfterMs: null }, { cause });
  }
}

function urlOf(origin: string, path: string, wire: WireInput): string {
  const filled = path.replaceAll(/:([a-z_]+)/g, (_, name: string) => {
    const value = wire.params?.[name];
    if (value === undefined) throw new TypeError(`the path ${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const url = new URL(filled, origin);
  for (const [name, value] of Object.entries(wire.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}
