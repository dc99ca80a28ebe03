import { expect, it } from "vitest";
import { DAY_MS } from "../foundation/time.ts";
import { isNewRelease } from "./transcode-order.ts";

it("takes a release for new a month before its instant and a month after [ING-80]", () => {
  const nowMs = 1_800_000_000_000;
  const days = [-3_650, -31, -30, -1, 0, 1, 30, 31, 365];
  expect(days.filter((day) => isNewRelease(nowMs + day * DAY_MS, nowMs))).toEqual([-30, -1, 0, 1, 30]);
});
