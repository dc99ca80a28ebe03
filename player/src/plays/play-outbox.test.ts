import { describe, expect, test } from "vitest";
import { PLAY_TOKEN_LIFETIME_MS } from "#domain/plays/play-token.ts";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { type EventStorage, KEPT_MAX } from "./kept-events.ts";
import { BATCH_MAX, KEEPALIVE_BYTES_MAX, playOutbox, type SendOutcome } from "./play-outbox.ts";

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

/** Of a playback of its own: events of one playback go into one another. */
function event(name: string, seq = 1): PlayEventWire {
  return { event_id: `event-${name}`, play_token: `token-${name}`, seq, kind: "progress", spans: [] };
}

/** A stretch of the one playback of these tests. */
function heard(name: string, fromMs: number, toMs: number, kind: PlayEventWire["kind"] = "progress"): PlayEventWire {
  return { event_id: `event-${name}`, play_token: "token", seq: 1, kind, spans: [{ from_ms: fromMs, to_ms: toMs }] };
}

function eventsIn(storage: { readonly values: ReadonlyMap<string, string> }): PlayEventWire[] {
  return [...storage.values].sort().map(([, value]) => (JSON.parse(value) as { event: PlayEventWire }).event);
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

  test("sends the newest events that fit when the page goes, and keeps all until an answer has them", () => {
    const storage = memoryStorage();
    const sizes: number[] = [];
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(storage, (events) => {
      sizes.push(JSON.stringify({ events }).length);
      return send(events);
    });
    for (let i = 0; i < 40; i++) {
      outbox.add({ ...event(String(i).padStart(2, "0"), i), play_token: `${i}-`.padEnd(2_000, "x") }, "anna");
      expect(outbox.fitsLastBatch()).toBe(i < 28);
    }
    outbox.flushOnLeave();
    expect(sizes[0]).toBeLessThanOrEqual(KEEPALIVE_BYTES_MAX);
    expect(sizes[0]).toBeGreaterThan(KEEPALIVE_BYTES_MAX - 2_200);
    expect(batches[0]?.at(-1)).toBe("event-39");
    expect(storage.values.size).toBe(40);
  });

  test("sends no more than the limit when the page goes", () => {
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(memoryStorage(), send);
    for (let i = 0; i <= BATCH_MAX; i++) outbox.add(event(String(i), i), "anna");
    expect(outbox.fitsLastBatch()).toBe(false);
    outbox.flushOnLeave();
    expect(batches[0]).toHaveLength(BATCH_MAX);
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

describe("events of one playback", () => {
  test("are one in storage until they are sent [PLAY-18]", async () => {
    const storage = memoryStorage();
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(storage, send);
    outbox.add({ ...heard("start", 0, 1, "start"), seq: 0, spans: [] }, "anna");
    for (let i = 0; i < 20; i++) {
      outbox.add(heard(String(i), i * 10_000, (i + 1) * 10_000), "anna");
      expect(eventsIn(storage).map(({ spans }) => spans)).toEqual([[{ from_ms: 0, to_ms: (i + 1) * 10_000 }]]);
    }
    outbox.add(heard("end", 200_000, 205_000, "end"), "anna");
    expect(eventsIn(storage)).toEqual([{ ...heard("end", 0, 205_000, "end"), seq: 0 }]);
    await outbox.flush();
    expect(batches).toEqual([["event-end"]]);
  });

  test("keep the instant of the first, by which they run out [PLAY-18]", () => {
    const storage = memoryStorage();
    const outbox = outboxOn(storage, service(acceptAll).send);
    outbox.add(heard("one", 0, 1_000), "anna");
    const [instant] = [...storage.values.keys()].map((key) => key.split("-")[1]?.split(":")[1]);
    outbox.add(heard("two", 1_000, 2_000), "anna");
    expect([...storage.values.keys()]).toEqual([`rimshot:play-event:${instant}-000001-event-two`]);
  });

  test("stay as they are once they were sent, with or without an answer [PLAY-19]", async () => {
    const storage = memoryStorage();
    const { send, batches } = service(unreachable, acceptAll);
    const outbox = outboxOn(storage, send);
    outbox.add(heard("one", 0, 10_000), "anna");
    await outbox.flush();
    outbox.add(heard("two", 10_000, 20_000), "anna");
    outbox.add(heard("three", 20_000, 30_000), "anna");
    expect(eventsIn(storage)).toEqual([heard("one", 0, 10_000), heard("three", 10_000, 30_000)]);
    await outbox.flush();
    expect(batches).toEqual([["event-one"], ["event-one", "event-three"]]);
  });

  test("stay as they are while they are under way, and what comes meanwhile is not lost [PLAY-19]", async () => {
    const storage = memoryStorage();
    const { send, batches } = service(acceptAll);
    const outbox = outboxOn(storage, send);
    outbox.add(heard("one", 0, 10_000), "anna");
    const flushed = outbox.flush();
    outbox.add(heard("two", 10_000, 20_000), "anna");
    await flushed;
    expect(eventsIn(storage)).toEqual([heard("two", 10_000, 20_000)]);
    await outbox.flush();
    expect(batches).toEqual([["event-one"], ["event-two"]]);
  });

  test("stay as they are when the page left and came back [PLAY-19]", () => {
    const storage = memoryStorage();
    const outbox = outboxOn(storage, service(acceptAll).send);
    outbox.add(heard("one", 0, 10_000), "anna");
    outbox.flushOnLeave();
    outbox.add(heard("two", 10_000, 20_000), "anna");
    expect(eventsIn(storage)).toEqual([heard("one", 0, 10_000), heard("two", 10_000, 20_000)]);
  });

  test("stay as they are when an earlier life of the page made them [PLAY-19]", () => {
    const storage = memoryStorage();
    outboxOn(storage, service(acceptAll).send).add(heard("one", 0, 10_000), "anna");
    outboxOn(storage, service(acceptAll).send).add(heard("two", 10_000, 20_000), "anna");
    expect(
      eventsIn(storage)
        .map(({ event_id }) => event_id)
        .sort(),
    ).toEqual(["event-one", "event-two"]);
  });

  test("have a new id when they change, so that what another tab has sent meanwhile still stands [PLAY-18]", async () => {
    const storage = memoryStorage();
    const taken = new Map<string, string>();
    const service = async (events: readonly PlayEventWire[]): Promise<SendOutcome> => {
      for (const one of events) {
        const body = JSON.stringify(one.spans);
        expect(taken.get(one.event_id) ?? body).toBe(body);
        taken.set(one.event_id, body);
      }
      return acceptAll(events);
    };
    const here = outboxOn(storage, service);
    const other = outboxOn(storage, service);
    here.add(heard("one", 0, 10_000), "anna");
    await other.flush();
    expect(storage.values.size).toBe(0);
    here.add(heard("two", 10_000, 20_000), "anna");
    await other.flush();
    here.add(heard("three", 20_000, 25_000, "end"), "anna");
    await here.flush();
    expect([...taken.values()].flatMap((body) => JSON.parse(body) as object[])).toContainEqual({
      from_ms: 0,
      to_ms: 25_000,
    });
    expect(storage.values.size).toBe(0);
  });

  test("are both kept where the page dies in between, and where there is no room for the two [PLAY-18]", () => {
    const dying = memoryStorage();
    const lastWords = { ...dying, removeItem: () => undefined };
    const outbox = outboxOn(lastWords, service(acceptAll).send);
    outbox.add(heard("one", 0, 10_000), "anna");
    outbox.add(heard("two", 10_000, 20_000), "anna");
    expect(eventsIn(dying)).toEqual([heard("two", 0, 20_000), heard("one", 0, 10_000)].sort(byId));

    const full = memoryStorage();
    const crowded = outboxOn(full, service(acceptAll).send);
    crowded.add(heard("one", 0, 10_000), "anna");
    full.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    crowded.add(heard("two", 10_000, 20_000), "anna");
    crowded.add(heard("three", 20_000, 30_000), "anna");
    expect(eventsIn(full)).toEqual([heard("one", 0, 10_000)]);
    expect(crowded.waiting()).toBe(2);
  });

  test("are of one account", () => {
    const storage = memoryStorage();
    const outbox = outboxOn(storage, service(acceptAll).send);
    outbox.add(heard("one", 0, 10_000), "anna");
    outbox.add(heard("two", 10_000, 20_000), "ben");
    expect(storage.values.size).toBe(2);
  });
});

function byId(a: PlayEventWire, b: PlayEventWire): number {
  return a.event_id < b.event_id ? -1 : 1;
}
