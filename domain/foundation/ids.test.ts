import { describe, expect, it } from "vitest";
import { ID_PATTERN, isId, makeId, SHARD_MAX, shardOfId } from "./ids.ts";
import { createdAtOfId } from "./ids-testing.ts";

const RANDOM = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const HIGHEST = new Uint8Array(8).fill(0xff);
const LOWEST = new Uint8Array(8);
const TIME_MAX = 2 ** 48 - 1;

describe("ids", () => {
  it.each([
    [0, 0],
    [1_795_000_000_000, 0],
    [1_795_000_000_000, 7],
    [TIME_MAX, SHARD_MAX],
  ])("of instant %i in shard %i say both", (nowMs, shard) => {
    const id = makeId<string>(nowMs, RANDOM, shard);
    expect(id).toMatch(ID_PATTERN);
    expect(isId(id)).toBe(true);
    expect(createdAtOfId(id)).toBe(nowMs);
    expect(shardOfId(id)).toBe(shard);
  });

  it("sort by time, whatever the shard and the random part are", () => {
    const earlier = makeId<string>(1_795_000_000_000, HIGHEST, SHARD_MAX);
    const later = makeId<string>(1_795_000_000_001, LOWEST, 0);
    expect(earlier < later).toBe(true);
  });

  it("differ where only the random part does, in its first bit and in its last", () => {
    const base = makeId<string>(5, LOWEST);
    expect(makeId<string>(5, Uint8Array.from([0x80, 0, 0, 0, 0, 0, 0, 0]))).not.toBe(base);
    expect(makeId<string>(5, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1]))).not.toBe(base);
  });

  it("are not made of what does not fit", () => {
    expect(() => makeId(-1, RANDOM)).toThrow(RangeError);
    expect(() => makeId(TIME_MAX + 1, RANDOM)).toThrow(RangeError);
    expect(() => makeId(0.5, RANDOM)).toThrow(RangeError);
    expect(() => makeId(Number.NaN, RANDOM)).toThrow(RangeError);
    expect(() => makeId(0, RANDOM, SHARD_MAX + 1)).toThrow(RangeError);
    expect(() => makeId(0, RANDOM, -1)).toThrow(RangeError);
    expect(() => makeId(0, RANDOM.slice(1))).toThrow(RangeError);
  });

  it.each(["", "0".repeat(21), "z".repeat(22), `${"0".repeat(21)}_`, `${"0".repeat(22)}\n`])("%j is none", (text) => {
    expect(isId(text)).toBe(false);
    expect(shardOfId(text)).toBeNull();
    expect(createdAtOfId(text)).toBeNull();
  });
});
