import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

describe("base64url", () => {
  it("gives bytes of every length and value back", () => {
    for (let length = 0; length <= 66; length++) {
      const bytes = Uint8Array.from({ length }, (_unused, index) => (index * 67 + length * 31) & 0xff);
      expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
    }
    const all = Uint8Array.from({ length: 256 }, (_unused, index) => index);
    expect(decodeBase64url(encodeBase64url(all))).toEqual(all);
  });

  it("takes one spelling of a MAC of 32 bytes, of all that a lenient decoder would take [TOK-3]", () => {
    const text = encodeBase64url(Uint8Array.from({ length: 32 }, (_unused, index) => index));
    const accepted = [...ALPHABET].filter((last) => decodeBase64url(text.slice(0, -1) + last) !== null);
    // The last of 43 characters carries four bits: sixteen of them are spellings, each of other bytes.
    expect(accepted).toHaveLength(16);
    const decoded = accepted.map((last) => String(decodeBase64url(text.slice(0, -1) + last)));
    expect(new Set(decoded).size).toBe(16);
  });

  it.each(["A", "AAAAA", "AA==", "AA=", "A A", "AA\n", "+/+/", "Ä", "AA.A", "%41A"])("refuses %j [TOK-3]", (text) => {
    expect(decodeBase64url(text)).toBeNull();
  });
});
