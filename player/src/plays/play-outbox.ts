/**
 * Play events wait here until the service has them. Each lies in storage under its own key, so that tabs that share
 * the storage never overwrite one another; sent twice by two tabs, an event still counts once.
 */
import { PLAY_TOKEN_LIFETIME_MS } from "#domain/plays/play-token.ts";
import type { PLAY_EVENTS_MAX, PlayEventWire } from "#workers/api/plays/plays-contract.ts";

/** The contract's own number: the type keeps the two from drifting apart. */
export const BATCH_MAX: typeof PLAY_EVENTS_MAX = 100;
/** A browser refuses keepalive bodies of more than 64 KiB, and a play token may be 2 KiB long. */
export const KEEPALIVE_BATCH_MAX = 24;
/** Eleven hours of listening, for which nothing could be sent; about the 5 MB that a browser gives a page. */
export const KEPT_MAX = 4_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
const KEY_PREFIX = "rimshot:play-event:";
const SEQ_DIGITS = 6;

/** The part of the Web Storage interface that is needed. */
export interface EventStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

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

interface Kept {
  readonly key: string;
  readonly event: PlayEventWire;
}

export interface PlayOutbox {
  /** `account` is whose playback it is. */
  add(event: PlayEventWire, account: string): void;
  /** Sends what waits. Resolves with the milliseconds to wait before the next try, or null when nothing is left. */
  flush(): Promise<number | null>;
  /** The page is going away: one last batch, without waiting for an answer. */
  flushOnLeave(): void;
  waiting(): number;
}

export function playOutbox(options: PlayOutboxOptions): PlayOutbox {
  const { storage, send, accountId, now, random } = options;
  // Where storage is closed or full, events live as long as the page.
  const memory = new Map<string, string>();
  let failures = 0;
  let flushing: Promise<number | null> | null = null;

  const read = (): Kept[] => {
    const account = accountId();
    if (account === null) return [];
    const keys = [...storedKeys(storage), ...memory.keys()].sort();
    return keys.flatMap((key) => {
      const event = decode(memory.get(key) ?? storage.getItem(key), account);
      return event === null ? [] : [{ key, event }];
    });
  };

  const forget = (kept: readonly Pick<Kept, "key">[]) => {
    for (const { key } of kept) {
      memory.delete(key);
      storage.removeItem(key);
    }
  };

  /** Whoever's they are: an account may never sign in here again. */
  const prune = () => {
    const keys = [...storedKeys(storage), ...memory.keys()].sort();
    forget(keysToDrop(keys, now()).map((key) => ({ key })));
  };

  const retryLater = (): number => {
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures++);
    return ceilingMs / 2 + (ceilingMs / 2) * random();
  };

  /** Whether the batch is settled. One wrong event must not hold up the rest, so a rejected batch is halved. */
  const settle = async (batch: readonly Kept[]): Promise<boolean> => {
    const outcome = await send(
      batch.map(({ event }) => event),
      false,
    );
    if (outcome.kind === "unreachable") return false;
    if (outcome.kind === "answered") {
      const refused = new Set(outcome.refusedIds);
      const complete = outcome.accepted + refused.size >= batch.length;
      forget(complete ? batch : batch.filter(({ event }) => refused.has(event.event_id)));
      return complete;
    }
    if (batch.length === 1) {
      forget(batch);
      return true;
    }
    const middle = Math.ceil(batch.length / 2);
    return (await settle(batch.slice(0, middle))) && (await settle(batch.slice(middle)));
  };

  const flushAll = async (): Promise<number | null> => {
    prune();
    for (let batch = read().slice(0, BATCH_MAX); batch.length > 0; batch = read().slice(0, BATCH_MAX)) {
      if (!(await settle(batch))) return retryLater();
    }
    failures = 0;
    return null;
  };

  return {
    add(event, account) {
      const order = `${now()}-${String(event.seq).padStart(SEQ_DIGITS, "0")}`;
      const key = `${KEY_PREFIX}${order}-${event.event_id}`;
      const value = JSON.stringify({ account, event });
      try {
        storage.setItem(key, value);
      } catch {
        memory.set(key, value);
      }
      prune();
    },
    flush() {
      flushing ??= flushAll().finally(() => {
        flushing = null;
      });
      return flushing;
    },
    flushOnLeave() {
      const batch = read().slice(-KEEPALIVE_BATCH_MAX);
      // They stay in storage: if this request is lost, the next visit sends them.
      if (batch.length > 0)
        void send(
          batch.map(({ event }) => event),
          true,
        );
    },
    waiting: () => read().length,
  };
}

function storedKeys(storage: EventStorage): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "").filter((key) =>
    key.startsWith(KEY_PREFIX),
  );
}

/**
 * Of keys in order: those of events whose play token has run out, which no service will count any more, and the oldest
 * of what is beyond the limit.
 */
function keysToDrop(keys: readonly string[], nowMs: number): string[] {
  const oldestMs = nowMs - PLAY_TOKEN_LIFETIME_MS;
  const surplus = keys.length - KEPT_MAX;
  return keys.filter((key, index) => index < surplus || !(madeAtMs(key) >= oldestMs));
}

/** When the event was added; NaN for a key of another form. */
function madeAtMs(key: string): number {
  return Number.parseInt(key.slice(KEY_PREFIX.length), 10);
}

/** Only this module writes under its prefix, so a value that parses is of its form. */
function decode(text: string | null, account: string): PlayEventWire | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as { account: string; event: PlayEventWire };
    return kept.account === account ? kept.event : null;
  } catch {
    return null;
  }
}
