import { describe, expect, test } from "vitest";
import { type AudibleSpans, audibleSpans } from "./audible-spans.ts";

/** Plays from one media time to another, reading the clock each 250 ms. Returns the wall time at the end. */
function listen(spans: AudibleSpans, fromMs: number, toMs: number, nowMs: number): number {
  spans.resume(fromMs, nowMs);
  let now = nowMs;
  for (let position = fromMs; position < toMs; position = Math.min(toMs, position + 250)) {
    now += Math.min(250, toMs - position);
    spans.advance(Math.min(toMs, position + 250), now);
  }
  return now;
}

describe("audible spans", () => {
  test("are one span for one uninterrupted stretch", () => {
    const spans = audibleSpans();
    const now = listen(spans, 0, 10_000, 0);
    spans.suspend(10_000, now);
    expect(spans.take(64)).toEqual([{ from_ms: 0, to_ms: 10_000 }]);
  });

  test("leave out the time of a pause, and go on as the same stretch of media", () => {
    const spans = audibleSpans();
    let now = listen(spans, 0, 3_000, 0);
    spans.suspend(3_000, now);
    now = listen(spans, 3_000, 5_000, now + 60_000);
    spans.suspend(5_000, now);
    expect(spans.take(64)).toEqual([{ from_ms: 0, to_ms: 5_000 }]);
  });

  test("leave out what a seek jumps over, forward and back", () => {
    const spans = audibleSpans();
    let now = listen(spans, 0, 2_000, 0);
    spans.suspend(2_000, now);
    now = listen(spans, 50_000, 53_000, now);
    spans.suspend(53_000, now);
    now = listen(spans, 1_000, 2_500, now);
    spans.suspend(2_500, now);
    expect(spans.take(64)).toEqual([
      { from_ms: 0, to_ms: 2_000 },
      { from_ms: 50_000, to_ms: 53_000 },
      { from_ms: 1_000, to_ms: 2_500 },
    ]);
  });

  test("take a clock that outruns the wall for a jump even where no seek was announced", () => {
    const spans = audibleSpans();
    const now = listen(spans, 0, 2_000, 0);
    spans.advance(90_000, now + 250);
    spans.suspend(90_250, now + 500);
    expect(spans.take(64)).toEqual([
      { from_ms: 0, to_ms: 2_000 },
      { from_ms: 90_000, to_ms: 90_250 },
    ]);
  });

  test("do not grow while the clock stands still in a stall", () => {
    const spans = audibleSpans();
    const now = listen(spans, 0, 1_000, 0);
    spans.advance(1_000, now + 5_000);
    spans.advance(1_250, now + 5_250);
    spans.suspend(1_250, now + 5_250);
    expect(spans.take(64)).toEqual([{ from_ms: 0, to_ms: 1_250 }]);
  });

  test("a stall does not buy a later jump of its length", () => {
    const spans = audibleSpans();
    const now = listen(spans, 0, 1_000, 0);
    for (let waited = 250; waited <= 10_000; waited += 250) spans.advance(1_000, now + waited);
    spans.advance(9_000, now + 10_250);
    spans.suspend(9_000, now + 10_250);
    expect(spans.take(64)).toEqual([{ from_ms: 0, to_ms: 1_000 }]);
  });

  test("are taken once, and a stretch under way goes on after it was cut", () => {
    const spans = audibleSpans();
    const now = listen(spans, 0, 10_000, 0);
    expect(spans.take(64)).toEqual([{ from_ms: 0, to_ms: 10_000 }]);
    expect(spans.take(64)).toEqual([]);
    spans.advance(10_250, now + 250);
    expect(spans.take(64)).toEqual([{ from_ms: 10_000, to_ms: 10_250 }]);
  });

  test("beyond the number that fits are kept for the next event", () => {
    const spans = audibleSpans();
    let now = 0;
    for (let i = 0; i < 5; i++) {
      now = listen(spans, i * 10_000, i * 10_000 + 500, now);
      spans.suspend(i * 10_000 + 500, now);
    }
    expect(spans.take(3)).toHaveLength(3);
    expect(spans.take(3)).toHaveLength(2);
  });
});
