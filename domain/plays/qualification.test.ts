import { describe, expect, test } from "vitest";
import { seededRandom, shuffled } from "./plays-fixtures.ts";
import { assessPlayback } from "./qualification.ts";
import type { Span } from "./spans.ts";

const ISSUED_AT_MS = Date.UTC(2026, 10, 23, 12);
const LONG_AFTER_MS = ISSUED_AT_MS + 3_600_000;

interface Receipt {
  readonly spans: readonly Span[];
  readonly receivedAtMs: number;
}

function assess(durationMs: number, spans: readonly (readonly [number, number])[], lastReceivedAtMs = LONG_AFTER_MS) {
  return assessPlayback(
    { durationMs, issuedAtMs: ISSUED_AT_MS },
    { spans: spans.map(([fromMs, toMs]) => ({ fromMs, toMs })), lastReceivedAtMs },
  );
}

describe("royalty eligibility", () => {
  test.each([
    [29_900, false],
    [29_999, false],
    [30_000, true],
    [30_001, true],
  ])("of a long track heard for %i ms is %s [PLAY-3]", (heardMs, expected) => {
    expect(assess(200_000, [[0, heardMs]]).isRoyaltyEligible).toBe(expected);
    expect(assess(200_000, [[170_000 - heardMs, 170_000]]).isRoyaltyEligible).toBe(expected);
  });

  test.each([
    [11_000, false],
    [11_999, false],
    [12_000, true],
    [30_000, true],
  ])("of a 12 s track claimed for %i ms is %s [PLAY-3]", (heardMs, expected) => {
    expect(assess(12_000, [[0, heardMs]]).isRoyaltyEligible).toBe(expected);
  });

  test("needs something that was heard, however short the track [PLAY-3]", () => {
    expect(assess(0, [[0, 30_000]]).isRoyaltyEligible).toBe(false);
    expect(assess(200_000, []).isRoyaltyEligible).toBe(false);
  });

  test("is not reached by fifteen loops of the same two seconds [PLAY-2]", () => {
    const loops = Array.from({ length: 15 }, () => [10_000, 12_000] as const);
    expect(assess(200_000, loops)).toMatchObject({ audibleMs: 2_000, isRoyaltyEligible: false });
  });

  test("survives pauses and seeks, and takes nothing twice for a seek back [PLAY-2]", () => {
    expect(
      assess(200_000, [
        [0, 10_000],
        [50_000, 60_000],
        [100_000, 110_000],
      ]).audibleMs,
    ).toBe(30_000);
    expect(
      assess(200_000, [
        [0, 20_000],
        [10_000, 25_000],
        [5_000, 12_000],
      ]).audibleMs,
    ).toBe(25_000);
  });

  test("takes no time outside the track [PLAY-2]", () => {
    expect(
      assess(40_000, [
        [-20_000, 5_000],
        [30_000, 90_000],
        [50_000, 80_000],
      ]).audibleMs,
    ).toBe(15_000);
  });

  test("is not given for 30 s claimed after 5 s, and is when the time has passed [PLAY-4]", () => {
    const claim = [[0, 30_000]] as const;
    expect(assess(200_000, claim, ISSUED_AT_MS + 5_000)).toMatchObject({ audibleMs: 7_000, isRoyaltyEligible: false });
    expect(assess(200_000, claim, ISSUED_AT_MS + 27_999).isRoyaltyEligible).toBe(false);
    expect(assess(200_000, claim, ISSUED_AT_MS + 28_000).isRoyaltyEligible).toBe(true);
  });

  test("is not given at once to a track that is no longer than the leeway [PLAY-4]", () => {
    const claim = [[0, 2_000]] as const;
    expect(assess(2_000, claim, ISSUED_AT_MS).isRoyaltyEligible).toBe(false);
    expect(assess(2_000, claim, ISSUED_AT_MS + 1_799).isRoyaltyEligible).toBe(false);
    expect(assess(2_000, claim, ISSUED_AT_MS + 1_800).isRoyaltyEligible).toBe(true);
  });

  test("is not given for what was received before the playback began [PLAY-4]", () => {
    expect(assess(1_000, [[0, 1_000]], ISSUED_AT_MS - 10_000)).toMatchObject({
      audibleMs: 0,
      isRoyaltyEligible: false,
    });
  });
});

test("a song in one stretch amounts to what it does in one of ten seconds each [PLAY-5]", () => {
  const stretches = Array.from({ length: 21 }, (_, i) => [i * 10_000, Math.min(205_000, (i + 1) * 10_000)] as const);
  expect(assess(205_000, [[0, 205_000]])).toEqual(assess(205_000, stretches));
  expect(assess(205_000, [[0, 205_000]])).toMatchObject({ audibleMs: 205_000, isRoyaltyEligible: true });
});

describe("scrobble eligibility", () => {
  test.each([
    [30_000, 30_000, false],
    [30_001, 15_000, false],
    [30_001, 15_001, true],
    [100_000, 49_999, false],
    [100_000, 50_000, true],
    [3_600_000, 239_999, false],
    [3_600_000, 240_000, true],
  ])("of a track of %i ms heard for %i ms is %s [PLAY-7]", (durationMs, heardMs, expected) => {
    expect(assess(durationMs, [[0, heardMs]]).isScrobbleEligible).toBe(expected);
  });
});

describe("any set of receipts", () => {
  const RUNS = 300;
  const DURATION_MS = 45_000;

  function randomReceipts(random: () => number): Receipt[] {
    return Array.from({ length: 1 + Math.floor(random() * 12) }, () => ({
      receivedAtMs: ISSUED_AT_MS + Math.floor(random() * 60_000),
      spans: Array.from({ length: Math.floor(random() * 4) }, () => {
        const fromMs = Math.floor(random() * 50_000);
        return { fromMs, toMs: fromMs + 1 + Math.floor(random() * 9_000) };
      }),
    }));
  }

  function outcomeOf(receipts: readonly Receipt[]) {
    return assessPlayback(
      { durationMs: DURATION_MS, issuedAtMs: ISSUED_AT_MS },
      {
        spans: receipts.flatMap(({ spans }) => spans),
        lastReceivedAtMs: Math.max(...receipts.map(({ receivedAtMs }) => receivedAtMs)),
      },
    );
  }

  function cutAtRandom({ fromMs, toMs }: Span, random: () => number): Span[] {
    const cutMs = fromMs + Math.floor(random() * (toMs - fromMs));
    return [
      { fromMs, toMs: cutMs },
      { fromMs: cutMs, toMs },
    ];
  }

  /** By another road: a bit for each millisecond of the track. */
  function audibleByBits(receipts: readonly Receipt[]): number {
    const heard = new Uint8Array(DURATION_MS);
    for (const { fromMs, toMs } of receipts.flatMap(({ spans }) => spans)) heard.fill(1, fromMs, toMs);
    const elapsedMs = Math.max(...receipts.map(({ receivedAtMs }) => receivedAtMs)) - ISSUED_AT_MS + 2_000;
    return Math.min(
      elapsedMs,
      heard.reduce((sum, bit) => sum + bit, 0),
    );
  }

  test("gives the same outcome in any order and with any repetition, and the one counted by hand [PLAY-5]", () => {
    const random = seededRandom(20_261_123);
    const seen = { eligible: 0, not: 0 };
    for (let run = 0; run < RUNS; run++) {
      const receipts = randomReceipts(random);
      const outcome = outcomeOf(receipts);
      const repeated = [...receipts, ...receipts.filter(() => random() < 0.5)];
      expect(outcomeOf(shuffled(repeated, random))).toEqual(outcome);
      expect(outcome.audibleMs).toBe(audibleByBits(receipts));
      seen[outcome.isRoyaltyEligible ? "eligible" : "not"] += 1;
    }
    // Both outcomes must be among the runs, or the property says little.
    expect(Math.min(seen.eligible, seen.not)).toBeGreaterThan(RUNS / 20);
  });

  test("gives the same outcome however the same spans are grouped, cut and put together [PLAY-5]", () => {
    const random = seededRandom(64);
    for (let run = 0; run < RUNS; run++) {
      const receipts = randomReceipts(random);
      const receivedAtMs = Math.max(...receipts.map((receipt) => receipt.receivedAtMs));
      const pieces = receipts.flatMap(({ spans }) => spans).flatMap((span) => cutAtRandom(span, random));
      const groups = Map.groupBy(pieces, () => Math.floor(random() * 5));
      const regrouped = [
        { spans: [], receivedAtMs },
        ...[...groups.values()].map((spans) => ({ spans, receivedAtMs })),
      ];
      expect(outcomeOf(regrouped)).toEqual(outcomeOf(receipts));
      expect(outcomeOf([{ spans: pieces, receivedAtMs }])).toEqual(outcomeOf(receipts));
    }
  });

  test("amounts to no less with more receipts [PLAY-5]", () => {
    const random = seededRandom(7);
    for (let run = 0; run < RUNS; run++) {
      const receipts = shuffled(randomReceipts(random), random);
      let audibleMs = 0;
      for (let count = 1; count <= receipts.length; count++) {
        const outcome = outcomeOf(receipts.slice(0, count));
        expect(outcome.audibleMs).toBeGreaterThanOrEqual(audibleMs);
        audibleMs = outcome.audibleMs;
      }
    }
  });
});
