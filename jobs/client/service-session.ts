/**
 * Who we are to the service: a session by e-mail and password, and the access tokens it gives. The token is renewed
 * ahead of its end, and once more where the service refuses it all the same.
 */
import { decodeJwt } from "jose";
import { withRetries } from "./retry.ts";
import { connectionError, errorFromResponse, ServiceError } from "./service-error.ts";

/** Renewed this long before its end, so that a request on its way does not arrive with a token just expired. */
const RENEW_AHEAD_MS = 60_000;
/** For a token that does not say when it ends. */
const TOKEN_LIFETIME_MS_DEFAULT = 60_000;
const SIGN_IN_TIMEOUT_MS = 30_000;

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** One for all who need a token at the time. It belongs to none of them: it ends when the last has turned away. */
interface Renewal {
  readonly token: Promise<string>;
  readonly stop: AbortController;
  waiters: number;
}

export class ServiceSession {
  readonly #url: string;
  readonly #credentials: Credentials;
  #sessionToken: string | null = null;
  #accessToken: { readonly text: string; readonly renewAtMs: number } | null = null;
  #renewal: Renewal | null = null;

  constructor(url: string, credentials: Credentials) {
    this.#url = url;
    // Callers pass accounts that carry more than this; the service takes no more.
    this.#credentials = { email: credentials.email, password: credentials.password };
  }

  /** A token that holds for a while. Many requests at once share one renewal; the signal ends only this wait for it. */
  async accessToken(signal?: AbortSignal): Promise<string> {
    if (this.#accessToken !== null && Date.now() < this.#accessToken.renewAtMs) return this.#accessToken.text;
    signal?.throwIfAborted();
    const renewal = this.#renewal ?? this.#beginRenewal();
    renewal.waiters += 1;
    try {
      return await unlessAborted(renewal.token, signal);
    } finally {
      renewal.waiters -= 1;
      if (renewal.waiters === 0) this.#endRenewal(renewal);
    }
  }

  #beginRenewal(): Renewal {
    const stop = new AbortController();
    const token = withRetries(() => this.#renew(), stop.signal);
    this.#renewal = { token, stop, waiters: 0 };
    return this.#renewal;
  }

  #endRenewal(renewal: Renewal): void {
    renewal.stop.abort();
    if (this.#renewal === renewal) this.#renewal = null;
  }

  /** Drops a token that the service refused, unless another request has replaced it already. */
  forget(token: string): void {
    if (this.#accessToken?.text === token) this.#accessToken = null;
  }

  async #renew(): Promise<string> {
    const text = await this.#requestAccessToken();
    const endsAtMs = (decodeJwt(text).exp ?? 0) * 1_000 || Date.now() + TOKEN_LIFETIME_MS_DEFAULT + RENEW_AHEAD_MS;
    this.#accessToken = { text, renewAtMs: endsAtMs - RENEW_AHEAD_MS };
    return text;
  }

  async #requestAccessToken(): Promise<string> {
    if (this.#sessionToken !== null) {
      try {
        return await this.#exchange(this.#sessionToken);
      } catch (error) {
        if (!(error instanceof ServiceError) || error.status !== 401) throw error;
        this.#sessionToken = null;
      }
    }
    this.#sessionToken = await this.#signIn();
    return this.#exchange(this.#sessionToken);
  }

  async #signIn(): Promise<string> {
    const response = await this.#send("/api/auth/sign-in/email", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(this.#credentials),
    });
    const body: unknown = await response.json().catch(() => null);
    return response.headers.get("set-auth-token") ?? tokenIn(body, "sign-in");
  }

  async #exchange(sessionToken: string): Promise<string> {
    const headers = { authorization: `Bearer ${sessionToken}` };
    const response = await this.#send("/api/auth/token", { headers });
    return tokenIn(await response.json().catch(() => null), "token");
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const url = new URL(path, this.#url).href;
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(SIGN_IN_TIMEOUT_MS) }).catch((cause) => {
      throw connectionError(cause, url);
    });
    if (!response.ok) throw await errorFromResponse(response);
    return response;
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", stop));
}

function tokenIn(body: unknown, request: string): string {
  if (typeof body === "object" && body !== null && "token" in body && typeof body.token === "string") return body.token;
  throw new ServiceError({
    status: 200,
    type: "unreadable-answer",
    title: `The answer to the ${request} request holds no token`,
    detail: "",
    errors: [],
    retryAfterMs: null,
  });
}
