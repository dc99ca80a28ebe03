import { expect, test } from "vitest";
import { formatAgo, formatBytes, formatDuration, formatLength, speakDuration } from "./format.ts";

test("writes durations as players do", () => {
  expect([0, 7_000, 187_999, 3_723_000].map(formatDuration)).toEqual(["0:00", "0:07", "3:07", "1:02:03"]);
  expect(speakDuration(61_000)).toBe("1 minute 1 second");
  expect(speakDuration(2_000)).toBe("2 seconds");
  expect(formatLength(72 * 60_000)).toBe("1 h 12 min");
});

test("writes sizes in the unit that fits", () => {
  expect([512, 31_400_000, 2_000_000_000].map(formatBytes)).toEqual(["512 B", "31.4 MB", "2.0 GB"]);
});

test("writes how long ago something was", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  expect(formatAgo("2026-11-23T11:59:40Z", now)).toBe("just now");
  expect(formatAgo("2026-11-23T11:55:00Z", now)).toBe("5 minutes ago");
  expect(formatAgo("2026-11-22T11:00:00Z", now)).toBe("yesterday");
});
