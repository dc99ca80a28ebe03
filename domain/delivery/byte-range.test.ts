import { describe, expect, it } from "vitest";
import { parseByteRange } from "./byte-range.ts";

const SIZE = 10_000;

function part(offset: number, length: number) {
  return { kind: "part", offset, length };
}

describe("byte ranges of a file of 10,000 bytes", () => {
  it.each([
    ["bytes=0-499", part(0, 500)],
    ["bytes=9500-", part(9_500, 500)],
    ["bytes=-500", part(9_500, 500)],
    ["bytes=0-99999", part(0, SIZE)],
    ["bytes=-20000", part(0, SIZE)],
    ["bytes=0-", part(0, SIZE)],
    ["bytes=9999-", part(9_999, 1)],
    ["BYTES=0-0", part(0, 1)],
  ])("answers %s with that part [DLV-1]", (header, expected) => {
    expect(parseByteRange(header, SIZE)).toEqual(expected);
  });

  it.each(["bytes=10000-", "bytes=-0", `bytes=${"9".repeat(30)}-`])("calls %s unsatisfiable [DLV-2]", (header) => {
    expect(parseByteRange(header, SIZE)).toEqual({ kind: "unsatisfiable" });
  });

  it.each([
    null,
    "bytes=5-2",
    "items=0-1",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=0-1,5-6",
    "bytes=0x10-",
    "bytes= 0 - 1",
    "bytes=--1",
    `bytes=${" ".repeat(200)}0-1`,
  ])("ignores %s [DLV-3]", (header) => {
    expect(parseByteRange(header, SIZE)).toEqual({ kind: "whole" });
  });

  it("has no satisfiable range in an empty file [DLV-2]", () => {
    expect(parseByteRange("bytes=0-", 0)).toEqual({ kind: "unsatisfiable" });
    expect(parseByteRange("bytes=-5", 0)).toEqual({ kind: "unsatisfiable" });
  });

  it("stays inside the file for every first and last around its ends [DLV-4]", () => {
    for (let size = 1; size <= 6; size++) {
      for (let first = 0; first <= 8; first++) {
        for (let last = 0; last <= 8; last++) {
          const range = parseByteRange(`bytes=${first}-${last}`, size);
          if (last < first) expect(range.kind).toBe("whole");
          else if (first >= size) expect(range.kind).toBe("unsatisfiable");
          else expect(range).toEqual(part(first, Math.min(last, size - 1) - first + 1));
        }
      }
    }
  });
});
