import { expect, test } from "vitest";
import { parseLiveMessage, reconnectDelayMs } from "./live-protocol.ts";

test("reads the three messages and passes over everything else", () => {
  expect(parseLiveMessage('{"type":"hello","version":3}')).toEqual({ type: "hello", version: 3 });
  const edited = '{"type":"edited","version":4,"op_id":"x","by":"anna","edit":{"kind":"add"}}';
  expect(parseLiveMessage(edited)).toEqual({ type: "edited", version: 4 });
  expect(parseLiveMessage('{"type":"deleted"}')).toEqual({ type: "deleted" });
  for (const other of ["pong", "", "{", "null", "[]", '{"type":"edited"}', '{"type":"later","version":1}', 7]) {
    expect(parseLiveMessage(other)).toBeNull();
  }
});

test("waits longer after each failure, within bounds, and never all at the same moment", () => {
  expect([0, 1, 2, 20].map((failures) => reconnectDelayMs(failures, () => 1))).toEqual([500, 1_000, 2_000, 30_000]);
  expect(reconnectDelayMs(1, () => 0)).toBe(500);
});
