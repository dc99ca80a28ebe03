import { describe, expect, it } from "vitest";
import { nameSchema } from "./wire-schemas.ts";

const name = nameSchema(20);

describe("names", () => {
  it.each(["Sigur Rós", "!!!", "初音ミク", "👩‍🎤", "  AC/DC  "])("take %s", (text) => {
    expect(name.parse(text)).toBe(text.trim().normalize("NFC"));
  });

  it.each([
    ["nothing", "   "],
    ["what cannot be seen", "\u200b"],
    ["a mark without a letter", "\u0301"],
    ["a control character", "a\u0000b"],
    ["what turns the text around it", "a\u202eb"],
    ["half a character", "a\ud800"],
    ["more than fits", "x".repeat(21)],
  ])("are not %s", (_title, text) => {
    expect(name.safeParse(text).success).toBe(false);
  });

  it("come out composed, so that equal names are equal", () => {
    expect(name.parse("Bjo\u0308rk")).toBe("Björk");
  });
});
