import { describe, expect, test } from "vitest";
import { seededRandom } from "#domain/plays/plays-fixtures.ts";
import { assessPlayback } from "#domain/plays/qualification.ts";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import type { Span } from "./audible-spans.ts";
import { mergeEvents, SPANS_MAX } from "./merge-events.ts";

type Stretch = readonly [fromMs: number, toMs: number];

function event(seq: number, kind: PlayEventWire["kind"], ...stretches: readonly Stretch[]): PlayEventWire {
  const spans = stretches.map(([from_ms, to_ms]) => ({ from_ms, to_ms }));
  return { event_id: `event-${seq}`, play_token: "token", seq, kind, spans };
}

/** As the outbox does it: each into the one before, where that can be. */
function mergeAll(events: readonly PlayEventWire[]): PlayEventWire[] {
  const merged: PlayEventWire[] = [];
  for (const next of events) {
    const last = merged.at(-1);
    const both = last === undefined ? null : mergeEvents(last, next);
    if (both !== null) merged.pop();
    merged.push(both ?? next);
  }
  return merged;
}

function outcomeOf(spans: readonly Span[]) {
  const heard = spans.map(({ from_ms: fromMs, to_ms: toMs }) => ({ fromMs, toMs }));
  return assessPlayback({ durationMs: 205_000, issuedAtMs: 0 }, { spans: heard, lastReceivedAtMs: 3_600_000 });
}

describe("merged events", () => {
  test("make one end of a song that was heard through [PLAY-18]", () => {
    const progress = Array.from({ length: 20 }, (_, i) => event(i + 1, "progress", [i * 10_000, (i + 1) * 10_000]));
    const all = [event(0, "start"), ...progress, event(21, "end", [200_000, 205_000])];
    expect(mergeAll(all)).toEqual([
      { event_id: "event-21", play_token: "token", seq: 0, kind: "end", spans: [{ from_ms: 0, to_ms: 205_000 }] },
    ]);
  });

  test("keep stretches apart that a seek lies between [PLAY-18]", () => {
    const both = mergeEvents(event(1, "progress", [0, 4_000]), event(2, "progress", [60_000, 61_000], [3_000, 5_000]));
    expect(both?.spans).toEqual([
      { from_ms: 0, to_ms: 4_000 },
      { from_ms: 60_000, to_ms: 61_000 },
      { from_ms: 3_000, to_ms: 5_000 },
    ]);
  });

  test("never say more than one event may [PLAY-19]", () => {
    const apart = Array.from({ length: SPANS_MAX }, (_, i): Stretch => [i * 10, i * 10 + 5]);
    const full = event(1, "progress", ...apart);
    expect(mergeEvents(full, event(2, "progress", [9_000, 9_001]))).toBeNull();
    expect(mergeEvents(full, event(2, "progress", [(SPANS_MAX - 1) * 10 + 5, 9_001]))?.spans).toHaveLength(SPANS_MAX);
  });

  test("are of one playback, and nothing goes into an end [PLAY-19]", () => {
    expect(mergeEvents(event(1, "progress"), { ...event(2, "progress"), play_token: "other" })).toBeNull();
    expect(mergeEvents(event(1, "end"), event(2, "progress"))).toBeNull();
  });

  test("amount to what the events amount to, each by itself [PLAY-5]", () => {
    const random = seededRandom(205);
    for (let run = 0; run < 200; run++) {
      let positionMs = 0;
      const events = Array.from({ length: 2 + Math.floor(random() * 40) }, (_, seq) => {
        const stretches = Array.from({ length: Math.floor(random() * 5) }, (): Stretch => {
          if (random() < 0.3) positionMs = Math.floor(random() * 200_000);
          const fromMs = positionMs;
          positionMs += 1 + Math.floor(random() * 10_000);
          return [fromMs, positionMs];
        });
        return event(seq, "progress", ...stretches);
      });
      const merged = mergeAll(events);
      expect(merged.length).toBeLessThan(events.length);
      expect(Math.max(...merged.map(({ spans }) => spans.length))).toBeLessThanOrEqual(SPANS_MAX);
      expect(outcomeOf(merged.flatMap(({ spans }) => spans))).toEqual(outcomeOf(events.flatMap(({ spans }) => spans)));
    }
  });
});
