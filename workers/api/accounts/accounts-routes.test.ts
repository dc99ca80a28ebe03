import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Account, Me } from "./accounts-contract.ts";
import { operatorPrincipal } from "./accounts-routes.ts";

const testEnv = env as unknown as ApiEnv & { readonly API: Fetcher };
const { API, IDENTITY, OPERATOR_KEY } = testEnv;
const ORIGIN = "https://rimshot.example";
const PASSWORD = "correct horse battery";

interface Problem {
  readonly type: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string }[];
}

interface Call {
  readonly origin?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly country?: string;
}

function call(method: string, path: string, { origin = ORIGIN, body, headers = {}, country }: Call = {}) {
  return API.fetch(`${origin}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(country === undefined ? {} : { cf: { country } as RequestInitCfProperties }),
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const operator = bearer(OPERATOR_KEY);
const signUp = (body: object, rest: Call = {}) => call("POST", "/api/auth/sign-up/email", { ...rest, body });
const signIn = (body: object, rest: Call = {}) => call("POST", "/api/auth/sign-in/email", { ...rest, body });
const createAccount = (body: object, headers = operator) => call("POST", "/v1/admin/accounts", { body, headers });

/** A listener in two calls: the session, then an access token for it. */
async function newListener(email: string): Promise<{ id: string; session: string; accessToken: string }> {
  const answer = await signUp({ email, password: PASSWORD, name: "Lena" });
  expect(answer.status).toBe(200);
  const { token, user } = await answer.json<{ token: string; user: { id: string } }>();
  return { id: user.id, session: token, accessToken: await accessTokenOf(token) };
}

async function accessTokenOf(session: string): Promise<string> {
  const answer = await call("GET", "/api/auth/token", { headers: bearer(session) });
  expect(answer.status).toBe(200);
  return (await answer.json<{ token: string }>()).token;
}

function claimsOf(accessToken: string): Record<string, unknown> {
  return JSON.parse(atob((accessToken.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")));
}

async function expectProblem(answer: Response, status: number, type: string): Promise<Problem> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = await answer.json<Problem>();
  expect(problem.type).toBe(`urn:rimshot:problem:${type}`);
  return problem;
}

describe("signing up", () => {
  it("makes a listener with an id of ours and a session", async () => {
    const { id, accessToken } = await newListener("first@example.com");
    expect(id).toMatch(/^[0-9A-Za-z]{22}$/);
    expect(claimsOf(accessToken)).toMatchObject({
      sub: id,
      role: "listener",
      name: "Lena",
      iss: "rimshot",
      aud: "rimshot",
    });
    expect(Number(claimsOf(accessToken)["exp"]) - Number(claimsOf(accessToken)["iat"])).toBe(600);
  });

  it.each([
    ["role", "admin"],
    ["product", "premium"],
    ["homeCountry", "US"],
    ["emailVerified", true],
    ["banned", false],
    ["id", "0123456789012345678901"],
  ])("refuses the field %s, whoever asks", async (field, value) => {
    const email = `${field.toLowerCase()}@example.com`;
    const answer = await signUp({ email, password: PASSWORD, name: "Mallory", [field]: value });
    await expectProblem(answer, 400, "bad-request");
    expect(await IDENTITY.prepare("SELECT id FROM accounts WHERE email = ?").bind(email).first()).toBeNull();
  });

  it("does not change a role through the account's own settings", async () => {
    const { session } = await newListener("settings@example.com");
    const body = { name: "Lena", role: "admin" };
    await expectProblem(
      await call("POST", "/api/auth/update-user", { body, headers: bearer(session) }),
      400,
      "bad-request",
    );
    expect(claimsOf(await accessTokenOf(session))["role"]).toBe("listener");
  });

  it.each([
    ["email", { email: "no address", password: PASSWORD, name: "Lena" }],
    ["password", { email: "short@example.com", password: "short", name: "Lena" }],
    ["password", { email: "long@example.com", password: "x".repeat(129), name: "Lena" }],
    ["name", { email: "blank@example.com", password: PASSWORD, name: "  " }],
    ["name", { email: "long@example.com", password: PASSWORD, name: "x".repeat(81) }],
  ])("says which field is wrong: %s", async (path, body) => {
    const problem = await expectProblem(await signUp(body), 400, "bad-request");
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
  });

  it("takes an address once, however it is typed", async () => {
    await newListener("twice@example.com");
    const answer = await signUp({ email: "Twice@Example.COM", password: PASSWORD, name: "Lena" });
    await expectProblem(answer, 422, "user-already-exists-use-another-email");
  });

  it("succeeds where an earlier one stopped before its password was saved", async () => {
    const insert = "INSERT INTO accounts (id, name, email, email_verified, role, created_at, updated_at)";
    const made = Date.now() - 120_000;
    await IDENTITY.prepare(`${insert} VALUES ('half', 'Half', 'half@example.com', 0, 'listener', ?1, ?1)`)
      .bind(made)
      .run();
    const { id } = await newListener("half@example.com");
    expect(id).not.toBe("half");
  });
});

describe("the session", () => {
  beforeAll(async () => {
    await newListener("session@example.com");
  });

  it("is a cookie that scripts cannot read, and Secure on https", async () => {
    const overHttps = await signIn({ email: "session@example.com", password: PASSWORD });
    const cookie = overHttps.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^__Secure-rimshot\.session_token=[^;]+; /);
    for (const attribute of ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"]) expect(cookie).toContain(attribute);
    const overHttp = await signIn(
      { email: "session@example.com", password: PASSWORD },
      { origin: "http://127.0.0.1:8787" },
    );
    expect(overHttp.headers.get("set-cookie")).toMatch(/^rimshot\.session_token=/);
    expect(overHttp.headers.get("set-cookie")).not.toContain("Secure");
    expect(overHttp.headers.get("cache-control")).toBe("no-store");
  });

  it("gives access tokens by its cookie as by its token", async () => {
    const answer = await signIn({ email: "session@example.com", password: PASSWORD });
    const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const byCookie = await call("GET", "/api/auth/token", { headers: { cookie } });
    expect(claimsOf((await byCookie.json<{ token: string }>()).token)["role"]).toBe("listener");
  });

  it("is over after signing out, for every way to present it", async () => {
    const answer = await signIn({ email: "session@example.com", password: PASSWORD });
    const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const { token } = await answer.json<{ token: string }>();
    const signedOut = await call("POST", "/api/auth/sign-out", { headers: { cookie, origin: ORIGIN } });
    expect(signedOut.status).toBe(200);
    expect(signedOut.headers.get("set-cookie")).toContain("Max-Age=0");
    for (const headers of [{ cookie }, bearer(token)]) {
      await expectProblem(await call("GET", "/api/auth/token", { headers }), 401, "unauthenticated");
      expect(await (await call("GET", "/api/auth/get-session", { headers })).json()).toBeNull();
    }
  });

  it("can be listed and ended from another device", async () => {
    const [here, there] = await Promise.all(
      [1, 2].map(async () => {
        const answer = await signIn({ email: "session@example.com", password: PASSWORD });
        return (await answer.json<{ token: string }>()).token;
      }),
    );
    if (here === undefined || there === undefined) throw new Error("two sign-ins give two sessions");
    const listed = await call("GET", "/api/auth/list-sessions", { headers: bearer(here) });
    const tokens = (await listed.json<{ token: string }[]>()).map(({ token }) => token);
    expect(tokens).toEqual(expect.arrayContaining([here, there]));
    await call("POST", "/api/auth/revoke-session", { headers: bearer(here), body: { token: there } });
    await expectProblem(await call("GET", "/api/auth/token", { headers: bearer(there) }), 401, "unauthenticated");
    await accessTokenOf(here);
  });

  it("ends on every other device when the password changes", async () => {
    const { session: other } = await newListener("change@example.com");
    const signedIn = await signIn({ email: "change@example.com", password: PASSWORD });
    const { token } = await signedIn.json<{ token: string }>();
    const body = { currentPassword: PASSWORD, newPassword: "another horse battery" };
    const changed = await call("POST", "/api/auth/change-password", { headers: bearer(token), body });
    expect(changed.status).toBe(200);
    await expectProblem(await call("GET", "/api/auth/token", { headers: bearer(other) }), 401, "unauthenticated");
    expect((await signIn({ email: "change@example.com", password: PASSWORD })).status).toBe(401);
    expect((await signIn({ email: "change@example.com", password: "another horse battery" })).status).toBe(200);
  });
});

describe("signing in", () => {
  it("answers a wrong password and an unknown address alike", async () => {
    await newListener("known@example.com");
    const wrongPassword = await signIn({ email: "known@example.com", password: "not the password" });
    const unknownEmail = await signIn({ email: "unknown@example.com", password: "not the password" });
    expect(wrongPassword.status).toBe(401);
    expect(unknownEmail.status).toBe(wrongPassword.status);
    expect(await unknownEmail.text()).toBe(await wrongPassword.text());
  });

  it("does not care how the address is typed", async () => {
    await newListener("case@example.com");
    expect((await signIn({ email: "CASE@example.com", password: PASSWORD })).status).toBe(200);
  });

  it("is refused from another origin", async () => {
    await newListener("origin@example.com");
    const credentials = { email: "origin@example.com", password: PASSWORD };
    const foreign = await signIn(credentials, { headers: { origin: "https://evil.example" } });
    await expectProblem(foreign, 403, "invalid-origin");
    expect(foreign.headers.get("set-cookie")).toBeNull();
    const own = await signIn(credentials, { headers: { origin: ORIGIN } });
    expect(own.status).toBe(200);
    const cookie = (own.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const signOut = (origin: string) => call("POST", "/api/auth/sign-out", { headers: { cookie, origin } });
    await expectProblem(await signOut("https://evil.example"), 403, "invalid-origin");
    await expectProblem(await signOut("null"), 403, "missing-or-null-origin");
    // The scheme is part of an origin, and so is the port.
    await expectProblem(await signOut("http://rimshot.example"), 403, "invalid-origin");
    await expectProblem(await signOut(`${ORIGIN}:8443`), 403, "invalid-origin");
    expect((await signOut(ORIGIN)).status).toBe(200);
  });

  it("is open to clients that are no browser and know no origin", async () => {
    await newListener("native@example.com");
    const credentials = { email: "native@example.com", password: PASSWORD };
    // What Node's fetch sends of itself.
    expect((await signIn(credentials, { headers: { "sec-fetch-mode": "cors" } })).status).toBe(200);
    const fromElsewhere = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    const answer = await signIn(credentials, { headers: fromElsewhere });
    await expectProblem(answer, 403, "cross-site-navigation-login-blocked");
  });

  it("is limited by address, whichever account is tried, and says when to come back", async () => {
    const attempt = (address: string, index: number) =>
      signIn({ email: `guess${index}@example.com`, password: PASSWORD }, { headers: { "cf-connecting-ip": address } });
    const statuses: number[] = [];
    for (let index = 0; index < 20; index++) statuses.push((await attempt("203.0.113.7", index)).status);
    expect(new Set(statuses)).toEqual(new Set([401]));
    const refused = await attempt("203.0.113.7", 20);
    await expectProblem(refused, 429, "too-many-attempts");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await attempt("203.0.113.8", 21)).status).toBe(401);
  }, 30_000);

  it("is what is counted, and no look at a session", async () => {
    const { session } = await newListener("counted@example.com");
    await call("GET", "/api/auth/get-session", { headers: bearer(session) });
    const { results } = await IDENTITY.prepare("SELECT key FROM rate_limits").all<{ key: string }>();
    const paths = new Set(results.map(({ key }) => key.split("|")[1]));
    expect([...paths].sort()).toEqual(["/change-password", "/sign-in/email", "/sign-up/email"]);
  });

  it("is not let past the limit by asking all at once", async () => {
    const headers = { "cf-connecting-ip": "203.0.113.9" };
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => signIn({ email: "nobody@example.com", password: PASSWORD }, { headers })),
    );
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(20);
    expect(answers.filter((answer) => answer.status === 429)).toHaveLength(10);
  }, 30_000);
});

describe("what better-auth has beyond the contract", () => {
  it.each([
    ["GET", "/api/auth/ok"],
    ["GET", "/api/auth/error"],
    ["GET", "/api/auth/admin/list-users"],
    ["POST", "/api/auth/admin/set-role"],
    ["POST", "/api/auth/admin/create-user"],
    ["POST", "/api/auth/admin/impersonate-user"],
    ["POST", "/api/auth/delete-user"],
    ["POST", "/api/auth/change-email"],
    ["POST", "/api/auth/sign-jwt"],
    ["POST", "/api/auth/sign-in/social"],
    ["GET", "/api/auth/sign-in/email"],
    ["POST", "/api/auth/sign-in/email/"],
    ["GET", "/api/auth/nothing"],
  ])("is not there: %s %s", async (method, path) => {
    await expectProblem(await call(method, path, { headers: operator }), 404, "not-found");
  });
});

describe("the operator and the admins", () => {
  const admin = { email: "admin@example.com", password: PASSWORD, name: "Ada", role: "admin" };

  async function adminToken(): Promise<string> {
    const made = await createAccount(admin);
    expect([200, 201]).toContain(made.status);
    const { token } = await (await signIn({ email: admin.email, password: PASSWORD })).json<{ token: string }>();
    return accessTokenOf(token);
  }

  it("make the first admin, once, and never change one that is there", async () => {
    const first = await createAccount(admin);
    expect(first.status).toBe(201);
    const account = await first.json<Account>();
    expect(account).toEqual({
      id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
      email: admin.email,
      name: "Ada",
      role: "admin",
    });
    const again = await createAccount({ ...admin, password: "another password", name: "Eve" });
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual(account);
    expect((await signIn({ email: admin.email, password: "another password" })).status).toBe(401);
    await expectProblem(await createAccount({ ...admin, role: "artist" }), 409, "conflict");
    expect(claimsOf(await adminToken())).toMatchObject({ sub: account.id, role: "admin", name: "Ada" });
  });

  it("make one account of an address when they ask at the same time", async () => {
    const body = { email: "race@example.com", password: PASSWORD, name: "Race", role: "artist" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => createAccount(body)));
    const ids = new Set(await Promise.all(answers.map(async (answer) => (await answer.json<Account>()).id)));
    expect(ids.size).toBe(1);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    const count = "SELECT COUNT(*) AS count FROM credentials JOIN accounts ON accounts.id = account_id WHERE email = ?";
    expect(await IDENTITY.prepare(count).bind(body.email).first("count")).toBe(1);
  });

  it("give an account another role, which its next access token carries", async () => {
    const { id, session } = await newListener("rising@example.com");
    const headers = bearer(await adminToken());
    const answer = await call("PUT", `/v1/admin/accounts/${id}/role`, { headers, body: { role: "artist" } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ id, email: "rising@example.com", name: "Lena", role: "artist" });
    expect(claimsOf(await accessTokenOf(session))["role"]).toBe("artist");
  });

  it("hear that an account or a role does not exist", async () => {
    const nobody = "/v1/admin/accounts/0000000000000000000000/role";
    await expectProblem(await call("PUT", nobody, { headers: operator, body: { role: "artist" } }), 404, "not-found");
    await expectProblem(await call("PUT", nobody, { headers: operator, body: { role: "king" } }), 400, "bad-request");
  });

  it("are not impersonated by listeners, artists, labels or jobs", async () => {
    const { id, accessToken: listener } = await newListener("plain@example.com");
    const tokens = [listener];
    for (const role of ["artist", "label", "job"]) {
      const account = { email: `${role}-caller@example.com`, password: PASSWORD, name: role, role };
      expect((await createAccount(account)).status).toBe(201);
      const signedIn = await signIn({ email: account.email, password: PASSWORD });
      tokens.push(await accessTokenOf((await signedIn.json<{ token: string }>()).token));
    }
    for (const token of tokens) {
      const headers = bearer(token);
      const body = { role: "admin" };
      await expectProblem(await createAccount({ ...admin, email: "x@example.com" }, headers), 403, "forbidden");
      await expectProblem(await call("PUT", `/v1/admin/accounts/${id}/role`, { headers, body }), 403, "forbidden");
      const premium = { headers, body: { product: "premium" } };
      await expectProblem(await call("PUT", `/v1/admin/accounts/${id}/product`, premium), 403, "forbidden");
      const home = { headers, body: { home_country: "US" } };
      await expectProblem(await call("PUT", `/v1/admin/accounts/${id}/home-country`, home), 403, "forbidden");
    }
  });

  it("need the whole key", async () => {
    const wrong = [OPERATOR_KEY.slice(0, -1), `${OPERATOR_KEY}0`, OPERATOR_KEY.toLowerCase(), "undefined", "operator"];
    for (const key of wrong) {
      await expectProblem(await createAccount(admin, bearer(key)), 401, "unauthenticated");
    }
    await expectProblem(await call("POST", "/v1/admin/accounts", { body: admin }), 401, "unauthenticated");
  });

  it("are nobody where the deployment has no key, or none worth the name", async () => {
    const withKey = (key: string | undefined) => ({ ...testEnv, OPERATOR_KEY: key }) as ApiEnv;
    for (const key of ["", "short", undefined]) {
      expect(await operatorPrincipal(withKey(key), key ?? "undefined")).toBeNull();
    }
    expect(await operatorPrincipal(testEnv, OPERATOR_KEY)).toMatchObject({ accountId: "operator", role: "admin" });
  });
});

describe("GET /v1/me", () => {
  const getMe = (token: string, country?: string) =>
    call("GET", "/v1/me", { headers: bearer(token), ...(country === undefined ? {} : { country }) });

  it("is the caller's own account, with the country of the request", async () => {
    const { id, accessToken } = await newListener("me@example.com");
    expect(await (await getMe(accessToken, "DE")).json<Me>()).toEqual({
      id,
      type: "user",
      uri: `rimshot:user:${id}`,
      display_name: "Lena",
      email: "me@example.com",
      role: "listener",
      product: "free",
      home_country: null,
      country: "DE",
    });
    expect(await (await getMe(accessToken, "T1")).json<Me>()).not.toHaveProperty("country");
  });

  it("says what an admin set it to have paid for", async () => {
    const { id, accessToken } = await newListener("premium@example.com");
    const path = `/v1/admin/accounts/${id}/product`;
    expect((await call("PUT", path, { headers: operator, body: { product: "premium" } })).status).toBe(200);
    expect((await (await getMe(accessToken)).json<Me>()).product).toBe("premium");
  });

  it("says the home that an admin has verified, of a country that there is [PRD-5]", async () => {
    const { id, session, accessToken } = await newListener("home@example.com");
    const path = `/v1/admin/accounts/${id}/home-country`;
    const set = (home_country: unknown) => call("PUT", path, { headers: operator, body: { home_country } });
    for (const wrong of ["XX", "T1", "de", "DEU", "ZZ", "", 5, undefined]) {
      await expectProblem(await set(wrong), 400, "bad-request");
    }
    expect(await (await set("DE")).json()).toMatchObject({ id, home_country: "DE" });
    expect((await (await getMe(accessToken)).json<Me>()).home_country).toBe("DE");
    expect(claimsOf(await accessTokenOf(session))["home"]).toBe("DE");
    expect(await (await set(null)).json()).toMatchObject({ home_country: null });
    expect(claimsOf(await accessTokenOf(session))).not.toHaveProperty("home");
    const nobody = "/v1/admin/accounts/0000000000000000000000/home-country";
    const unknown = { headers: operator, body: { home_country: "DE" } };
    await expectProblem(await call("PUT", nobody, unknown), 404, "not-found");
  });

  it("is what the next access token says of product, which the ones before do not [PRD-5]", async () => {
    const { id, session, accessToken } = await newListener("family@example.com");
    expect(claimsOf(accessToken)).toMatchObject({ product: "free" });
    const body = { product: "family" };
    expect((await call("PUT", `/v1/admin/accounts/${id}/product`, { headers: operator, body })).status).toBe(200);
    expect(claimsOf(await accessTokenOf(session))).toMatchObject({ product: "family" });
  });

  it("is nothing for the operator and closed to jobs and strangers", async () => {
    await expectProblem(await getMe(OPERATOR_KEY), 404, "not-found");
    await expectProblem(await call("GET", "/v1/me"), 401, "unauthenticated");
    // A session is no access token: it is good for /api/auth alone.
    const { session } = await newListener("stranger@example.com");
    await expectProblem(await getMe(session), 401, "unauthenticated");
  });
});
