import { expect, test } from "vitest";
import { localPath } from "./return-path.ts";

test("goes back to a path of this site, and nowhere else", () => {
  expect(localPath("/album/abc?x=1#y")).toBe("/album/abc?x=1#y");
  for (const hostile of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "",
    undefined,
  ]) {
    expect(localPath(hostile)).toBe("/");
  }
});
