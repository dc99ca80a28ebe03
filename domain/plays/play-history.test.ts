import { describe, expect, it } from "vitest";
import type { PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { compareAge, cutEvenly, cutInFull, type HistoryEntry, mergePlays } from "./play-history.ts";
import { freshId, seededRandom, shuffled } from "./plays-fixtures.ts";

const NOON_MS = Date.UTC(2026, 10, 29, 12);

function plays(count: number): HistoryEntry[] {
  return Array.from({ length: count }, (_play, index) => {
    const playedAtMs = NOON_MS + index;
    return { playbackId: freshId<PlaybackId>(playedAtMs), recordingId: freshId<RecordingId>(playedAtMs), playedAtMs };
  });
}

describe("plays of a history", () => {
  it("are in the order of their age, each once, in whatever order they are added [PLAY-17]", () => {
    const all = plays(20);
    const random = seededRandom(5);
    let merged: readonly HistoryEntry[] = [];
    for (let i = 0; i < 10; i++)
      merged = mergePlays(merged, [...shuffled(all, random).slice(0, 6), ...all.slice(0, i)]);
    merged = mergePlays(merged, shuffled([...all, ...all], random));
    expect(merged).toEqual(all);
    expect(mergePlays(merged, shuffled(all, random))).toBe(merged);
  });

  it("of one instant have the order of their ids [PLAY-17]", () => {
    const place = (playbackId: string) => ({ playbackId: playbackId as PlaybackId, playedAtMs: NOON_MS });
    expect(compareAge(place("A"), place("B"))).toBeLessThan(0);
    expect(compareAge(place("a"), place("B"))).toBeGreaterThan(0);
    expect(compareAge(place("a"), place("a"))).toBe(0);
    expect(compareAge({ ...place("z"), playedAtMs: NOON_MS - 1 }, place("A"))).toBeLessThan(0);
  });

  it.each([1, 99, 100, 101, 199, 200, 201, 1_000, 10_003])("are all in the pieces of %i, none too long", (count) => {
    const all = plays(count);
    for (const pieces of [cutInFull(all, 100), cutEvenly(all, 100)]) {
      expect(pieces.flat()).toEqual(all);
      expect(pieces).toHaveLength(Math.ceil(count / 100));
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(100);
    }
    const lengths = cutEvenly(all, 100).map((piece) => piece.length);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
  });
});
