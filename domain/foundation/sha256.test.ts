import { describe, expect, it } from "vitest";
import { fingerprintOf, sha256Hex } from "./sha256.ts";

describe("SHA-256", () => {
  it("is that of FIPS 180-4, in lower-case hexadecimal", async () => {
    expect(await sha256Hex(Uint8Array.from(new TextEncoder().encode("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("of a value is the same for the same JSON, and another for any other", async () => {
    const value = { name: "Mix", tracks: ["a", "b"] };
    expect(await fingerprintOf(structuredClone(value))).toBe(await fingerprintOf(value));
    for (const other of [{ ...value, name: "mix" }, { ...value, tracks: ["b", "a"] }, null, "", []]) {
      expect(await fingerprintOf(other)).not.toBe(await fingerprintOf(value));
    }
  });
});
