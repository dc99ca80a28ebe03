/**
 * Accounts on the wire. Paths under /api/auth are better-auth's and keep its names (camelCase); they are public to
 * the binder because their credential is a session, which better-auth checks itself. Bodies are strict: a field that
 * is not listed is refused, so that no one signs up with a role.
 */
import * as z from "zod";
import { PRODUCTS } from "#domain/accounts/products.ts";
import { ROLES } from "#domain/accounts/roles.ts";
import { isTerritory } from "#domain/rights/territories.ts";
import { JWKS_PATH } from "#workers/shared/auth/access-token.ts";
import { defineRoute, type RouteContract } from "#workers/shared/http/route-contract.ts";
import { countrySchema, idParams, nameSchema } from "#workers/shared/http/wire-schemas.ts";

export const AUTH_BASE_PATH = "/api/auth";
export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_LENGTH_MAX = 128;
/** The name is a claim of every access token. */
export const ACCOUNT_NAME_LENGTH_MAX = 80;
/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
export const EMAIL_LENGTH_MAX = 254;

export const roleSchema = z.enum(ROLES);
export const productSchema = z.enum(PRODUCTS);
const homeCountrySchema = countrySchema.refine(isTerritory, "there is no such country in ISO 3166-1");
const emailSchema = z.email("this is not an email address").max(EMAIL_LENGTH_MAX).toLowerCase();
const accountNameSchema = nameSchema(ACCOUNT_NAME_LENGTH_MAX);
const newPasswordSchema = z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX);
/** One that exists already may have been made under other limits. */
const presentPasswordSchema = z.string().min(1).max(PASSWORD_LENGTH_MAX);

const authUserSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  emailVerified: z.boolean(),
  image: z.string().nullable().optional(),
  role: z.string(),
  product: z.string(),
  homeCountry: z.string().nullable().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const authSessionSchema = z.object({
  id: z.string(),
  userId: z.string(),
  /** Signs in as this session: `authorization: Bearer <token>` on paths under /api/auth. */
  token: z.string(),
  expiresAt: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  ipAddress: z.string().nullable().optional(),
  userAgent: z.string().nullable().optional(),
});

const statusSchema = z.object({ status: z.boolean() });

export const signUp = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/sign-up/email`,
  policy: "public",
  summary: "Make an account: always a listener's",
  body: z.strictObject({
    email: emailSchema,
    password: newPasswordSchema,
    name: accountNameSchema,
    rememberMe: z.boolean().optional(),
  }),
  responses: { 200: z.object({ token: z.string(), user: authUserSchema }) },
});

export const signIn = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/sign-in/email`,
  policy: "public",
  summary: "Begin a session: a cookie for browsers, a token for other clients",
  body: z.strictObject({
    email: emailSchema,
    password: presentPasswordSchema,
    rememberMe: z.boolean().optional(),
  }),
  responses: { 200: z.object({ redirect: z.boolean(), token: z.string(), user: authUserSchema }) },
});

export const signOut = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/sign-out`,
  policy: "public",
  summary: "End the session; access tokens made from it last out their ten minutes",
  responses: { 200: z.object({ success: z.boolean() }) },
});

export const getSession = defineRoute({
  method: "get",
  path: `${AUTH_BASE_PATH}/get-session`,
  policy: "public",
  summary: "The session and its account, or null",
  responses: { 200: z.object({ session: authSessionSchema, user: authUserSchema }).nullable() },
});

export const getAccessToken = defineRoute({
  method: "get",
  path: `${AUTH_BASE_PATH}/token`,
  policy: "public",
  summary: "An access token of ten minutes for the session's account",
  responses: { 200: z.object({ token: z.string() }) },
});

export const getJwks = defineRoute({
  method: "get",
  path: JWKS_PATH,
  policy: "public",
  summary: "The public keys that access tokens are checked with",
  responses: { 200: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }) },
});

export const changePassword = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/change-password`,
  policy: "public",
  summary: "Change the password, and end every other session",
  body: z.strictObject({
    currentPassword: presentPasswordSchema,
    newPassword: newPasswordSchema,
    revokeOtherSessions: z.boolean().default(true),
  }),
  responses: { 200: z.object({ token: z.string().nullable(), user: authUserSchema }) },
});

export const updateUser = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/update-user`,
  policy: "public",
  summary: "Change the account's name",
  body: z.strictObject({ name: accountNameSchema }),
  responses: { 200: statusSchema },
});

export const listSessions = defineRoute({
  method: "get",
  path: `${AUTH_BASE_PATH}/list-sessions`,
  policy: "public",
  summary: "The account's sessions, one for each device",
  responses: { 200: z.array(authSessionSchema) },
});

export const revokeSession = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/revoke-session`,
  policy: "public",
  summary: "End one of the account's sessions",
  body: z.strictObject({ token: z.string().min(1).max(512) }),
  responses: { 200: statusSchema },
});

export const revokeSessions = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/revoke-sessions`,
  policy: "public",
  summary: "End every session of the account, this one too",
  responses: { 200: statusSchema },
});

export const revokeOtherSessions = defineRoute({
  method: "post",
  path: `${AUTH_BASE_PATH}/revoke-other-sessions`,
  policy: "public",
  summary: "End every session of the account but this one",
  responses: { 200: statusSchema },
});

export const accountSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: roleSchema,
});

export const meSchema = z.object({
  id: z.string(),
  type: z.literal("user"),
  uri: z.string(),
  display_name: z.string(),
  email: z.string(),
  role: roleSchema,
  product: productSchema,
  /** As it was verified; null where it was not. */
  home_country: countrySchema.nullable(),
  /** Where this request came from, where the platform knows. */
  country: countrySchema.optional(),
});

export const getMe = defineRoute({
  method: "get",
  path: "/v1/me",
  policy: "listener",
  summary: "The caller's own account",
  responses: { 200: meSchema },
});

/** Made anew: 201. Already there with this role: 200, and nothing changes. With another role: conflict. */
export const createAccount = defineRoute({
  method: "post",
  path: "/v1/admin/accounts",
  policy: "admin",
  summary: "Make an account of any role",
  body: z.strictObject({ email: emailSchema, password: newPasswordSchema, name: accountNameSchema, role: roleSchema }),
  responses: { 200: accountSchema, 201: accountSchema },
});

export const setAccountRole = defineRoute({
  method: "put",
  path: "/v1/admin/accounts/:id/role",
  policy: "admin",
  summary: "Give an account another role; access tokens with the old one last out their ten minutes",
  params: idParams,
  body: z.strictObject({ role: roleSchema }),
  responses: { 200: accountSchema },
});

export const setAccountProduct = defineRoute({
  method: "put",
  path: "/v1/admin/accounts/:id/product",
  policy: "admin",
  summary: "Set what an account has paid for; access tokens with the product before last out their ten minutes",
  params: idParams,
  body: z.strictObject({ product: productSchema }),
  responses: { 200: accountSchema.extend({ product: productSchema }) },
});

/**
 * Stands for a payment provider's verification until there is one: whoever calls it vouches for having seen where the
 * account is billed. No listener can say it of themselves.
 */
export const setAccountHomeCountry = defineRoute({
  method: "put",
  path: "/v1/admin/accounts/:id/home-country",
  policy: "admin",
  summary: "Set the verified home country of an account, or null; access tokens with the one before last ten minutes",
  params: idParams,
  body: z.strictObject({ home_country: homeCountrySchema.nullable() }),
  responses: { 200: accountSchema.extend({ home_country: countrySchema.nullable() }) },
});

/** What an account does with its own sessions. */
export const SESSION_ROUTES = [
  signIn,
  signOut,
  getSession,
  getAccessToken,
  changePassword,
  updateUser,
  listSessions,
  revokeSession,
  revokeSessions,
  revokeOtherSessions,
] as const satisfies readonly RouteContract[];

export type Account = z.infer<typeof accountSchema>;
export type Me = z.infer<typeof meSchema>;
