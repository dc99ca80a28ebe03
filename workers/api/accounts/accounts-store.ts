/** SQL on the identity database for what better-auth has no operation for. */
import { and, eq, lt, notExists } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Product } from "#domain/accounts/products.ts";
import type { Role } from "#domain/accounts/roles.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import { accounts, credentials } from "./identity-tables.ts";

export type AccountRow = typeof accounts.$inferSelect;

export interface NewAccount {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly credentialId: string;
  readonly passwordHash: string;
  readonly createdAt: EpochMs;
}

export async function findAccountById(database: D1Database, id: string): Promise<AccountRow | null> {
  return (await drizzle(database).select().from(accounts).where(eq(accounts.id, id)).get()) ?? null;
}

export async function findAccountByEmail(database: D1Database, email: string): Promise<AccountRow | null> {
  return (await drizzle(database).select().from(accounts).where(eq(accounts.email, email)).get()) ?? null;
}

const INSERT_ACCOUNT = `
  INSERT INTO accounts (id, name, email, email_verified, role, created_at, updated_at)
  VALUES (?1, ?2, ?3, 0, ?4, ?5, ?5)
  ON CONFLICT (email) DO NOTHING`;

/** Selects from the account, so that it inserts nothing where the account was not inserted. */
const INSERT_PASSWORD = `
  INSERT INTO credentials (id, account_id, provider_id, provider_account_id, password_hash, created_at, updated_at)
  SELECT ?1, id, 'credential', id, ?2, created_at, updated_at
  FROM accounts WHERE id = ?3`;

/** The account with its credential, both or neither; null where the address has an account already. */
export async function insertAccount(database: D1Database, account: NewAccount): Promise<AccountRow | null> {
  const { id, email, name, role, credentialId, passwordHash, createdAt } = account;
  await database.batch([
    database.prepare(INSERT_ACCOUNT).bind(id, name, email, role, createdAt),
    database.prepare(INSERT_PASSWORD).bind(credentialId, passwordHash, id),
  ]);
  return findAccountById(database, id);
}

/** What an admin may change of an account, one thing at a time. */
export type AccountChange =
  | { readonly role: Role }
  | { readonly product: Product }
  | { readonly homeCountry: string | null };

export async function updateAccount(
  database: D1Database,
  id: string,
  change: AccountChange,
  nowMs: EpochMs,
): Promise<AccountRow | null> {
  const updated = await drizzle(database)
    .update(accounts)
    .set({ ...change, updatedAt: new Date(nowMs) })
    .where(eq(accounts.id, id))
    .returning();
  return updated[0] ?? null;
}

/** Deletes the account of an address where it has no way to sign in and was made before an instant. */
export async function deleteAccountWithoutCredential(
  database: D1Database,
  email: string,
  createdBefore: EpochMs,
): Promise<void> {
  const db = drizzle(database);
  const credential = db.select({ id: credentials.id }).from(credentials).where(eq(credentials.userId, accounts.id));
  await db
    .delete(accounts)
    .where(and(eq(accounts.email, email), lt(accounts.createdAt, new Date(createdBefore)), notExists(credential)));
}
