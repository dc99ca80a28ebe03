/** What the end-to-end tests do as a client: sign in, ask from a country. */
import { inject } from "vitest";
import type { Role } from "#domain/accounts/roles.ts";

const system = inject("system");

export interface Account {
  readonly email: string;
  readonly password: string;
}

export function accountOf(role: Role): Account {
  const account = system.accounts.find((candidate) => candidate.role === role);
  if (account === undefined) throw new Error(`the system has no ${role}`);
  return account;
}

export async function accessTokenOf(role: Role): Promise<string> {
  const { email, password } = accountOf(role);
  const signedIn = await fetch(`${system.url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const { token: session } = (await signedIn.json()) as { token: string };
  const answer = await fetch(`${system.url}/api/auth/token`, { headers: { authorization: `Bearer ${session}` } });
  return ((await answer.json()) as { token: string }).token;
}

export interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the request seems to come from; the local platform takes it from a header. */
  readonly country?: string;
}

export async function ask(path: string, { method = "GET", token, body, headers, country = "US" }: Asking = {}) {
  return fetch(`${system.url}${path}`, {
    method,
    headers: {
      "MF-CF-Blob": JSON.stringify({ country, clientAcceptEncoding: "identity" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export async function askJson<Answer>(path: string, asking: Asking = {}): Promise<Answer> {
  const answer = await ask(path, asking);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** Asks again until the answer is as wanted; the last one where it never is. */
export async function eventually<Answer>(
  question: () => Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
  timeoutMs = 15_000,
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (isWanted(answer) || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
