/**
 * The access token: ten minutes, in memory only, so that a script that could read storage finds nothing. Whoever asks
 * while one is being fetched waits for the same answer.
 */
import { MINUTE_MS, SECOND_MS } from "#domain/foundation/time.ts";

const RENEW_AHEAD_MS = MINUTE_MS;

export interface AccessTokenKeeper {
  /** A token with at least a minute to live, or null where nobody is signed in. */
  get(): Promise<string | null>;
  /** Says that a token was refused, so that the next call fetches another. */
  drop(token: string): void;
  /** Forgets what is known, that nobody is signed in as well: at sign-in and sign-out. */
  clear(): void;
}

/** `fetchToken` answers null where nobody is signed in, and throws where it cannot be known. */
export function accessTokenKeeper(fetchToken: () => Promise<string | null>, now: () => number): AccessTokenKeeper {
  // A null token is an answer too: without it each public read of a guest would ask again.
  let held: { token: string | null; expiresAtMs: number } | null = null;
  let pending: Promise<string | null> | null = null;
  let generation = 0;

  const renew = async (): Promise<string | null> => {
    const startedIn = generation;
    const token = await fetchToken();
    const expiresAtMs = token === null ? Number.POSITIVE_INFINITY : expiryOf(token);
    // Signed out, or in as somebody else, while the answer was on its way: it is not for us any more.
    if (startedIn === generation) held = { token, expiresAtMs };
    return startedIn === generation ? token : null;
  };

  return {
    get() {
      if (held !== null && held.expiresAtMs - now() > RENEW_AHEAD_MS) return Promise.resolve(held.token);
      if (pending === null) {
        const mine = renew().finally(() => {
          if (pending === mine) pending = null;
        });
        pending = mine;
      }
      return pending;
    },
    drop(token) {
      if (held?.token === token) held = null;
    },
    clear() {
      generation++;
      held = null;
      pending = null;
    },
  };
}

/** The `exp` of a JWT in milliseconds; 0, which is in the past, where there is none to read. */
export function expiryOf(token: string): number {
  try {
    const payload = token.split(".")[1] ?? "";
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof claims === "object" && claims !== null && "exp" in claims && typeof claims.exp === "number") {
      return claims.exp * SECOND_MS;
    }
  } catch {
    // Not a JWT: treated as expired.
  }
  return 0;
}
