import { describe, expect, it } from "vitest";
import { BASE62_LENGTH, decodeBase62, encodeBase62 } from "./base62.ts";

const VALUE_MAX = 2n ** 128n - 1n;
const EDGES = [0n, 1n, 61n, 62n, 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 127n, VALUE_MAX - 1n, VALUE_MAX];

describe("base62", () => {
  it("gives every value back, in 22 characters", () => {
    for (const value of EDGES) {
      const text = encodeBase62(value);
      expect(text).toHaveLength(BASE62_LENGTH);
      expect(decodeBase62(text)).toBe(value);
    }
  });

  it("orders texts as the numbers they stand for", () => {
    const texts = EDGES.map(encodeBase62);
    expect([...texts].sort()).toEqual(texts);
    // Digits, capitals and small letters are where the order of an alphabet could break.
    for (let value = 0n; value < 200n; value++) expect(encodeBase62(value) < encodeBase62(value + 1n)).toBe(true);
  });

  it("takes no text that is not the encoding of a 128-bit value", () => {
    expect(encodeBase62(VALUE_MAX)).toBe("7n42DGM5Tflk9n8mt7Fhc7");
    expect(decodeBase62("7n42DGM5Tflk9n8mt7Fhc8")).toBeNull();
    for (const text of ["", "0", "0".repeat(21), "0".repeat(23), `${"0".repeat(21)}-`, `${"0".repeat(21)}é`]) {
      expect(decodeBase62(text)).toBeNull();
    }
  });

  it.each([-1n, VALUE_MAX + 1n])("does not encode %s", (value) => {
    expect(() => encodeBase62(value)).toThrow(RangeError);
  });
});
