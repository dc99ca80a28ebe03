/**
 * Which stretches of a track were really heard, told from the audio clock. The clock stands still in pauses and
 * stalls; a jump of the clock is a seek and never counts as heard.
 */

import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";

/** In the form in which it is reported. */
export type Span = PlayEventWire["spans"][number];

/**
 * The clock is read about four times a second, and once a second in a hidden tab. Media time may run ahead of the
 * wall between two readings by this much before it is taken for a jump.
 */
const CLOCK_SLACK_MS = 400;

export interface AudibleSpans {
  /** Sound begins to come out at this media time. */
  resume(positionMs: number, nowMs: number): void;
  /** The clock was read while sound comes out. */
  advance(positionMs: number, nowMs: number): void;
  /** Sound stops: pause, stall, mute, the instant before a seek, or the end. */
  suspend(positionMs: number, nowMs: number): void;
  /** The spans since they were last taken, at most `countMax`: a span under way is cut here and goes on. */
  take(countMax: number): Span[];
}

export function audibleSpans(): AudibleSpans {
  let closed: Span[] = [];
  let open: { fromMs: number; toMs: number; readAtMs: number } | null = null;

  const close = () => {
    if (open !== null) closed = appendSpan(closed, open.fromMs, open.toMs);
    open = null;
  };

  const advance = (positionMs: number, nowMs: number) => {
    if (open === null) return;
    const heardMs = positionMs - open.toMs;
    const elapsedMs = nowMs - open.readAtMs;
    const jumped = heardMs < 0 || heardMs > elapsedMs + CLOCK_SLACK_MS;
    if (jumped) {
      close();
      open = { fromMs: positionMs, toMs: positionMs, readAtMs: nowMs };
    } else {
      open.toMs = positionMs;
      open.readAtMs = nowMs;
    }
  };

  return {
    resume(positionMs, nowMs) {
      if (open === null) open = { fromMs: positionMs, toMs: positionMs, readAtMs: nowMs };
      else advance(positionMs, nowMs);
    },
    advance,
    suspend(positionMs, nowMs) {
      advance(positionMs, nowMs);
      close();
    },
    take(countMax) {
      if (open !== null) {
        closed = appendSpan(closed, open.fromMs, open.toMs);
        open.fromMs = open.toMs;
      }
      const taken = closed.slice(0, countMax);
      closed = closed.slice(countMax);
      return taken;
    },
  };
}

/** Whole milliseconds inside the stretch; a stretch that goes on where the last one ended makes it longer. */
export function appendSpan(spans: readonly Span[], fromMs: number, toMs: number): Span[] {
  const span = { from_ms: Math.max(0, Math.round(fromMs)), to_ms: Math.round(toMs) };
  if (span.to_ms <= span.from_ms) return [...spans];
  const last = spans.at(-1);
  if (last?.to_ms === span.from_ms) return [...spans.slice(0, -1), { from_ms: last.from_ms, to_ms: span.to_ms }];
  return [...spans, span];
}
