/**
 * Play events wait here until the service has them. Sent twice by two tabs, an event still counts once. While nobody has
 * tried to send an event, the next one of its playback takes its place and says what both say: a song is then one event.
 */
import type { PLAY_EVENTS_MAX, PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { type EventStorage, type KeptEvent, type KeptEvents, keptEvents } from "./kept-events.ts";
import { mergeEvents } from "./merge-events.ts";

/** The contract's own number: the type keeps the two from drifting apart. */
export const BATCH_MAX: typeof PLAY_EVENTS_MAX = 100;
/** A browser refuses keepalive bodies of more than 64 KiB, and counts all that are under way together. */
export const KEEPALIVE_BYTES_MAX = 60_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;

export type SendOutcome =
  /** The service answered: it has `accepted` of them, and will never take the refused ones. */
  | { readonly kind: "answered"; readonly accepted: number; readonly refusedIds: readonly string[] }
  /** The request itself is wrong: sending the same again cannot help. */
  | { readonly kind: "rejected" }
  /** No answer, signed out, or trouble on the other side: later. */
  | { readonly kind: "unreachable" };

export type SendEvents = (events: readonly PlayEventWire[], keepalive: boolean) => Promise<SendOutcome>;

export interface PlayOutboxOptions {
  readonly storage: EventStorage;
  readonly send: SendEvents;
  /** The account whose events may be sent now; null while nobody is signed in. */
  readonly accountId: () => string | null;
  readonly now: () => number;
  /** 0 to 1, for the jitter of retries. */
  readonly random: () => number;
}

export interface PlayOutbox {
  /** `account` is whose playback it is. */
  add(event: PlayEventWire, account: string): void;
  /**
   * Sends what waits now. Resolves with the milliseconds to wait before the next try, or null when the service has all
   * of it. What is added meanwhile waits for the next flush: or each would take the beginning of the next song along.
   */
  flush(): Promise<number | null>;
  /** The page is going away: one last batch, without waiting for an answer. */
  flushOnLeave(): void;
  waiting(): number;
  /** Whether all that waits could go in the last batch of a page that leaves. */
  fitsLastBatch(): boolean;
}

export function playOutbox({ storage, send, accountId, now, random }: PlayOutboxOptions): PlayOutbox {
  const kept = keptEvents(storage);
  /** By play token: the newest event of the playback, where this page made it and no attempt was made to send it. */
  const unattempted = new Map<string, KeptEvent>();
  let failures = 0;
  let flushing: Promise<number | null> | null = null;

  const read = (): KeptEvent[] => {
    const account = accountId();
    return account === null ? [] : kept.read(account);
  };

  /** From now on the service may know them as they are. */
  const markAttempted = (batch: readonly KeptEvent[]) => {
    for (const { event } of batch) unattempted.delete(event.play_token);
  };

  const retryLater = (): number => {
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures++);
    return ceilingMs / 2 + (ceilingMs / 2) * random();
  };

  const flushAll = async (): Promise<number | null> => {
    kept.prune(now());
    const waiting = read();
    markAttempted(waiting);
    for (let start = 0; start < waiting.length; start += BATCH_MAX) {
      if (!(await settle(kept, send, waiting.slice(start, start + BATCH_MAX)))) return retryLater();
    }
    failures = 0;
    return null;
  };

  return {
    add(event, account) {
      const before = unattempted.get(event.play_token);
      const merged = before?.account === account ? mergeEvents(before.event, event) : null;
      const replaced = before === undefined || merged === null ? null : kept.replace(before, merged);
      const newest = replaced ?? kept.add(event, account, now());
      // Nothing comes after an end.
      if (event.kind === "end") unattempted.delete(event.play_token);
      else unattempted.set(event.play_token, newest);
      kept.prune(now());
    },
    flush() {
      flushing ??= flushAll().finally(() => {
        flushing = null;
      });
      return flushing;
    },
    flushOnLeave() {
      const batch = lastBatchOf(read());
      if (batch.length === 0) return;
      markAttempted(batch);
      // They stay in storage: if this request is lost, the next visit sends them.
      void send(eventsOf(batch), true);
    },
    waiting: () => read().length,
    fitsLastBatch() {
      const waiting = read();
      return lastBatchOf(waiting).length === waiting.length;
    },
  };
}

/** Whether the batch is settled. One wrong event must not hold up the rest, so a rejected batch is halved. */
async function settle(kept: KeptEvents, send: SendEvents, batch: readonly KeptEvent[]): Promise<boolean> {
  const outcome = await send(eventsOf(batch), false);
  if (outcome.kind === "unreachable") return false;
  if (outcome.kind === "answered") {
    const refused = new Set(outcome.refusedIds);
    const complete = outcome.accepted + refused.size >= batch.length;
    kept.forget(complete ? batch : batch.filter(({ event }) => refused.has(event.event_id)));
    return complete;
  }
  if (batch.length === 1) {
    kept.forget(batch);
    return true;
  }
  const middle = Math.ceil(batch.length / 2);
  return (await settle(kept, send, batch.slice(0, middle))) && (await settle(kept, send, batch.slice(middle)));
}

function eventsOf(batch: readonly KeptEvent[]): PlayEventWire[] {
  return batch.map(({ event }) => event);
}

/** The newest that fit: of those before them, the most have been tried already. Events are ASCII by the contract. */
function lastBatchOf(waiting: readonly KeptEvent[]): readonly KeptEvent[] {
  const newest = waiting.slice(-BATCH_MAX);
  let bytes = JSON.stringify({ events: [] }).length;
  const first = newest.findLastIndex(({ event }) => {
    bytes += JSON.stringify(event).length + 1;
    return bytes > KEEPALIVE_BYTES_MAX;
  });
  return newest.slice(first + 1);
}
