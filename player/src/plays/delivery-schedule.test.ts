import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { deliverySchedule, QUIET_MS, REPORT_PLAYBACKS_MAX, WAIT_MAX_MS } from "./delivery-schedule.ts";
import type { EventStorage } from "./kept-events.ts";
import { type PlayOutbox, playOutbox, type SendOutcome } from "./play-outbox.ts";

const EVERY_MS = 10_000;

function event(seq: number, kind: PlayEventWire["kind"], playToken = "token"): PlayEventWire {
  const spans = kind === "start" ? [] : [{ from_ms: (seq - 1) * EVERY_MS, to_ms: seq * EVERY_MS }];
  return { event_id: `event-${playToken}-${seq}`, play_token: playToken, seq, kind, spans };
}

/** The outbox over a storage that is closed, so that it keeps events in memory. */
const closed: EventStorage = {
  length: 0,
  key: () => null,
  getItem: () => null,
  setItem() {
    throw new DOMException("closed", "SecurityError");
  },
  removeItem: () => undefined,
};

let sent: { readonly atMs: number; readonly events: readonly PlayEventWire[] }[];
let answer: (events: readonly PlayEventWire[]) => Promise<SendOutcome>;
let outbox: PlayOutbox;
let delivered: number;
let schedule: ReturnType<typeof deliverySchedule>;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  const begunAtMs = Date.now();
  sent = [];
  delivered = 0;
  answer = async (events) => ({ kind: "answered", accepted: events.length, refusedIds: [] });
  outbox = playOutbox({
    storage: closed,
    send: (events) => {
      sent.push({ atMs: Date.now() - begunAtMs, events });
      return answer(events);
    },
    accountId: () => "anna",
    now: Date.now,
    random: () => 1,
  });
  schedule = deliverySchedule({ outbox, onDelivered: () => delivered++ });
});

afterEach(() => {
  vi.useRealTimers();
});

function add(one: PlayEventWire): void {
  outbox.add(one, "anna");
  schedule.added(one);
}

/** A song with its regular progress, and what comes at its end. */
async function listen(seconds: number, playToken = "token"): Promise<void> {
  add(event(0, "start", playToken));
  for (let seq = 1; seq * EVERY_MS < seconds * 1_000; seq++) {
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    add(event(seq, "progress", playToken));
  }
  await vi.advanceTimersByTimeAsync(EVERY_MS);
}

const times = () => sent.map(({ atMs }) => atMs);
const unreachable = async (): Promise<SendOutcome> => ({ kind: "unreachable" });

describe("waiting events are sent", () => {
  test("when five playbacks have ended: one event of each song, in one request [PLAY-20]", async () => {
    for (let song = 1; song <= REPORT_PLAYBACKS_MAX; song++) {
      expect(sent).toEqual([]);
      await listen(205, `song-${song}`);
      add(event(21, "end", `song-${song}`));
    }
    await vi.advanceTimersByTimeAsync(0);
    const ends = [1, 2, 3, 4, 5].map((song) => ({
      ...event(21, "end", `song-${song}`),
      seq: 0,
      spans: [{ from_ms: 0, to_ms: 210_000 }],
    }));
    expect(sent.map(({ events }) => events)).toEqual([ends]);
    expect(delivered).toBe(1);
    await vi.advanceTimersByTimeAsync(2 * WAIT_MAX_MS);
    expect(sent).toHaveLength(1);
  });

  test("when fewer have ended and then nothing comes [PLAY-20]", async () => {
    await listen(205, "one");
    add(event(21, "end", "one"));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(sent.map(({ events }) => events.map(({ kind }) => kind))).toEqual([["end"]]);
  });

  test("once for five of the songs of an album, though the next begins before the answer is here [PLAY-21]", async () => {
    answer = async (events) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { kind: "answered", accepted: events.length, refusedIds: [] };
    };
    const songs = Array.from({ length: 10 }, (_song, index) => `song-${index}`);
    for (const song of songs) {
      await listen(205, song);
      add(event(21, "end", song));
      await vi.advanceTimersByTimeAsync(5);
    }
    await vi.advanceTimersByTimeAsync(WAIT_MAX_MS);
    const ends = songs.map((song) => `${song} end`);
    expect(sent.map(({ events }) => events.map((one) => `${one.play_token} ${one.kind}`))).toEqual([
      ends.slice(0, 5),
      ends.slice(5),
    ]);
  });

  test("when nothing was added for as long as a pause that is not a short one [PLAY-20]", async () => {
    add(event(0, "start"));
    await vi.advanceTimersByTimeAsync(4_000);
    add(event(1, "progress"));
    await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent.map(({ events }) => events.length)).toEqual([1]);
  });

  test("when the oldest has waited for twenty minutes, and then again for what came after [PLAY-20]", async () => {
    await listen(2_800);
    expect(times()).toEqual([WAIT_MAX_MS, 2 * WAIT_MAX_MS]);
    expect(outbox.waiting()).toBe(1);
  });

  test("when what waits would not go in one last batch [PLAY-20]", async () => {
    for (let song = 0; song < 40; song++) add(event(0, "start", `${song}-`.padEnd(2_000, "x")));
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.map(({ events }) => events.length)).toEqual([40]);
  });

  test("again after a failure, no earlier than the outbox says though events are added [PLAY-20]", async () => {
    answer = unreachable;
    add(event(1, "end", "one"));
    schedule.sendNow();
    await vi.advanceTimersByTimeAsync(0);
    for (let song = 0; song < 2 * REPORT_PLAYBACKS_MAX; song++) {
      add(event(1, "end", `song-${song}`));
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(times()).toEqual([0, 1_000]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times()).toEqual([0, 1_000, 3_000, 7_000]);
    expect(delivered).toBe(0);
  });

  test("at once when the network is back [PLAY-20]", async () => {
    answer = unreachable;
    add(event(1, "end"));
    await vi.advanceTimersByTimeAsync(60_000);
    answer = async (events) => ({ kind: "answered", accepted: events.length, refusedIds: [] });
    const before = sent.length;
    schedule.sendNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toHaveLength(before + 1);
    expect(delivered).toBe(1);
    expect(outbox.waiting()).toBe(0);
  });

  test("in the next request where five playbacks end while one is under way [PLAY-21]", async () => {
    const { promise, resolve: release } = Promise.withResolvers<SendOutcome>();
    answer = () => promise;
    add(event(1, "end", "one"));
    schedule.sendNow();
    await vi.advanceTimersByTimeAsync(0);
    const later = Array.from({ length: REPORT_PLAYBACKS_MAX }, (_song, index) => `song-${index}`);
    for (const song of later) add(event(1, "end", song));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toHaveLength(1);
    answer = async (events) => ({ kind: "answered", accepted: events.length, refusedIds: [] });
    release({ kind: "answered", accepted: 1, refusedIds: [] });
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.map(({ events }) => events.map((one) => one.play_token))).toEqual([["one"], later]);
  });
});
