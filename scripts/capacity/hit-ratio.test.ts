import { describe, expect, it } from "vitest";
import { hitRatioOfCache, hitRatioOfMemo } from "./hit-ratio.ts";

const popularity = { tracks: 1_000_000, zipfExponent: 0.9, requestsPerSecond: 50 };

describe("hit ratios", () => {
  it("are those of a sum over each track", () => {
    const few = { tracks: 900, zipfExponent: 0.8, requestsPerSecond: 3 };
    const weights = Array.from({ length: few.tracks }, (_track, index) => (index + 1) ** -few.zipfExponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const expected = weights.reduce((sum, weight) => {
      const share = weight / total;
      return sum + share * (1 - Math.exp(-share * few.requestsPerSecond * 60));
    }, 0);
    expect(hitRatioOfCache(few, 60)).toBeCloseTo(expected, 10);
  });

  it("lose little by taking tracks of like rank together", () => {
    const exact = { ...popularity, tracks: 20_000 };
    const weights = Array.from({ length: exact.tracks }, (_track, index) => (index + 1) ** -exact.zipfExponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const expected = weights.reduce((sum, weight) => {
      const expectedInTime = (weight / total) * exact.requestsPerSecond * 15;
      return sum + (weight / total) * (expectedInTime / (1 + expectedInTime));
    }, 0);
    expect(hitRatioOfMemo(exact, 15)).toBeCloseTo(expected, 2);
  });

  it("lie between none and all, and grow with traffic and time", () => {
    for (const ratioOf of [hitRatioOfCache, hitRatioOfMemo]) {
      const ratio = ratioOf(popularity, 60);
      expect(ratio).toBeGreaterThan(0);
      expect(ratio).toBeLessThan(1);
      expect(ratioOf({ ...popularity, requestsPerSecond: 500 }, 60)).toBeGreaterThan(ratio);
      expect(ratioOf(popularity, 600)).toBeGreaterThan(ratio);
      expect(ratioOf({ ...popularity, tracks: 10_000_000 }, 60)).toBeLessThan(ratio);
      expect(ratioOf({ ...popularity, requestsPerSecond: 0 }, 60)).toBe(0);
    }
  });
});
