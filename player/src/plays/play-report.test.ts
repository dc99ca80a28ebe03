import { expect, test } from "vitest";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { playReport } from "./play-report.ts";

function reporter() {
  const events: PlayEventWire[] = [];
  let made = 0;
  const report = playReport({
    playToken: "token",
    makeEventId: () => `event-${String(made++).padStart(4, "0")}`,
    emit: (event) => events.push(event),
  });
  return { report, events };
}

test("starts with seq 0 and no spans, counts up, and ends once", () => {
  const { report, events } = reporter();
  report.start(0);
  report.start(0);
  report.spans.resume(0, 0);
  report.spans.advance(1_000, 1_000);
  report.progress(1_000);
  report.spans.suspend(2_000, 2_000);
  report.end(2_000);
  report.end(2_000);
  report.progress(3_000);
  expect(events.map(({ kind, seq, spans }) => ({ kind, seq, spans }))).toEqual([
    { kind: "start", seq: 0, spans: [] },
    { kind: "progress", seq: 1, spans: [{ from_ms: 0, to_ms: 1_000 }] },
    { kind: "end", seq: 2, spans: [{ from_ms: 1_000, to_ms: 2_000 }] },
  ]);
  expect(new Set(events.map((event) => event.event_id)).size).toBe(3);
});

test("says nothing before it started, and no progress where nothing was heard", () => {
  const { report, events } = reporter();
  report.progress(0);
  report.end(0);
  expect(events).toEqual([]);
  report.start(0);
  report.progress(20_000);
  expect(events).toHaveLength(1);
});

test("is due ten seconds after the event before", () => {
  const { report } = reporter();
  expect(report.isDue(60_000)).toBe(false);
  report.start(60_000);
  expect(report.isDue(69_999)).toBe(false);
  expect(report.isDue(70_000)).toBe(true);
});

test("loses no span at the end, however many there are", () => {
  const { report, events } = reporter();
  report.start(0);
  for (let i = 0; i < 150; i++) {
    report.spans.resume(i * 1_000, i * 1_000);
    report.spans.suspend(i * 1_000 + 400, i * 1_000 + 400);
  }
  report.end(200_000);
  expect(events.flatMap((event) => event.spans)).toHaveLength(150);
  expect(Math.max(...events.map((event) => event.spans.length))).toBeLessThanOrEqual(64);
  expect(events.at(-1)?.kind).toBe("end");
});
