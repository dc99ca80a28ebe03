import { beforeAll, describe, expect, it } from "vitest";
import { encodeBase64url } from "./base64url.ts";
import {
  checkLifetime,
  importKeyring,
  type Keyring,
  NOT_BEFORE_LEEWAY_SECONDS,
  signToken,
  TOKEN_LENGTH_MAX,
  verifyToken,
} from "./signed-token.ts";

const USE = "audio";
const NOW_SECONDS = 1_795_000_000;
const NOW_MS = NOW_SECONDS * 1_000;
const LIFETIME = { nbf: NOW_SECONDS, exp: NOW_SECONDS + 600 };

const KEY_A = encodeBase64url(new Uint8Array(32).fill(0xa1));
const KEY_B = encodeBase64url(new Uint8Array(32).fill(0xb2));

function keyringOf(current: string, keys: Readonly<Record<string, string>>): Promise<Keyring> {
  return importKeyring(JSON.stringify({ current, keys }));
}

let keyring: Keyring;
let token: string;

beforeAll(async () => {
  keyring = await keyringOf("a", { a: KEY_A });
  token = await signToken(keyring, USE, { ...LIFETIME, track: "Ægir" });
});

async function faultOf(text: string, nowMs = NOW_MS, ring = keyring): Promise<string | null> {
  const verified = await verifyToken(ring, USE, text, nowMs);
  return verified.ok ? null : verified.error.kind;
}

describe("a signed token", () => {
  it("gives back what was signed, in a text that a URL can hold [TOK-1]", async () => {
    expect(token).toMatch(/^v1\.a\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/);
    const verified = await verifyToken(keyring, USE, token, NOW_MS);
    expect(verified).toEqual({ ok: true, value: { ...LIFETIME, track: "Ægir", use: USE } });
  });

  it("has the MAC that HMAC-SHA256 gives over all before it [TOK-1]", async () => {
    const [version, keyId, payload, mac] = token.split(".");
    const secret = new Uint8Array(32).fill(0xa1);
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const signed = new TextEncoder().encode(`${version}.${keyId}.${payload}`);
    expect(mac).toBe(encodeBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed))));
  });

  it("is refused with any single bit of its text changed [TOK-2]", async () => {
    const others = await Promise.all(
      [{ track: "" }, { track: "a longer one", country: "DE" }].map((claims) =>
        signToken(keyring, USE, { ...LIFETIME, ...claims }),
      ),
    );
    let tried = 0;
    for (const text of [token, ...others]) {
      for (let index = 0; index < text.length; index++) {
        for (let bit = 0; bit < 8; bit++) {
          const changed = String.fromCharCode(text.charCodeAt(index) ^ (1 << bit));
          const fault = await faultOf(text.slice(0, index) + changed + text.slice(index + 1));
          expect(fault, `bit ${bit} of character ${index}`).not.toBeNull();
          tried++;
        }
      }
    }
    expect(tried).toBeGreaterThan(2_000);
  });

  it("is refused cut short at any place, lengthened, or put together from two [TOK-2]", async () => {
    for (let length = 0; length < token.length; length++) expect(await faultOf(token.slice(0, length))).not.toBeNull();
    for (const more of ["A", ".", "=", "\n", " ", "\0"]) expect(await faultOf(token + more)).toBe("malformed");
    const other = await signToken(keyring, USE, { ...LIFETIME, track: "another" });
    const [version, keyId, payload] = other.split(".");
    expect(await faultOf([version, keyId, payload, token.split(".")[3]].join("."))).toBe("bad-signature");
  });

  it.each([
    "",
    "v1",
    "v1...",
    "v2.a.e30.AAAA",
    "v1.a.e30",
    "v1.a.e.30.AAAA",
    `v1.${"k".repeat(33)}.e30.${"A".repeat(43)}`,
    `v1.a.e31.${"A".repeat(43)}`,
  ])("is malformed as %j [TOK-3]", async (text) => {
    expect(await faultOf(text)).toBe("malformed");
  });

  it("is not looked at beyond the length that any of ours can have [TOK-3]", async () => {
    expect(await faultOf(`${token}${"A".repeat(TOKEN_LENGTH_MAX)}`)).toBe("malformed");
    const tooMuch = { ...LIFETIME, track: "x".repeat(TOKEN_LENGTH_MAX) };
    await expect(signToken(keyring, USE, tooMuch)).rejects.toThrow(RangeError);
  });

  it("is not taken for another use, nor can its claims name one [TOK-4]", async () => {
    expect(await verifyToken(keyring, "play", token, NOW_MS)).toEqual({ ok: false, error: { kind: "wrong-use" } });
    const claiming = await signToken(keyring, "play", { ...LIFETIME, use: USE });
    expect(await faultOf(claiming)).toBe("wrong-use");
  });

  it("ends at its expiry to the millisecond, and may begin a minute before its clock says [TOK-5]", async () => {
    expect(await faultOf(token, LIFETIME.exp * 1_000 - 1)).toBeNull();
    expect(await faultOf(token, LIFETIME.exp * 1_000)).toBe("expired");
    const earliest = (LIFETIME.nbf - NOT_BEFORE_LEEWAY_SECONDS) * 1_000;
    expect(await faultOf(token, earliest)).toBeNull();
    expect(await faultOf(token, earliest - 1)).toBe("not-yet-valid");
  });

  it("has no lifetime where its claims have no numbers for it [TOK-5]", () => {
    const missing = {} as { exp: number; nbf: number };
    expect(checkLifetime(missing, NOW_MS)).toEqual({ kind: "expired" });
    const noBeginning = { exp: LIFETIME.exp } as { exp: number; nbf: number };
    expect(checkLifetime(noBeginning, NOW_MS)).toEqual({ kind: "not-yet-valid" });
    expect(checkLifetime({ exp: Number.NaN, nbf: 0 }, NOW_MS)).toEqual({ kind: "expired" });
  });
});

describe("a keyring", () => {
  it("still takes tokens of the key before, when the current one has changed [TOK-6]", async () => {
    const rotated = await keyringOf("b", { a: KEY_A, b: KEY_B });
    expect(await faultOf(token, NOW_MS, rotated)).toBeNull();
    const newer = await signToken(rotated, USE, LIFETIME);
    expect(newer).toMatch(/^v1\.b\./);
    expect(await faultOf(newer, NOW_MS, rotated)).toBeNull();
    expect(await faultOf(newer)).toBe("unknown-key");
  });

  it("takes no token of a key that is gone, nor of another key under the same id [TOK-6]", async () => {
    expect(await faultOf(token, NOW_MS, await keyringOf("b", { b: KEY_B }))).toBe("unknown-key");
    expect(await faultOf(token, NOW_MS, await keyringOf("a", { a: KEY_B }))).toBe("bad-signature");
    const swapped = token.replace("v1.a.", "v1.b.");
    expect(await faultOf(swapped, NOW_MS, await keyringOf("a", { a: KEY_A, b: KEY_A }))).toBe("bad-signature");
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "7"],
    ["null", "null"],
    ["no keys", JSON.stringify({ current: "a" })],
    ["a key that is no text", JSON.stringify({ current: "a", keys: { a: 5 } })],
    ["a key of 31 bytes", JSON.stringify({ current: "a", keys: { a: encodeBase64url(new Uint8Array(31)) } })],
    ["a key in another alphabet", JSON.stringify({ current: "a", keys: { a: `+/${KEY_A}` } })],
    ["a current key that is none of them", JSON.stringify({ current: "b", keys: { a: KEY_A } })],
    ["a key id that no token can name", JSON.stringify({ current: "a.b", keys: { "a.b": KEY_A } })],
  ])("is not made of %s [TOK-7]", async (_what, secret) => {
    await expect(importKeyring(secret)).rejects.toThrow();
  });
});
