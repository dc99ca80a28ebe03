import { expect, test } from "vitest";
import { fromLocalInput, toLocalInput } from "./local-time.ts";

test("finds the same minute again", () => {
  const date = new Date("2026-07-01T23:45:00Z");
  expect(fromLocalInput(toLocalInput(date))).toBe("2026-07-01T23:45:00.000Z");
});
