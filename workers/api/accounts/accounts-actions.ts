/** What can be done with accounts beyond better-auth's own: made with a role by an admin, changed, looked at. */
import type { Role } from "#domain/accounts/roles.ts";
import type { AccountId } from "#domain/foundation/ids.ts";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { MINUTE_MS } from "#domain/foundation/time.ts";
import { isJwt, type Principal } from "#workers/shared/auth/access-token.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import {
  type AccountChange,
  type AccountRow,
  deleteAccountWithoutCredential,
  findAccountByEmail,
  findAccountById,
  insertAccount,
  updateAccount,
} from "./accounts-store.ts";
import { hashPassword } from "./password-hash.ts";

const OPERATOR_KEY_LENGTH_MIN = 32;

/** A sign-up still on its way has its credential long before this. */
const SIGN_UP_AGE_MAX_MS = MINUTE_MS;

export interface AccountRequest {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly role: Role;
}

export type CreateAccountFault = { readonly kind: "other-role"; readonly role: Role };

/** Makes an account, or finds the one that has the address and the role; its password then stays as it is. */
export async function createAccount(
  env: ApiEnv,
  request: AccountRequest,
): Promise<Result<{ account: AccountRow; created: boolean }, CreateAccountFault>> {
  await clearAbandonedSignUp(env, request.email);
  const present = await findAccountByEmail(env.IDENTITY, request.email);
  if (present !== null) return asFound(present, request.role);
  const { password, ...rest } = request;
  const passwordHash = await hashPassword(password);
  const now = Date.now();
  const inserted = await insertAccount(env.IDENTITY, {
    ...rest,
    id: freshId<AccountId>(now),
    credentialId: freshId<AccountId>(now),
    passwordHash,
    createdAt: now,
  });
  if (inserted !== null) return ok({ account: inserted, created: true });
  const winner = await findAccountByEmail(env.IDENTITY, request.email);
  if (winner === null) throw new Error("an account was neither inserted nor there");
  return asFound(winner, request.role);
}

function asFound(
  account: AccountRow,
  role: Role,
): Result<{ account: AccountRow; created: boolean }, CreateAccountFault> {
  return account.role === role ? ok({ account, created: false }) : err({ kind: "other-role", role: account.role });
}

/** The changed account, or null where there is none with this id. */
export function changeAccount(env: ApiEnv, id: string, change: AccountChange): Promise<AccountRow | null> {
  return updateAccount(env.IDENTITY, id, change, Date.now());
}

export function findAccount(env: ApiEnv, id: AccountId): Promise<AccountRow | null> {
  return findAccountById(env.IDENTITY, id);
}

/**
 * better-auth writes the account and its password in two statements, and D1 has no transaction to put around them:
 * where the second one failed, the address would be taken by an account that nobody can sign in to.
 */
export function clearAbandonedSignUp(env: ApiEnv, email: string): Promise<void> {
  return deleteAccountWithoutCredential(env.IDENTITY, email, Date.now() - SIGN_UP_AGE_MAX_MS);
}

/** Digests of operator keys. Only what is there is kept: a promise of one request must not be awaited in another. */
const operatorKeyDigests = new WeakMap<ApiEnv, ArrayBuffer>();

/**
 * The operator of the deployment, who makes its first admin: whoever holds OPERATOR_KEY. Null for any other
 * credential, and for all of them where the key is missing or too short to be a secret. What looks like an access
 * token is not compared with the key: it comes with every request.
 */
export async function operatorPrincipal(env: ApiEnv, token: string): Promise<Principal | null> {
  const key = env.OPERATOR_KEY;
  if (isJwt(token) || typeof key !== "string" || key.length < OPERATOR_KEY_LENGTH_MIN) return null;
  // Digests have one length, so that the comparison tells nothing of the key's.
  const wanted = operatorKeyDigests.get(env) ?? (await sha256(key));
  operatorKeyDigests.set(env, wanted);
  const given = await sha256(token);
  if (!crypto.subtle.timingSafeEqual(given, wanted)) return null;
  return { accountId: "operator" as AccountId, role: "admin", name: "Operator", product: "free", homeCountry: null };
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
