/** better-auth as this service configures it: sessions, passwords, and the keys of access tokens. */
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { betterAuth } from "better-auth/minimal";
import { createAccessControl } from "better-auth/plugins/access";
import { admin } from "better-auth/plugins/admin";
import { adminAc, defaultStatements } from "better-auth/plugins/admin/access";
import { bearer } from "better-auth/plugins/bearer";
import { jwt } from "better-auth/plugins/jwt";
import { drizzle } from "drizzle-orm/d1";
import type { Product } from "#domain/accounts/products.ts";
import {
  type AccessTokenClaims,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
} from "#workers/shared/auth/access-token.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { logEvent } from "#workers/shared/http/request-log.ts";
import { AUTH_BASE_PATH, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from "./accounts-contract.ts";
import type { AccountRow } from "./accounts-store.ts";
import { accounts, credentials, rateLimits, sessions, signingKeys, verifications } from "./identity-tables.ts";
import { hashPassword, verifyPassword } from "./password-hash.ts";

/** Text: a number would be an instant, not a duration. */
const ACCESS_TOKEN_LIFETIME = "10m";
const SESSION_SECONDS = 30 * 86_400;
const SESSION_REFRESH_SECONDS = 86_400;
const SIGNING_KEY_SECONDS = 30 * 86_400;
/** A key is published for this long after its last signature; tokens live for ten minutes of it. */
const SIGNING_KEY_GRACE_SECONDS = 86_400;
const SECRET_LENGTH_MIN = 32;

/** What nobody has paid for. */
const DEFAULT_PRODUCT: Product = "free";

const ATTEMPT_WINDOW_SECONDS = 60;
/** Attempts of one address before it has to leave a window's pause. */
const ATTEMPTS_MAX = 20;
/**
 * For this machine itself. On Cloudflare every request carries its client's address and a client cannot set it, so
 * only a local run has none or a loopback one; the limit is still more than one core can hash in the window.
 */
const LOCAL_ATTEMPTS_MAX = 600;
const CLIENT_ADDRESS_HEADER = "cf-connecting-ip";
const LOOPBACK_ADDRESSES = ["127.0.0.1", "::1"];

export type Auth = ReturnType<typeof buildAuth>;

/** One for each isolate and scheme: the scheme decides whether cookies are marked Secure. */
const instances = new WeakMap<ApiEnv, Map<boolean, Auth>>();

/**
 * The instance for a request's scheme. It is kept only once it is ready: a promise begun in one request and awaited
 * in another would hang, as the runtime ends the first one's I/O with it.
 */
export async function authFor(env: ApiEnv, requestUrl: string): Promise<Auth> {
  const secure = new URL(requestUrl).protocol === "https:";
  const present = instances.get(env)?.get(secure);
  if (present !== undefined) return present;
  const auth = buildAuth(env, secure);
  await auth.$context;
  const ofEnv = instances.get(env) ?? new Map<boolean, Auth>();
  instances.set(env, ofEnv.set(secure, auth));
  return auth;
}

function buildAuth(env: ApiEnv, secure: boolean) {
  // The library falls back to a secret that everyone knows.
  if (!(env.BETTER_AUTH_SECRET?.length >= SECRET_LENGTH_MIN)) {
    throw new Error(`BETTER_AUTH_SECRET must have at least ${SECRET_LENGTH_MIN} characters`);
  }
  return betterAuth({
    appName: "Rimshot",
    basePath: AUTH_BASE_PATH,
    secret: env.BETTER_AUTH_SECRET,
    // No base URL: each request's own origin is the one that is trusted.
    database: drizzleAdapter(drizzle(env.IDENTITY), {
      provider: "sqlite",
      transaction: false,
      schema: {
        user: accounts,
        session: sessions,
        account: credentials,
        verification: verifications,
        jwks: signingKeys,
        rateLimit: rateLimits,
      },
    }),
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    // Those of our columns that access tokens speak of. No request can set them.
    user: {
      additionalFields: {
        product: { type: "string", required: false, input: false, defaultValue: DEFAULT_PRODUCT },
        homeCountry: { type: "string", required: false, input: false },
      },
    },
    session: { expiresIn: SESSION_SECONDS, updateAge: SESSION_REFRESH_SECONDS },
    plugins: [accessTokens(), bearer(), roles()],
    rateLimit: attemptLimits(),
    advanced: {
      useSecureCookies: secure,
      cookiePrefix: "rimshot",
      // Both checks are on by name, as the library drops them where it believes to be under test.
      disableCSRFCheck: false,
      disableOriginCheck: false,
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
      database: { generateId: () => freshId<string>() },
    },
    telemetry: { enabled: false },
    // What nobody expected is thrown on to the binder, which logs it under the request id.
    onAPIError: { throw: true },
    logger: {
      level: "error",
      log: (_level, message) => logEvent("api", "better-auth", { message: subjectOf(message) }),
    },
  });
}

/** What the library speaks of, without what a request brought: that follows the colon, and is anybody's text. */
function subjectOf(message: string): string {
  return message.split(":", 1)[0] ?? "";
}

function accessTokens() {
  return jwt({
    jwks: {
      keyPairConfig: { alg: TOKEN_ALGORITHM, crv: "Ed25519" },
      rotationInterval: SIGNING_KEY_SECONDS,
      gracePeriod: SIGNING_KEY_GRACE_SECONDS,
    },
    jwt: {
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      expirationTime: ACCESS_TOKEN_LIFETIME,
      definePayload: ({ user }) => accessTokenClaims(user as unknown as AccountRow),
    },
    // A token is asked for by name; signing one for every look at the session would be wasted.
    disableSettingJwtHeader: true,
  });
}

/** Absent without a verified home: a claim that is not there can be taken for no country. */
function accessTokenClaims({ role, name, product, homeCountry }: AccountRow): AccessTokenClaims {
  return { role, name, product, ...(homeCountry === null ? {} : { home: homeCountry }) };
}

/** The plugin adds the role to the account and keeps it out of a sign-up's reach; its own routes are not bound. */
function roles() {
  const access = createAccessControl(defaultStatements);
  const none = access.newRole({});
  return admin({
    ac: access,
    defaultRole: "listener",
    adminRoles: ["admin"],
    roles: { listener: none, artist: none, label: none, admin: adminAc, job: none },
  });
}

function attemptLimits() {
  const limit = (request: Request) => {
    const address = request.headers.get(CLIENT_ADDRESS_HEADER);
    const local = address === null || LOOPBACK_ADDRESSES.includes(address);
    return { window: ATTEMPT_WINDOW_SECONDS, max: local ? LOCAL_ATTEMPTS_MAX : ATTEMPTS_MAX };
  };
  return {
    enabled: true,
    // In the database, where counting is one atomic statement; several isolates count together.
    storage: "database" as const,
    window: ATTEMPT_WINDOW_SECONDS,
    max: ATTEMPTS_MAX,
    customRules: {
      "/sign-in/email": limit,
      "/sign-up/email": limit,
      "/change-password": limit,
      // The first rule that fits counts: all else costs no hashing and reads the database anyway.
      "/**": false as const,
    },
  };
}
