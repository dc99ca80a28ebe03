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

  it("answers 2,000 fuzzed headers as the reference does [DLV-1] [DLV-2] [DLV-3]", () => {
    const random = randomFrom(20_261_123);
    const kinds = { whole: 0, part: 0, unsatisfiable: 0 };
    for (let i = 0; i < 2_000; i++) {
      const size = random(5) === 0 ? random(4) : random(20_000);
      const header = fuzzedHeader(random, size);
      const answer = parseByteRange(header, size);
      kinds[answer.kind] += 1;
      expect(answer, `${JSON.stringify(header)} of ${size}`).toEqual(reference(header, size));
    }
    // A fuzzer that only ever made one kind would prove nothing.
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(150);
  });
});

/** RFC 9110, section 14.1.2, read slowly: numbers of any length, no regular expression, no early way out. */
function reference(header: string, sizeBytes: number) {
  const size = BigInt(sizeBytes);
  const trimmed = header.trim();
  const equals = trimmed.indexOf("=");
  if (header.length > 128 || equals < 0 || trimmed.slice(0, equals).toLowerCase() !== "bytes") return { kind: "whole" };
  const specifier = trimmed
    .slice(equals + 1)
    .replace(/^[ \t]+/, "")
    .replace(/[ \t]+$/, "");
  const parts = specifier.split("-");
  const isDigits = (text: string) => [...text].every((character) => character >= "0" && character <= "9");
  const [first = "", last = ""] = parts;
  if (parts.length !== 2 || !isDigits(first) || !isDigits(last) || first + last === "") return { kind: "whole" };
  if (first === "") {
    const wanted = BigInt(last) < size ? BigInt(last) : size;
    return wanted === 0n ? { kind: "unsatisfiable" } : part(Number(size - wanted), Number(wanted));
  }
  const from = BigInt(first);
  const to = last === "" ? size - 1n : BigInt(last);
  if (last !== "" && to < from) return { kind: "whole" };
  if (from >= size) return { kind: "unsatisfiable" };
  return part(Number(from), Number((to < size ? to : size - 1n) - from + 1n));
}

function fuzzedHeader(random: (below: number) => number, size: number): string {
  const pick = <Value>(values: readonly Value[]): Value => values[random(values.length)] as Value;
  const mostly = (usual: string, rare: readonly string[]) => (random(5) > 0 ? usual : pick(rare));
  const number = () =>
    pick([
      "",
      "0",
      String(random(size + 3)),
      String(random(size + 3)),
      String(random(size + 3)),
      String(Math.max(0, size - 1)),
      String(size),
      `00${random(size + 2)}`,
      String(random(1e9)),
      `90071992547409${pick(["90", "91", "92", "93"])}`,
      "9".repeat(20 + random(30)),
    ]);
  const unit = mostly("bytes=", ["BYTES=", "Bytes= ", "items=", "bytes", "bytes ="]);
  const separator = mostly("-", ["--", "", "–", " - "]);
  const tail = mostly("", [" ", "\t", ",0-1", "x", ` ${" ".repeat(120)}`]);
  return `${unit}${number()}${separator}${number()}${tail}`;
}

/** A small generator of even spread; the seed names the sequence. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
