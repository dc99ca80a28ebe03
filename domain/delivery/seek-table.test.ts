import { describe, expect, it } from "vitest";
import { decodeSeekTable, encodeSeekTable, readSeekTable, SEEK_POINTS_MAX, type SeekPoint } from "./seek-table.ts";

/** A song of a variable rate: points nearly a second apart, by some tens of kilobytes. */
function songPoints(seconds: number): SeekPoint[] {
  let [timeMs, offset, state] = [0, 4_000, 7];
  return Array.from({ length: seconds }, () => {
    const point: SeekPoint = [timeMs, offset];
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    timeMs += 980 + (state % 21);
    offset += 19_000 + (state % 4_001);
    return point;
  });
}

describe("a seek table as it is kept", () => {
  it("comes back as it was, whatever its points are [TRC-19]", () => {
    const tables: SeekPoint[][] = [
      [],
      [[0, 0]],
      [
        [0, 58],
        [1, 59],
        [21_600_000, 1_099_511_627_776],
      ],
      songPoints(205),
      songPoints(21_600),
    ];
    for (const points of tables) expect(decodeSeekTable(encodeSeekTable(points))).toEqual(points);
  });

  it("takes a third of what it would as JSON [TRC-19]", () => {
    const points = songPoints(205);
    expect(encodeSeekTable(points).length * 2.5).toBeLessThan(JSON.stringify(points).length);
  });

  it("is not taken where it is none [TRC-19]", () => {
    const good = encodeSeekTable(songPoints(20));
    const backwards = encodeSeekTable([
      [0, 500],
      [1_000, 400],
    ]);
    const standing = encodeSeekTable([
      [0, 500],
      [0, 600],
    ]);
    const endless = "_".repeat(4_000);
    for (const text of [good.slice(0, -1), `${good}=`, `${good} `, "é", backwards, standing, endless]) {
      expect(decodeSeekTable(text)).toBeNull();
    }
    const tooMany = Array.from({ length: SEEK_POINTS_MAX + 1 }, (_unused, index): SeekPoint => [index, index]);
    expect(decodeSeekTable(encodeSeekTable(tooMany))).toBeNull();
    expect(decodeSeekTable("A".repeat(10_000_000))).toBeNull();
  });

  it("is read from rows of both kinds, and a row that is neither is not passed over [TRC-19]", () => {
    expect(readSeekTable("[[0,10],[4000,900]]")).toEqual([
      [0, 10],
      [4_000, 900],
    ]);
    expect(readSeekTable(encodeSeekTable([[0, 10]]))).toEqual([[0, 10]]);
    expect(() => readSeekTable("?")).toThrow("seek table");
  });
});
