/** Two events of a playback in one, for as long as nobody but this page has seen either of them. */
import type { PLAY_SPANS_MAX, PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { appendSpan } from "./audible-spans.ts";

/** The contract's own number: the type keeps the two from drifting apart. */
export const SPANS_MAX: typeof PLAY_SPANS_MAX = 64;

/**
 * What both say, as the later event from where the earlier one began; null where they are not for one playback, or say
 * too much for one event. The event id is that of the later one, which is new: an id never stands for two bodies, so
 * even where another tab has sent the earlier event in the meantime, both count and nothing counts twice.
 */
export function mergeEvents(before: PlayEventWire, after: PlayEventWire): PlayEventWire | null {
  if (before.play_token !== after.play_token || before.kind === "end") return null;
  const spans = after.spans.reduce((all, { from_ms, to_ms }) => appendSpan(all, from_ms, to_ms), before.spans);
  return spans.length > SPANS_MAX ? null : { ...after, seq: before.seq, spans };
}
