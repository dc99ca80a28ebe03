import { describe, expect, it } from "vitest";
import { seededRandom } from "#domain/plays/plays-fixtures.ts";
import { distinctRequested, hitRatioOfCache, hitRatioOfMemo, placesMet } from "./hit-ratio.ts";

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

describe("how many different ones are asked for", () => {
  it("is what a run of random requests meets", () => {
    const few = { tracks: 5_000, zipfExponent: 0.9, requestsPerSecond: 20 };
    const weights = Array.from({ length: few.tracks }, (_track, index) => (index + 1) ** -few.zipfExponent);
    const sums: number[] = [];
    for (const weight of weights) sums.push((sums.at(-1) ?? 0) + weight);
    const random = seededRandom(12);
    const blockOf = Array.from({ length: few.tracks }, () => Math.floor(random() * 1_000));
    const requests = 4_000;
    const [tracks, pairs, blocks] = [new Set<number>(), new Set<string>(), new Set<number>()];
    for (let i = 0; i < requests; i++) {
      const at = random() * (sums.at(-1) ?? 0);
      const track = sums.findIndex((sum) => sum > at);
      tracks.add(track);
      pairs.add(`${track}/${Math.floor(random() * 7)}`);
      blocks.add(blockOf[track] ?? 0);
    }
    const seconds = requests / few.requestsPerSecond;
    const distinct = distinctRequested(few, seconds);
    expect(distinct / tracks.size).toBeCloseTo(1, 1);
    expect(distinctRequested(few, seconds, 7) / pairs.size).toBeCloseTo(1, 1);
    expect(placesMet(1_000, distinct) / blocks.size).toBeCloseTo(1, 1);
  });

  it("is no more than there are, nor than are asked for", () => {
    expect(distinctRequested(popularity, 1e9)).toBeCloseTo(popularity.tracks, -1);
    expect(distinctRequested(popularity, 1)).toBeLessThan(popularity.requestsPerSecond);
    expect(placesMet(10, 1e6)).toBeCloseTo(10, 6);
    expect(placesMet(1e9, 10)).toBeCloseTo(10, 6);
    expect(placesMet(10, 0)).toBe(0);
  });
});
