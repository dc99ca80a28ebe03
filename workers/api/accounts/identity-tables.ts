/**
 * The identity database (D1 IDENTITY), which the api alone reads and writes. better-auth names the properties; the
 * tables and columns have our names: what it calls a user is an account, what it calls an account is a credential.
 * Instants are milliseconds since 1970. Described in docs/storage-schema.md.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { PRODUCTS } from "#domain/accounts/products.ts";
import { ROLES } from "#domain/accounts/roles.ts";

const instant = (name: string) => integer(name, { mode: "timestamp_ms" });
const oneOf = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(", "));

export const accounts = sqliteTable(
  "accounts",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    /** In lower case: an address is one account however it is typed. */
    email: text().notNull(),
    emailVerified: integer("email_verified", { mode: "boolean" }).notNull(),
    image: text(),
    role: text({ enum: ROLES }).notNull(),
    product: text({ enum: PRODUCTS }).notNull().default("free"),
    /** ISO 3166-1 alpha-2, as it was verified; null where it was not. Rights may follow a listener from it. */
    homeCountry: text("home_country"),
    banned: integer({ mode: "boolean" }),
    banReason: text("ban_reason"),
    banExpires: instant("ban_expires"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    // Sign-in and sign-up.
    uniqueIndex("accounts_by_email").on(table.email),
    check("accounts_email", sql`${table.email} = lower(${table.email})`),
    check("accounts_role", sql`${table.role} IN (${oneOf(ROLES)})`),
    check("accounts_product", sql`${table.product} IN (${oneOf(PRODUCTS)})`),
    check("accounts_home_country", sql`${table.homeCountry} GLOB '[A-Z][A-Z]'`),
  ],
);

export const sessions = sqliteTable(
  "sessions",
  {
    id: text().primaryKey(),
    userId: text("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade" }),
    token: text().notNull(),
    expiresAt: instant("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    impersonatedBy: text("impersonated_by"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    // Every request that comes with a session.
    uniqueIndex("sessions_by_token").on(table.token),
    // An account's list of its devices.
    index("sessions_by_account").on(table.userId),
  ],
);

/** A way to sign in: for the provider `credential`, a password hash. */
export const credentials = sqliteTable(
  "credentials",
  {
    id: text().primaryKey(),
    userId: text("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade" }),
    providerId: text("provider_id").notNull(),
    /** The account as the provider knows it; for `credential` the account's own id. */
    accountId: text("provider_account_id").notNull(),
    /** See password-hash.ts for its form. */
    password: text("password_hash"),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: instant("access_token_expires_at"),
    refreshTokenExpiresAt: instant("refresh_token_expires_at"),
    scope: text(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    // Sign-in by password.
    index("credentials_by_account").on(table.userId),
    uniqueIndex("credentials_by_provider").on(table.providerId, table.accountId),
  ],
);

/** Short-lived proofs, such as that an address is the account's own. */
export const verifications = sqliteTable(
  "verifications",
  {
    id: text().primaryKey(),
    identifier: text().notNull(),
    value: text().notNull(),
    expiresAt: instant("expires_at").notNull(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [index("verifications_by_identifier").on(table.identifier)],
);

/** The keys that access tokens are signed with; the private half is encrypted under BETTER_AUTH_SECRET. */
export const signingKeys = sqliteTable("signing_keys", {
  id: text().primaryKey(),
  publicKey: text("public_key").notNull(),
  privateKey: text("private_key").notNull(),
  alg: text(),
  crv: text(),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at"),
});

/** Attempts by address and path. */
export const rateLimits = sqliteTable(
  "rate_limits",
  {
    id: text().primaryKey(),
    key: text().notNull(),
    count: integer().notNull(),
    lastRequest: integer("last_request").notNull(),
  },
  (table) => [
    uniqueIndex("rate_limits_by_key").on(table.key),
    // Old rows are deleted by age.
    index("rate_limits_by_age").on(table.lastRequest),
  ],
);
