import { describe, expect, test } from "vitest";
import * as queues from "./queue.ts";

function track(id: string, isPlayable = true): queues.QueueTrack {
  return {
    id,
    name: id,
    duration_ms: 1_000,
    explicit: false,
    is_playable: isPlayable,
    artists: [],
    album: { id: "album", name: "Album" },
    image_url: null,
  };
}

const letters = (text: string) => [...text].map((letter) => track(letter));
const playing = (text: string, start = 0) => queues.playTracks(queues.EMPTY_QUEUE, letters(text), start, () => 0);
const order = (queue: queues.Queue) => queue.entries.map((entry) => entry.track.id).join("");
const current = (queue: queues.Queue | null) => (queue === null ? null : queues.currentEntry(queue)?.track.id);
const keyOf = (queue: queues.Queue, id: string) => queue.entries.find((entry) => entry.track.id === id)?.key ?? -1;

/** A generator with a seed, so that a shuffle is the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe("the queue", () => {
  test("plays a list from any of its tracks to its end", () => {
    const queue = playing("abc", 1);
    expect(current(queue)).toBe("b");
    const last = queues.afterEnd(queue);
    expect(current(last)).toBe("c");
    expect(last && queues.afterEnd(last)).toBeNull();
  });

  test("repeats all, or the one track", () => {
    const all = { ...playing("ab", 1), repeat: "all" as const };
    expect(current(queues.afterEnd(all))).toBe("a");
    const one = { ...playing("ab"), repeat: "one" as const };
    expect(current(queues.afterEnd(one))).toBe("a");
    expect(current(queues.skipForward(one))).toBe("b");
  });

  test("goes round a queue of one track that repeats", () => {
    expect(current(queues.afterEnd({ ...playing("a"), repeat: "all" }))).toBe("a");
  });

  test("passes over tracks that may not be played here, and stops where none may", () => {
    const mixed = queues.playTracks(queues.EMPTY_QUEUE, [track("a"), track("b", false), track("c")], 0, () => 0);
    const third = queues.skipForward(mixed);
    expect(current(third)).toBe("c");
    expect(current(third && queues.skipBack(third))).toBe("a");
    const none = queues.playTracks(queues.EMPTY_QUEUE, [track("a", false), track("b", false)], 0, () => 0);
    expect(queues.skipForward({ ...none, repeat: "all" })).toBeNull();
  });

  test("puts tracks next, or at the end", () => {
    const queue = queues.append(queues.playNext(playing("abc"), letters("x")), letters("y"));
    expect(order(queue)).toBe("axbcy");
    expect(current(queue)).toBe("a");
  });

  test("starts at the first track that is put in an empty queue", () => {
    expect(current(queues.append(queues.EMPTY_QUEUE, letters("a")))).toBe("a");
  });

  test("moves entries while what plays goes on playing", () => {
    const queue = playing("abcd", 1);
    const moved = queues.moveEntry(queue, keyOf(queue, "d"), 0);
    expect(order(moved)).toBe("dabc");
    expect(current(moved)).toBe("b");
    expect(order(queues.moveEntry(queue, keyOf(queue, "b"), 99))).toBe("acdb");
    expect(current(queues.moveEntry(queue, keyOf(queue, "b"), 99))).toBe("b");
  });

  test("removes before, after and at what plays", () => {
    const queue = playing("abc", 1);
    expect(current(queues.removeEntry(queue, keyOf(queue, "a")))).toBe("b");
    expect(current(queues.removeEntry(queue, keyOf(queue, "c")))).toBe("b");
    expect(current(queues.removeEntry(queue, keyOf(queue, "b")))).toBe("c");
    const single = playing("a");
    expect(queues.removeEntry(single, keyOf(single, "a")).index).toBe(-1);
  });

  test("shuffles with what plays first, loses nothing, and finds the old order again", () => {
    const queue = playing("abcdefgh", 3);
    const shuffled = queues.toggleShuffle(queue, seeded(7));
    expect(current(shuffled)).toBe("d");
    expect(shuffled.index).toBe(0);
    expect([...order(shuffled)].sort().join("")).toBe("abcdefgh");
    expect(order(shuffled)).not.toBe("dabcefgh");
    const back = queues.toggleShuffle(shuffled, seeded(7));
    expect(order(back)).toBe("abcdefgh");
    expect(current(back)).toBe("d");
  });

  test("keeps shuffle on for the next list, with the chosen track first", () => {
    const shuffled = queues.toggleShuffle(playing("ab"), seeded(1));
    const next = queues.playTracks(shuffled, letters("vwxyz"), 2, seeded(1));
    expect(current(next)).toBe("x");
    expect(order(queues.toggleShuffle(next, seeded(1)))).toBe("vwxyz");
  });

  test("puts what was added and leaves out what was removed when the old order comes back", () => {
    const shuffled = queues.toggleShuffle(playing("abc"), seeded(3));
    const added = queues.append(shuffled, letters("x"));
    const removed = queues.removeEntry(added, keyOf(added, "b"));
    expect(order(queues.toggleShuffle(removed, seeded(3)))).toBe("acx");
  });

  test("clears what comes after", () => {
    expect(order(queues.clearUpcoming(playing("abcd", 1)))).toBe("ab");
  });

  test("holds a limited number of tracks and keeps the one that was asked for", () => {
    const many = Array.from({ length: queues.QUEUE_ENTRIES_MAX + 100 }, (_, i) => track(`t${i}`));
    const queue = queues.playTracks(queues.EMPTY_QUEUE, many, many.length - 1, () => 0);
    expect(queue.entries).toHaveLength(queues.QUEUE_ENTRIES_MAX);
    expect(current(queue)).toBe(`t${many.length - 1}`);
    expect(queues.append(queue, letters("x")).entries).toHaveLength(queues.QUEUE_ENTRIES_MAX);
  });
});
