import { expect, test } from "vitest";
import {
  dayOf,
  mergeSums,
  type PlaySum,
  partOfRecording,
  recordingBlock,
  recordingOfSum,
  sumKey,
  sumsByBlock,
  totalsByBlock,
} from "./play-sums.ts";
import { oneOf, playbackFacts, seededRandom, shuffled } from "./plays-fixtures.ts";

const NOON_MS = Date.UTC(2026, 10, 23, 12);

function someSums(count: number): PlaySum[] {
  const random = seededRandom(3);
  const recordings = Array.from({ length: 40 }, () => playbackFacts(NOON_MS).recordingId);
  return Array.from({ length: count }, () => ({
    key: sumKey(
      playbackFacts(NOON_MS, {
        recordingId: oneOf(recordings, random),
        country: random() < 0.5 ? "DE" : "FR",
      }),
    ),
    day: random() < 0.8 ? "2026-11-23" : "2026-10-31",
    plays: 1,
  }));
}

test("names a sum by recording, country and terms, and its day by UTC [PLAY-24]", () => {
  const play = playbackFacts(NOON_MS, { country: "AT", commercialModel: "SubscriptionModel" });
  expect(sumKey(play)).toBe(`${play.recordingId}/AT/S`);
  expect(sumKey({ ...play, commercialModel: "AdvertisementSupportedModel" })).toBe(`${play.recordingId}/AT/A`);
  expect(recordingOfSum(sumKey(play))).toBe(play.recordingId);
  expect([dayOf(NOON_MS), dayOf(Date.UTC(2026, 11, 1) - 1)]).toEqual(["2026-11-23", "2026-11-30"]);
});

test("has the same sums in whatever order and pieces they come [PLAY-24]", () => {
  const sums = someSums(500);
  const merged = mergeSums(sums);
  const random = seededRandom(8);
  expect(merged.reduce((total, { plays }) => total + plays, 0)).toBe(500);
  for (let run = 0; run < 20; run++) {
    const mixed = shuffled(sums, random);
    const cut = Math.floor(random() * mixed.length);
    expect(mergeSums([...mergeSums(mixed.slice(0, cut)), ...mergeSums(mixed.slice(cut))])).toEqual(merged);
  }
});

test("puts each sum into one row of its day, and each recording into one total [PLAY-24]", () => {
  const merged = mergeSums(someSums(500));
  const rows = sumsByBlock(merged);
  const names = rows.map(({ day, block }) => `${day}/${block}`);
  expect(names).toEqual([...new Set(names)].sort());
  const back = rows.flatMap(({ day, plays }) => [...plays].map(([key, count]) => ({ key, day, plays: count })));
  expect(mergeSums(back)).toEqual(merged);
  for (const { block, plays } of rows) {
    expect([...plays.keys()].map((key) => recordingBlock(recordingOfSum(key)))).toEqual([...plays].map(() => block));
  }
  const totals = totalsByBlock(merged).flatMap(({ plays }) => [...plays]);
  expect(new Set(totals.map(([id]) => id)).size).toBe(totals.length);
  for (const [id, count] of totals) {
    const own = merged.filter(({ key }) => recordingOfSum(key) === id);
    expect(count).toBe(own.reduce((sum, { plays }) => sum + plays, 0));
  }
});

test("spreads recordings over the parts of a roll-up, those of a block into the same one [PLAY-24]", () => {
  const parts = 10;
  const loads = Array.from({ length: parts }, () => 0);
  for (let i = 0; i < 5_000; i++) {
    const { recordingId } = playbackFacts(NOON_MS);
    const part = partOfRecording(recordingId, parts);
    expect(partOfRecording(`${"0".repeat(19)}${recordingBlock(recordingId)}`, parts)).toBe(part);
    loads[part] = (loads[part] ?? 0) + 1;
  }
  expect(Math.max(...loads)).toBeLessThan(2 * (5_000 / parts));
  expect(Math.min(...loads)).toBeGreaterThan(0.5 * (5_000 / parts));
});
