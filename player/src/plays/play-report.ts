/** The events of one playback, in order: `start` when sound begins, `progress` on the way, `end` once. */
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { type AudibleSpans, audibleSpans } from "./audible-spans.ts";
import { SPANS_MAX } from "./merge-events.ts";

export const PROGRESS_EVERY_MS = 10_000;

export interface PlayReport {
  readonly spans: AudibleSpans;
  /** The first event. Says nothing when it was said before. */
  start(nowMs: number): void;
  /** Reports what was heard since the event before, where there is something. */
  progress(nowMs: number): void;
  /** Whether it is time for the regular progress. */
  isDue(nowMs: number): boolean;
  /** The last event; everything after it is ignored. */
  end(nowMs: number): void;
}

export interface PlayReportOptions {
  readonly playToken: string;
  readonly makeEventId: () => string;
  readonly emit: (event: PlayEventWire) => void;
}

export function playReport({ playToken, makeEventId, emit }: PlayReportOptions): PlayReport {
  const spans = audibleSpans();
  let seq = 0;
  let reportedAtMs = 0;
  let phase: "new" | "started" | "ended" = "new";

  const say = (kind: PlayEventWire["kind"], heard: PlayEventWire["spans"], nowMs: number) => {
    emit({ event_id: makeEventId(), play_token: playToken, seq: seq++, kind, spans: heard });
    reportedAtMs = nowMs;
  };

  return {
    spans,
    start(nowMs) {
      if (phase !== "new") return;
      phase = "started";
      say("start", [], nowMs);
    },
    progress(nowMs) {
      if (phase !== "started") return;
      const heard = spans.take(SPANS_MAX);
      if (heard.length > 0) say("progress", heard, nowMs);
    },
    isDue: (nowMs) => phase === "started" && nowMs - reportedAtMs >= PROGRESS_EVERY_MS,
    end(nowMs) {
      if (phase !== "started") return;
      let heard = spans.take(SPANS_MAX);
      // A full event may leave spans behind it, and after the end there is no other.
      while (heard.length === SPANS_MAX) {
        say("progress", heard, nowMs);
        heard = spans.take(SPANS_MAX);
      }
      phase = "ended";
      say("end", heard, nowMs);
    },
  };
}
