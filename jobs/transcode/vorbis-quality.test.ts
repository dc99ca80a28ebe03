import { describe, expect, it } from "vitest";
import { nearestTry, nextQuality, type QualityTry, TIER_TOLERANCE, usualQuality } from "./vorbis-quality.ts";

/** Tries until the search says that it is done; `rateOf` is the music. */
function search(targetKbps: number, rateOf: (quality: number) => number): QualityTry[] {
  const tries: QualityTry[] = [];
  for (let quality = nextQuality([], targetKbps); quality !== null; quality = nextQuality(tries, targetKbps)) {
    tries.push({ quality, kbps: rateOf(quality) });
    if (tries.length > 10) throw new Error("it does not end");
  }
  return tries;
}

/** What a song of two minutes and a half gave, by quality: little at all, and less than its share in the middle. */
const easySong = (quality: number) => 60 + 7 * quality + 1.1 * quality ** 2;

describe("the quality of a tier", () => {
  it("is that of usual music at first [TRC-21]", () => {
    expect([96, 160, 320].map(usualQuality)).toEqual([2, 5, 9]);
    expect([10, 45, 900].map(usualQuality)).toEqual([-1, -1, 10]);
    expect(search(160, () => 158)).toHaveLength(1);
  });

  it.each([96, 160])("is found in three tries at most where the music takes less: %i kbit/s [TRC-21]", (targetKbps) => {
    const tries = search(targetKbps, easySong);
    expect(tries.length).toBeLessThanOrEqual(3);
    const { kbps = 0 } = tries[nearestTry(tries, targetKbps)] ?? {};
    expect(Math.abs(kbps / targetKbps - 1)).toBeLessThanOrEqual(TIER_TOLERANCE);
  });

  it("ends at the highest quality where no music needs so many bits, and at the lowest [TRC-21]", () => {
    expect(search(320, () => 40).at(-1)?.quality).toBe(10);
    expect(search(96, () => 400).at(-1)?.quality).toBe(-1);
  });

  it("is of the nearest try where none meets the tier [TRC-21]", () => {
    const tries = [80, 101, 110].map((kbps, index) => ({ quality: index, kbps }));
    expect(nearestTry(tries, 96)).toBe(1);
  });
});
