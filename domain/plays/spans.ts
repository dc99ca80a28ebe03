/** Stretches of media time in integer milliseconds: from inclusive, to exclusive. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The same stretches within [0, durationMs], disjoint and in order: each millisecond is in the result once, however
 * often it was heard. Adjacent stretches are one. Input order and repetition make no difference.
 */
export function unionSpans(spans: Iterable<Span>, durationMs: number): Span[] {
  const clamped: Span[] = [];
  for (const { fromMs, toMs } of spans) {
    const span = { fromMs: Math.max(0, fromMs), toMs: Math.min(durationMs, toMs) };
    if (span.toMs > span.fromMs) clamped.push(span);
  }
  clamped.sort((a, b) => a.fromMs - b.fromMs);
  const union: Span[] = [];
  for (const span of clamped) {
    const last = union.at(-1);
    if (last === undefined || span.fromMs > last.toMs) union.push(span);
    else if (span.toMs > last.toMs) union[union.length - 1] = { fromMs: last.fromMs, toMs: span.toMs };
  }
  return union;
}

export function spansLengthMs(disjoint: readonly Span[]): number {
  return disjoint.reduce((totalMs, { fromMs, toMs }) => totalMs + toMs - fromMs, 0);
}
