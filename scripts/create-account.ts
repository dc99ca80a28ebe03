/** Makes an account by the operator's key, which is how the first accounts of any deployment come to be. */
import type { Role } from "#domain/accounts/roles.ts";

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly role: Role;
}

export interface CreatedAccount {
  readonly account: { readonly id: string; readonly email: string; readonly role: string };
  /** False where it was there already: then nothing has changed, the password neither. */
  readonly created: boolean;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Throws a sentence where the service refuses or does not answer. */
export async function createAccount(
  origin: string,
  operatorKey: string,
  { email, password, name, role }: NewAccount,
): Promise<CreatedAccount> {
  const response = await fetch(`${origin}/v1/admin/accounts`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
    body: JSON.stringify({ email, password, name, role }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    // The key is for this origin alone.
    redirect: "error",
  }).catch((error: unknown) => {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    throw new Error(`${origin} does not answer: ${cause instanceof Error ? cause.message : message}`);
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new Error(explainRefusal(response.status, body));
  if (!isAccount(body)) throw new Error(`${origin} answered ${response.status}, but not as Rimshot does.`);
  return { account: body, created: response.status === 201 };
}

function explainRefusal(status: number, body: unknown): string {
  if (status === 401) return "The operator key is not the one of this deployment.";
  const problem: { title?: unknown; detail?: unknown } = typeof body === "object" && body !== null ? body : {};
  const reason = problem.detail ?? problem.title;
  return `The account was refused (${status}): ${typeof reason === "string" ? reason : "the answer says no more."}`;
}

function isAccount(body: unknown): body is CreatedAccount["account"] {
  return typeof body === "object" && body !== null && "id" in body && "email" in body && "role" in body;
}
