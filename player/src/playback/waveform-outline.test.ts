import { describe, expect, it } from "vitest";
import { encodeWaveform, WAVEFORM_PEAKS } from "#domain/delivery/waveform.ts";
import { OUTLINE_BOX, waveformOutline } from "./waveform-outline.ts";

function outlineOf(peakAt: (place: number) => number): string {
  const peaks = Uint8Array.from({ length: WAVEFORM_PEAKS }, (_unused, place) => peakAt(place));
  return waveformOutline(encodeWaveform(peaks)) ?? "";
}

/** How high the shape stands above its middle, column by column. */
function heights(path: string): number[] {
  const points = path
    .slice(1, -1)
    .split("L")
    .slice(1, OUTLINE_BOX.width + 1);
  return points.map((point) => 1 - Number(point.split(" ")[1]));
}

describe("the outline of a seek bar", () => {
  it("follows the peaks, fills the bar at the loudest of them, and never vanishes [TRC-22]", () => {
    const half = heights(outlineOf((place) => (place < 500 ? 0 : 120)));
    expect(half).toHaveLength(OUTLINE_BOX.width);
    expect(half[10]).toBeCloseTo(0.07);
    expect(half.at(-10)).toBe(1);
    // One loud peak among quiet ones is seen, wherever in its column it is.
    expect(heights(outlineOf((place) => (place === 503 ? 200 : 20)))[125]).toBe(1);
  });

  it("is not drawn where there is none, where it is silent, or where it cannot be read [TRC-22]", () => {
    expect(waveformOutline(null)).toBeNull();
    expect(outlineOf(() => 0)).toBe("");
    for (const text of ["", "?", "AAAA", "A".repeat(1_335)]) expect(waveformOutline(text)).toBeNull();
  });
});
