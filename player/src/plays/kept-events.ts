/**
 * Play events in the browser's storage. Each lies under its own key, so that tabs that share the storage never overwrite
 * one another. Where storage is closed or full, events live as long as the page.
 */
import { PLAY_TOKEN_LIFETIME_MS } from "#domain/plays/play-token.ts";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";

/** Days of listening, for which nothing could be sent; about the 5 MB that a browser gives a page. */
export const KEPT_MAX = 4_000;
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

export interface KeptEvent {
  readonly key: string;
  readonly account: string;
  readonly event: PlayEventWire;
}

export interface KeptEvents {
  /** Those of the account, oldest first. */
  read(account: string): KeptEvent[];
  add(event: PlayEventWire, account: string, nowMs: number): KeptEvent;
  /**
   * Puts the event in the place of one before, which it contains; it grows no younger by it. The new one is stored before
   * the old one goes: a crash in between leaves both, which count as one. Null where there is no room for the two: the
   * old one then stays as it is.
   */
  replace(before: KeptEvent, event: PlayEventWire): KeptEvent | null;
  forget(kept: readonly KeptEvent[]): void;
  /** Drops what is too old or too much, whoever's it is: an account may never sign in here again. */
  prune(nowMs: number): void;
}

export function keptEvents(storage: EventStorage): KeptEvents {
  const memory = new Map<string, string>();
  const keys = () => [...storedKeys(storage), ...memory.keys()].sort();
  const forgetKeys = (dropped: readonly string[]) => {
    for (const key of dropped) {
      memory.delete(key);
      storage.removeItem(key);
    }
  };
  return {
    read: (account) =>
      keys().flatMap((key) => {
        const event = decode(memory.get(key) ?? storage.getItem(key), account);
        return event === null ? [] : [{ key, account, event }];
      }),
    add(event, account, nowMs) {
      const kept = { key: keyOf(nowMs, event), account, event };
      if (!store(storage, kept)) memory.set(kept.key, encode(kept));
      return kept;
    },
    replace(before, event) {
      const kept = { key: keyOf(madeAtMs(before.key), event), account: before.account, event };
      const wasInMemory = memory.has(before.key);
      if (!store(storage, kept)) {
        if (!wasInMemory) return null;
        memory.set(kept.key, encode(kept));
      }
      forgetKeys([before.key]);
      return kept;
    },
    forget: (kept) => forgetKeys(kept.map(({ key }) => key)),
    prune: (nowMs) => forgetKeys(keysToDrop(keys(), nowMs)),
  };
}

/** Whether there was room for it. */
function store(storage: EventStorage, kept: KeptEvent): boolean {
  try {
    storage.setItem(kept.key, encode(kept));
    return true;
  } catch {
    return false;
  }
}

function keyOf(atMs: number, { seq, event_id: eventId }: PlayEventWire): string {
  return `${KEY_PREFIX}${atMs}-${String(seq).padStart(SEQ_DIGITS, "0")}-${eventId}`;
}

function encode({ account, event }: KeptEvent): string {
  return JSON.stringify({ account, event });
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

/** When the event, or the first of those in it, was added; NaN for a key of another form. */
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
