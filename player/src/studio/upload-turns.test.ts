import { expect, test } from "vitest";
import { isUnderWay, type LocalPhase, startable, UNDER_WAY_MAX } from "./upload-turns.ts";

const files = (...phases: LocalPhase[]) => phases.map((phase, index) => ({ phase, key: index }));
const started = (...phases: LocalPhase[]) => startable(files(...phases)).map(({ key }) => key);

test("starts waiting files in their order, as many as there is room for", () => {
  expect(UNDER_WAY_MAX).toBe(2);
  expect(started("queued", "queued", "queued")).toEqual([0, 1]);
  expect(started("sent", "sending", "queued", "queued")).toEqual([2]);
  for (const phase of ["hashing", "announcing", "sending"] as const)
    expect(started(phase, phase, "queued")).toEqual([]);
});

test("gives the place of a paused file to the next, and does not exceed the limit when the first comes back", () => {
  expect(started("paused", "sending", "queued")).toEqual([2]);
  expect(started("queued", "sending", "sending")).toEqual([]);
  expect(started("queued", "sending", "sent")).toEqual([0]);
});

test("starts no file by itself that was not told to go", () => {
  expect(started("draft", "failed", "paused", "sent")).toEqual([]);
});

test("asks before the page goes while a file waits or moves", () => {
  expect(files("queued", "hashing", "announcing", "sending").every(isUnderWay)).toBe(true);
  expect(files("draft", "paused", "sent", "failed").some(isUnderWay)).toBe(false);
});
