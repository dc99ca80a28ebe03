import { env } from "cloudflare:workers";
import { base64url, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { accessTokenVerifier, JWKS_PATH, TOKEN_AUDIENCE, TOKEN_ISSUER } from "#workers/shared/auth/access-token.ts";
import { fetchOwnJwks } from "./accounts-routes.ts";

const testEnv = env as unknown as ApiEnv & { readonly API: Fetcher };
const ORIGIN = "https://rimshot.example";

let accessToken = "";
let accountId = "";

beforeAll(async () => {
  const signedUp = await testEnv.API.fetch(`${ORIGIN}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "tokens@example.com", password: "correct horse battery", name: "Tomas" }),
  });
  const { token, user } = await signedUp.json<{ token: string; user: { id: string } }>();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await testEnv.API.fetch(`${ORIGIN}/api/auth/token`, { headers });
  accessToken = (await answer.json<{ token: string }>()).token;
  accountId = user.id;
});

afterEach(() => {
  vi.useRealTimers();
});

/** A verifier as another Worker has it, which counts how often it asks for the keys. */
function remoteVerifier() {
  const asked = { times: 0 };
  const verify = accessTokenVerifier((request) => {
    asked.times += 1;
    return testEnv.API.fetch(request);
  });
  return { verify, asked };
}

/** The status that a bearer token meets on a route for listeners. */
async function statusWith(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await testEnv.API.fetch(`${ORIGIN}/v1/me`, { headers })).status;
}

async function expectRefused(token: string): Promise<void> {
  expect(await remoteVerifier().verify(token)).toEqual({ ok: false, error: { kind: "invalid" } });
  expect(await statusWith(token)).toBe(401);
}

async function publicKeys(): Promise<JSONWebKeySet> {
  return (await testEnv.API.fetch(`${ORIGIN}${JWKS_PATH}`)).json<JSONWebKeySet>();
}

function encodePart(part: object): string {
  return base64url.encode(JSON.stringify(part));
}

function claims(role = "admin") {
  const iat = Math.floor(Date.now() / 1_000);
  return { sub: accountId, name: "Tomas", role, iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, iat, exp: iat + 600 };
}

describe("an access token", () => {
  it("is verified by another Worker with one look at the keys for many requests", async () => {
    const { verify, asked } = remoteVerifier();
    const expected = {
      ok: true,
      value: { accountId, role: "listener", name: "Tomas", product: "free", homeCountry: null },
    };
    for (let times = 0; times < 50; times++) expect(await verify(accessToken)).toEqual(expected);
    expect(asked.times).toBe(1);
  });

  it("is verified by the api itself against keys that do not come over HTTP", async () => {
    const verify = accessTokenVerifier((request) => fetchOwnJwks(testEnv, request));
    expect((await verify(accessToken)).ok).toBe(true);
  });

  it("is good for ten minutes and no longer", async () => {
    const { verify } = remoteVerifier();
    const issuedAt = Date.now();
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(issuedAt + 590_000);
    expect((await verify(accessToken)).ok).toBe(true);
    vi.setSystemTime(issuedAt + 601_000);
    expect(await verify(accessToken)).toEqual({ ok: false, error: { kind: "invalid" } });
  });

  it.each([
    ["from before there were these claims", {}, { product: "free", homeCountry: null }],
    ["of a family at home", { product: "family", home: "DE" }, { product: "family", homeCountry: "DE" }],
    ["with a product we do not know", { product: "duo", home: "DE" }, { product: "free", homeCountry: "DE" }],
    ["with a home that is no country", { product: "premium", home: "XX" }, { product: "premium", homeCountry: null }],
    ["with claims of other types", { product: ["family"], home: 5 }, { product: "free", homeCountry: null }],
  ])("%s stands for no more than it says [PRD-6]", async (_what, standing, expected) => {
    const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" });
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "ours", alg: "EdDSA" }] };
    const verify = accessTokenVerifier(async () => Response.json(keys));
    const signed = new SignJWT({ ...claims("listener"), ...standing }).setProtectedHeader({
      alg: "EdDSA",
      kid: "ours",
    });
    expect(await verify(await signed.sign(privateKey))).toMatchObject({ ok: true, value: expected });
  });

  it("is refused with any part of it changed", async () => {
    const [header = "", payload = "", signature = ""] = accessToken.split(".");
    const kid = JSON.parse(new TextDecoder().decode(base64url.decode(header))).kid;
    const flipped = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    await expectRefused(`${header}.${encodePart(claims())}.${signature}`);
    await expectRefused(`${header}.${payload}.${flipped}`);
    await expectRefused(`${header}.${payload}.`);
    await expectRefused(`${encodePart({ alg: "EdDSA", kid, typ: "at+jwt" })}.${payload}.${signature}`);
    await expectRefused(accessToken.slice(0, -20));
    await expectRefused("x".repeat(5_000));
  });

  it("is refused unsigned, with alg none in every spelling", async () => {
    const { kid } = (await publicKeys()).keys[0] ?? {};
    for (const alg of ["none", "None", "NONE", ""]) {
      await expectRefused(`${encodePart({ alg, kid })}.${encodePart(claims())}.`);
    }
  });

  it("is refused when signed with HS256 and the public key as the secret", async () => {
    const [key] = (await publicKeys()).keys;
    if (key?.x === undefined) throw new Error("the key set has an Ed25519 key");
    const secrets = [
      base64url.decode(key.x),
      new TextEncoder().encode(key.x),
      new TextEncoder().encode(JSON.stringify(key)),
    ];
    for (const secret of secrets) {
      const signed = new SignJWT(claims()).setProtectedHeader({ alg: "HS256", kid: key.kid ?? "" });
      await expectRefused(await signed.sign(secret));
    }
  });

  it("is refused when signed with a key of somebody else, under a known id, an unknown one, or one in its header", async () => {
    const { privateKey, publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const jwk = await exportJWK(publicKey);
    const known = (await publicKeys()).keys[0]?.kid ?? "";
    const jku = "https://evil.example/keys";
    for (const header of [{ kid: known }, { kid: "unknown" }, {}, { kid: known, jwk, jku, x5u: jku }]) {
      await expectRefused(await new SignJWT(claims()).setProtectedHeader({ alg: "EdDSA", ...header }).sign(privateKey));
    }
  });

  it("names a key that is published with its public half only, to be kept for a minute", async () => {
    const answer = await testEnv.API.fetch(`${ORIGIN}${JWKS_PATH}`);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=60");
    const { keys } = await answer.json<JSONWebKeySet>();
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).toMatchObject({
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        kid: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
      });
      expect(key).not.toHaveProperty("d");
    }
  });

  it("is signed with a key that the database holds encrypted", async () => {
    const { results } = await testEnv.IDENTITY.prepare("SELECT private_key FROM signing_keys").all<{
      private_key: string;
    }>();
    expect(results.length).toBeGreaterThan(0);
    // A plain one would be a JWK: an object with the private value `d`.
    for (const row of results) expect(typeof JSON.parse(row.private_key)).toBe("string");
  });

  it("is not made at all with a secret that is missing or short", async () => {
    for (const secret of ["", "short", undefined]) {
      const broken = { ...testEnv, BETTER_AUTH_SECRET: secret } as ApiEnv;
      await expect(fetchOwnJwks(broken, new Request(`${ORIGIN}${JWKS_PATH}`))).rejects.toThrow("BETTER_AUTH_SECRET");
    }
  });
});
