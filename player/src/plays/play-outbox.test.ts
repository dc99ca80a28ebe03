import { describe, expect, test } from "vitest";
import { PLAY_TOKEN_LIFETIME_MS } from "#domain/plays/play-token.ts";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import {
  BATCH_MAX,
  type EventStorage,
  KEEPALIVE_BATCH_MAX,
  KEPT_MAX,
  playOutbox,
  type SendOutcome,
} from "./play-outbox.ts";

function memoryStorage(): EventStorage & { readonly values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get length() {
      return values.size;
    },
    key: (index) => [...values.keys()][index] ?? null,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

function event(name: string, seq = 1): PlayEventWire {
  return { event_id: `event-${name}`, play_token: "token", seq, kind: "progress", spans: [] };
}

/** The service as seen from here: answers by turns, the last answer for ever. */
function service(...answers: ((events: readonly PlayEventWire[]) => SendOutcome)[]) {
  const batches: string[][] = [];
  const send = async (events: readonly PlayEventWire[]): Promise<SendOutcome> => {
    const answer = answers[Math.min(batches.length, answers.length - 1)];
    batches.push(events.map(({ event_id }) => event_id));
    return answer?.(events) ?? { kind: "unreachable" };
  };
  return { send, batches };
}

const acceptAll = (events: readonly PlayEventWire[]): SendOutcome => ({
  kind: "answered",
  accepted: events.length,
  refusedIds: [],
});
const unreachable = (): SendOutcome => ({ kind: "unreachable" });

function outboxOn(storage: EventStorage, send: ReturnType<typeof service>["send"], account: string | null = "anna") {
  let clock = 1_700_000_000_000;
  return playOutbox({ storage, send, accountId: () => account, now: () => clock++, random: () => 0.5 });
}

const stored = (one: PlayEventWire) => JSON.stringify({ account: "anna", event: one });

describe("the play outbox", () => {
  test("forgets events when an answer has them, in the order they were made", async () => {
    const storage = memoryStorage();
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(storage, send);
    outbox.add(event("one", 0), "anna");
    outbox.add(event("two", 1), "anna");
    expect(await outbox.flush()).toBeNull();
    expect(batches).toEqual([["event-one", "event-two"]]);
    expect(storage.values.size).toBe(0);
  });

  test("keeps events over a lost network and a reload, and sends the same ones again", async () => {
    const storage = memoryStorage();
    const lost = service(unreachable);
    const before = outboxOn(storage, lost.send);
    before.add(event("one"), "anna");
    expect(await before.flush()).toBeGreaterThan(0);
    const found = service(acceptAll);
    const afterReload = outboxOn(storage, found.send);
    expect(await afterReload.flush()).toBeNull();
    expect(found.batches).toEqual([["event-one"]]);
    expect(afterReload.waiting()).toBe(0);
  });

  test("waits longer after each failure, up to a minute, and starts over after a success", async () => {
    const { send } = service(...Array.from({ length: 9 }, () => unreachable), acceptAll);
    const outbox = outboxOn(memoryStorage(), send);
    outbox.add(event("one"), "anna");
    const waits: (number | null)[] = [];
    for (let i = 0; i < 10; i++) waits.push(await outbox.flush());
    expect(waits).toEqual([750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000, 45_000, null]);
  });

  test("never sends more than the limit in one batch", async () => {
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(memoryStorage(), send);
    for (let i = 0; i < 250; i++) outbox.add(event(String(i).padStart(3, "0"), i), "anna");
    await outbox.flush();
    expect(batches.map((batch) => batch.length)).toEqual([BATCH_MAX, BATCH_MAX, 50]);
  });

  test("drops refused events and keeps those an answer does not account for", async () => {
    const storage = memoryStorage();
    const { send, batches } = service(() => ({ kind: "answered", accepted: 1, refusedIds: ["event-bad"] }), acceptAll);
    const outbox = outboxOn(storage, send);
    for (const name of ["good", "bad", "unsure"]) outbox.add(event(name), "anna");
    expect(await outbox.flush()).toBeGreaterThan(0);
    expect(await outbox.flush()).toBeNull();
    expect(batches[1]).toEqual(["event-good", "event-unsure"]);
  });

  test("finds the one event that makes a batch invalid and delivers all others", async () => {
    const delivered: string[] = [];
    const storage = memoryStorage();
    const outbox = outboxOn(storage, async (events) => {
      if (events.some(({ event_id }) => event_id === "event-5")) return { kind: "rejected" };
      delivered.push(...events.map(({ event_id }) => event_id));
      return acceptAll(events);
    });
    for (let i = 0; i < 9; i++) outbox.add(event(String(i)), "anna");
    expect(await outbox.flush()).toBeNull();
    expect(delivered.sort()).toEqual([0, 1, 2, 3, 4, 6, 7, 8].map((i) => `event-${i}`));
    expect(storage.values.size).toBe(0);
  });

  test("does not send one account's events in another's name, nor without an account", async () => {
    const storage = memoryStorage();
    const { send, batches } = service(acceptAll);
    outboxOn(storage, send, "anna").add(event("annas"), "anna");
    await outboxOn(storage, send, "ben").flush();
    await outboxOn(storage, send, null).flush();
    expect(batches).toEqual([]);
    await outboxOn(storage, send, "anna").flush();
    expect(batches).toEqual([["event-annas"]]);
  });

  test("keeps events in memory where storage is full", async () => {
    const storage = memoryStorage();
    storage.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(storage, send);
    outbox.add(event("one"), "anna");
    expect(outbox.waiting()).toBe(1);
    await outbox.flush();
    expect(batches).toEqual([["event-one"]]);
    expect(outbox.waiting()).toBe(0);
  });

  test("sends the newest events when the page goes, and keeps them until an answer has them", () => {
    const storage = memoryStorage();
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(storage, send);
    for (let i = 0; i < 40; i++) outbox.add(event(String(i).padStart(2, "0"), i), "anna");
    outbox.flushOnLeave();
    expect(batches[0]).toHaveLength(KEEPALIVE_BATCH_MAX);
    expect(batches[0]?.at(-1)).toBe("event-39");
    expect(storage.values.size).toBe(40);
  });

  test("sends an event once though flush is called many times at once", async () => {
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(memoryStorage(), send);
    outbox.add(event("one"), "anna");
    await Promise.all([outbox.flush(), outbox.flush(), outbox.flush()]);
    expect(batches).toHaveLength(1);
  });

  test("drops events whose play token has run out, of an account too that never comes back", async () => {
    const storage = memoryStorage();
    storage.setItem("rimshot:theme", "dark");
    let nowMs = 1_700_000_000_000;
    const { send, batches } = service(acceptAll);
    const outboxOf = (account: string | null) =>
      playOutbox({ storage, send, accountId: () => account, now: () => nowMs, random: () => 0.5 });
    outboxOf("anna").add(event("annas"), "anna");
    nowMs += PLAY_TOKEN_LIFETIME_MS;
    outboxOf("ben").add(event("bens"), "ben");
    await outboxOf(null).flush();
    expect(storage.values.size).toBe(3);
    nowMs += 1;
    await outboxOf(null).flush();
    expect([...storage.values.keys()].filter((key) => key.endsWith("annas"))).toEqual([]);
    await outboxOf("ben").flush();
    expect(batches).toEqual([["event-bens"]]);
    expect([...storage.values.keys()]).toEqual(["rimshot:theme"]);
  });

  test("keeps a limited number of events, the newest", async () => {
    const storage = memoryStorage();
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(storage, send);
    for (let i = 0; i < KEPT_MAX; i++) {
      const name = String(i).padStart(4, "0");
      storage.setItem(`rimshot:play-event:${1_699_999_000_000 + i}-000001-event-${name}`, stored(event(name)));
    }
    outbox.add(event("newest"), "anna");
    expect(storage.values.size).toBe(KEPT_MAX);
    await outbox.flush();
    expect(batches[0]?.[0]).toBe("event-0001");
    expect(batches.at(-1)?.at(-1)).toBe("event-newest");
  });

  test("passes over what is not its own in the same storage", async () => {
    const storage = memoryStorage();
    storage.setItem("rimshot:theme", "dark");
    storage.setItem("rimshot:play-event:0-x", "not json");
    const { send, batches } = service(acceptAll);
    expect(await outboxOn(storage, send).flush()).toBeNull();
    expect(batches).toEqual([]);
  });
});
