import { expect, it } from "vitest";
import { plainText } from "./plain-text.ts";
import { renderBar } from "./progress-bar.ts";

it("draws a bar that fits the terminal", () => {
  expect(renderBar(0.5, "3 of 6", 80)).toBe("[############------------]  50 % 3 of 6");
  expect(renderBar(7, "x", 80)).toContain("100 %");
  for (const columns of [20, 40, 60]) {
    expect(renderBar(0.3, "a long label ".repeat(20), columns).length).toBeLessThanOrEqual(Math.max(columns - 1, 34));
  }
});

it("prints no character that could steer the terminal", () => {
  expect(plainText("a\u001b[2Jb\rc\u202ed")).toBe("a\ufffd[2Jb\ufffdc\ufffdd");
  expect(plainText("Кино 椎名林檎 ñ 🎵")).toBe("Кино 椎名林檎 ñ 🎵");
});
