import { describe, expect, test } from "vitest";
import {
  addReports,
  DAY_BYTES_MAX,
  DAY_PLAYBACKS_MAX,
  type DayAfterReports,
  decodeListeningDay,
  EMPTY_DAY,
  encodeListeningDay,
  type ListeningDay,
  newestRound,
  PLAYBACK_EVENTS_MAX,
  qualifiedPlaysOf,
  type ReceivedPlayback,
} from "./listening-day.ts";
import { type PlaybackFacts, type PlayEvent, playEventBody } from "./play-event.ts";
import { oneOf, playbackFacts, playEvent, seededRandom, shuffled } from "./plays-fixtures.ts";
import { assessPlayback } from "./qualification.ts";

const NOON_MS = Date.UTC(2026, 10, 23, 12);
const { subjectId } = playbackFacts(NOON_MS);
const ROUND = { round: 3 };

function song(): PlaybackFacts {
  return playbackFacts(NOON_MS, { subjectId });
}

function heard(playback: PlaybackFacts, forMs: number, seq = 1): ReceivedPlayback {
  return { playback, receivedAtMs: NOON_MS + forMs, events: [playEvent(seq, [0, forMs])] };
}

/** Stored and read again after each report, as a shard does it. */
function recordOneByOne(reports: readonly ReceivedPlayback[], round: (index: number) => number): DayAfterReports[] {
  let day: ListeningDay = EMPTY_DAY;
  return reports.map((report, index) => {
    const after = addReports(day, [report], { round: round(index) });
    day = decodeListeningDay(encodeListeningDay(after.day), subjectId);
    expect(day.playbacks).toEqual(after.day.playbacks);
    return after;
  });
}

describe("a listening day", () => {
  test("is the same when it is read as when it was stored [PLAY-22]", () => {
    const [whole, silent] = [song(), song()];
    const spans = [
      { fromMs: 0, toMs: 20_000 },
      { fromMs: 60_000, toMs: 90_000 },
    ];
    const reports: ReceivedPlayback[] = [
      {
        playback: whole,
        receivedAtMs: NOON_MS + 60_000,
        events: [playEvent(0), { ...playEvent(7), kind: "end", spans }],
      },
      { playback: silent, receivedAtMs: NOON_MS + 1_000, events: [playEvent(0)] },
    ];
    const { day } = addReports(EMPTY_DAY, reports, ROUND);
    const body = encodeListeningDay(day);
    expect(decodeListeningDay(body, subjectId).playbacks).toEqual(day.playbacks);
    expect(body).not.toContain(subjectId);
    expect(qualifiedPlaysOf(body, subjectId)).toEqual([{ playback: whole, qualifiedIn: 3, isEarlier: false }]);
    expect(newestRound(day)).toBe(3);
    expect(newestRound(EMPTY_DAY)).toBe(0);
  });

  test("of an unknown form is not taken for an empty one [PLAY-22]", () => {
    expect(() => decodeListeningDay("[2,[]]", subjectId)).toThrow(RangeError);
    expect(() => qualifiedPlaysOf("[2,[]]", subjectId)).toThrow(RangeError);
  });

  test("is not changed by what is known already, and says nothing of it is news [PLAY-22]", () => {
    const first = addReports(EMPTY_DAY, [heard(song(), 30_000)], ROUND);
    expect(first).toMatchObject({ isChanged: true, hasNews: true });
    const [playback] = first.assessed.map((play) => play.playback);
    if (playback === undefined) throw new Error("one playback expected");
    const again = addReports(first.day, [heard(playback, 30_000)], { round: 9 });
    expect(again).toMatchObject({ isChanged: false, hasNews: false, duplicates: 1, recorded: 0 });
    expect(again.assessed).toEqual(first.assessed);
    const later = addReports(first.day, [{ ...heard(playback, 30_000), receivedAtMs: NOON_MS + 50_000 }], { round: 9 });
    expect(later).toMatchObject({ isChanged: true, hasNews: false });
    expect(later.assessed[0]?.qualifiedIn).toBe(3);
  });

  test("counts a playback in the round in which enough is known of it, not when it was first heard of [PLAY-23]", () => {
    const playback = song();
    const claim = { ...heard(playback, 30_000), receivedAtMs: NOON_MS + 5_000 };
    const later = { ...claim, receivedAtMs: NOON_MS + 40_000 };
    const steps = recordOneByOne([claim, later, later], (index) => index + 1);
    expect(steps.map(({ assessed }) => assessed[0]?.qualifiedIn)).toEqual([null, 2, 2]);
    expect(steps.map(({ hasNews }) => hasNews)).toEqual([false, true, false]);
  });
});

describe("the limits of a day", () => {
  test("set events aside beyond those of a playback [PLAY-6]", () => {
    const events = Array.from({ length: PLAYBACK_EVENTS_MAX + 3 }, (_, seq) => playEvent(seq, [seq, seq + 1]));
    const after = addReports(EMPTY_DAY, [{ playback: song(), receivedAtMs: NOON_MS, events }], ROUND);
    expect(after).toMatchObject({ recorded: PLAYBACK_EVENTS_MAX, surplus: 3 });
  });

  test("take no more playbacks than anybody hears, and go on with those that are known [PLAY-26]", () => {
    const songs = Array.from({ length: DAY_PLAYBACKS_MAX }, song);
    const full = addReports(
      EMPTY_DAY,
      songs.map((playback) => heard(playback, 20_000)),
      ROUND,
    );
    expect(full).toMatchObject({ recorded: DAY_PLAYBACKS_MAX, surplus: 0 });
    expect(encodeListeningDay(full.day).length).toBeLessThan(DAY_BYTES_MAX);
    const [known] = songs;
    if (known === undefined) throw new Error("a song expected");
    const after = addReports(full.day, [heard(song(), 30_000), heard(known, 30_000, 2)], ROUND);
    expect(after).toMatchObject({ recorded: 1, surplus: 1, hasNews: true });
    expect(after.assessed.map(({ playback }) => playback)).toEqual([known]);
    expect(after.day.playbacks.size).toBe(DAY_PLAYBACKS_MAX);
  });

  test("keep what is stored within what a row takes, however much is claimed [PLAY-26]", () => {
    const spans = Array.from({ length: 64 }, (_, i) => ({ fromMs: 90_000_000 + 2 * i, toMs: 90_000_001 + 2 * i }));
    const reports = Array.from({ length: 4 }, () => ({
      playback: song(),
      receivedAtMs: NOON_MS + 60_000,
      events: Array.from({ length: PLAYBACK_EVENTS_MAX }, (_, seq) => ({ ...playEvent(seq), spans })),
    }));
    const after = addReports(EMPTY_DAY, reports, ROUND);
    const { length } = encodeListeningDay(after.day);
    expect(after.surplus).toBeGreaterThan(0);
    expect(after.recorded + after.surplus).toBe(4 * PLAYBACK_EVENTS_MAX);
    expect(length).toBeLessThan(DAY_BYTES_MAX + 1_000);
    expect(length).toBeGreaterThan(DAY_BYTES_MAX - 3_000);
    const once = addReports(decodeListeningDay(encodeListeningDay(after.day), subjectId), reports, ROUND);
    expect(once).toMatchObject({ recorded: 0, duplicates: after.recorded, surplus: after.surplus, isChanged: false });
  });
});

/** By another road: all receipts in a heap, and each playback worked out from them at the end. */
function naiveOutcome(playback: PlaybackFacts, receipts: readonly ReceivedPlayback[]) {
  const own = receipts.filter((receipt) => receipt.playback.playbackId === playback.playbackId);
  const firstBodies = new Map<string, PlayEvent>();
  for (const event of own.flatMap(({ events }) => events)) {
    if (!firstBodies.has(event.eventId)) firstBodies.set(event.eventId, event);
  }
  const lastReceivedAtMs = Math.max(...own.map(({ receivedAtMs }) => receivedAtMs));
  const spans = [...firstBodies.values()].flatMap((event) => event.spans);
  return { playback, ...assessPlayback(playback, { spans, lastReceivedAtMs }) };
}

describe("any world of reports", () => {
  const SEEDS = 200;

  function worldOf(random: () => number) {
    const playbacks = Array.from({ length: 1 + Math.floor(random() * 6) }, song);
    const receipts = Array.from({ length: 2 + Math.floor(random() * 20) }, (): ReceivedPlayback => {
      const playback = oneOf(playbacks, random);
      const events = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
        const seq = Math.floor(random() * 8);
        return playEvent(seq, [seq * 8_000, seq * 8_000 + 7_000]);
      });
      return { playback, receivedAtMs: NOON_MS + Math.floor(random() * 60_000), events };
    });
    return { playbacks, receipts };
  }

  test("comes to what a naive reference makes of it, in any order, grouping and repetition [PLAY-5]", () => {
    const seen = { eligible: 0, not: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed);
      const { playbacks, receipts } = worldOf(random);
      const repeated = shuffled([...receipts, ...receipts.filter(() => random() < 0.5)], random);
      const steps = recordOneByOne(repeated, (index) => 1 + Math.floor(index / 4));
      const last = new Map(
        steps.flatMap(({ assessed }) => assessed).map((play) => [play.playback.playbackId, play] as const),
      );
      const whole = addReports(EMPTY_DAY, receipts, ROUND);
      for (const playback of playbacks.filter((one) => last.has(one.playbackId))) {
        const expected = naiveOutcome(playback, receipts);
        expect(last.get(playback.playbackId), `seed ${seed}`).toMatchObject(expected);
        expect(whole.assessed.find((play) => play.playback === playback)).toMatchObject(expected);
        seen[expected.isRoyaltyEligible ? "eligible" : "not"] += 1;
      }
      const news = steps.filter(({ hasNews }) => hasNews).length;
      const qualified = [...last.values()].filter(({ isRoyaltyEligible }) => isRoyaltyEligible);
      expect(news, `seed ${seed}`).toBe(qualified.length);
    }
    expect(Math.min(seen.eligible, seen.not)).toBeGreaterThan(SEEDS / 10);
  });

  test("keeps the body that came first of each event, and counts each event of each report once [PLAY-6]", () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed);
      const { receipts } = worldOf(random);
      const twisted = shuffled(receipts, random).map((receipt) => ({
        ...receipt,
        events: receipt.events.map((event) => (random() < 0.3 ? { ...event, kind: "end" as const } : event)),
      }));
      const steps = recordOneByOne(twisted, () => 1);
      const first = new Map<string, string>();
      const expected = { recorded: 0, duplicates: 0, conflicts: 0, surplus: 0 };
      for (const { playback, events } of twisted) {
        for (const event of events) {
          const name = `${playback.playbackId}/${event.eventId}`;
          const before = first.get(name);
          if (before === undefined) first.set(name, playEventBody(event));
          if (before === undefined) expected.recorded += 1;
          else expected[before === playEventBody(event) ? "duplicates" : "conflicts"] += 1;
        }
      }
      for (const verdict of ["recorded", "duplicates", "conflicts", "surplus"] as const) {
        expect(
          steps.reduce((sum, step) => sum + step[verdict], 0),
          `seed ${seed}`,
        ).toBe(expected[verdict]);
      }
    }
  });
});
