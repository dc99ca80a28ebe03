/** Who is signed in, by better-auth: a cookie session that scripts cannot read. */

import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { isRole, roleMeetsPolicy } from "#domain/accounts/roles.ts";
import type { Account } from "#workers/api/accounts/accounts-contract.ts";
import { accessToken } from "../api/client.ts";
import { ApiError, networkError } from "../api/problem.ts";
import { rememberSignIn } from "./sign-in-memory.ts";

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => fetchAccount(signal),
  staleTime: 60_000,
});

/** The account, null for a guest, undefined while it is not known. */
export function useAccount(): Account | null | undefined {
  return useQuery(sessionQuery).data;
}

export function mayPublish(account: Account): boolean {
  return roleMeetsPolicy(account.role, "artist");
}

export async function signIn(queryClient: QueryClient, credentials: Credentials): Promise<void> {
  await post("/api/auth/sign-in/email", credentials);
  await adoptSession(queryClient);
}

export async function signUp(queryClient: QueryClient, account: Credentials & { name: string }): Promise<void> {
  await post("/api/auth/sign-up/email", account);
  await adoptSession(queryClient);
}

export async function signOut(queryClient: QueryClient): Promise<void> {
  await post("/api/auth/sign-out", {});
  await adoptSession(queryClient);
}

/** After the session changed: nothing that was loaded for the account before may be shown to this one. */
async function adoptSession(queryClient: QueryClient): Promise<void> {
  accessToken.clear();
  const account = await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] === "me" || query.queryKey[0] === "studio" });
  queryClient.setQueryData(sessionQuery.queryKey, account);
  await queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
}

async function fetchAccount(signal: AbortSignal): Promise<Account | null> {
  const account = readAccount(await request("/api/auth/get-session", { signal }));
  // Signed in or out elsewhere, in another tab: the token that is held here is not right any more.
  if (rememberSignIn(account !== null)) accessToken.clear();
  return account;
}

function readAccount(body: unknown): Account | null {
  const user = isRecord(body) ? body["user"] : null;
  if (!isRecord(user)) return null;
  const { id, email, name, role } = user;
  if (typeof id !== "string" || typeof email !== "string" || typeof name !== "string") return null;
  // A role this player does not know gets the least there is.
  return { id, email, name, role: isRole(role) ? role : "listener" };
}

function post(path: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function request(path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(path, { ...init, credentials: "same-origin" }).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    throw networkError();
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  throw authError(response.status, body);
}

/** better-auth says {code, message}; codes of ours have the field they belong to. */
const FIELD_BY_CODE: Readonly<Record<string, string>> = {
  INVALID_EMAIL: "email",
  USER_ALREADY_EXISTS: "email",
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "email",
  PASSWORD_TOO_SHORT: "password",
  PASSWORD_TOO_LONG: "password",
};

function authError(status: number, body: unknown): ApiError {
  const record = isRecord(body) ? body : {};
  const code = typeof record["code"] === "string" ? record["code"] : "";
  const sent = record["message"] ?? record["detail"] ?? record["title"];
  const message = typeof sent === "string" ? sent : `The service answered ${status}`;
  const field = FIELD_BY_CODE[code];
  const fields = field === undefined ? [] : [{ path: field, message }];
  // Its own kind, so that a wrong password is not taken for a session that ran out.
  const kind = status === 429 ? "quota-exceeded" : "unknown";
  return new ApiError({ kind, status: status === 401 ? 400 : status, title: message, fields });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
