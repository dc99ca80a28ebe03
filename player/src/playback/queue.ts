/** What plays now and what comes after it, as values: every change gives a new queue. */
import type { Track, TrackRef } from "#workers/api/catalog/catalog-contract.ts";

/** What the player needs of a track, wherever it was found. */
export interface QueueTrack extends Pick<TrackRef, "id" | "name" | "duration_ms" | "explicit" | "is_playable"> {
  readonly artists: readonly { readonly id: string; readonly name: string }[];
  readonly album: { readonly id: string; readonly name: string };
  readonly image_url: string | null;
}

export interface QueueEntry {
  /** Names this place in the queue, where the same track stands twice. */
  readonly key: number;
  readonly track: QueueTrack;
}

export type RepeatMode = "off" | "all" | "one";

export interface Queue {
  readonly entries: readonly QueueEntry[];
  /** The entry that plays; -1 in an empty queue. */
  readonly index: number;
  readonly repeat: RepeatMode;
  /** The keys in the order before it was shuffled; null where it is not. */
  readonly unshuffled: readonly number[] | null;
  readonly nextKey: number;
}

/** More would not fit in the page's storage beside the play events. */
export const QUEUE_ENTRIES_MAX = 500;

export const EMPTY_QUEUE: Queue = { entries: [], index: -1, repeat: "off", unshuffled: null, nextKey: 0 };

export function queueTrackOf(track: Track): QueueTrack {
  return { ...track, image_url: track.album.images[0]?.url ?? null };
}

export function currentEntry(queue: Queue): QueueEntry | null {
  return queue.entries[queue.index] ?? null;
}

/** Replaces the queue by these tracks and stands at one of them. Keeps repeat, and shuffles anew where it was on. */
export function playTracks(queue: Queue, tracks: readonly QueueTrack[], start: number, random: () => number): Queue {
  const first = Math.max(0, Math.min(start, tracks.length - 1));
  // A list that is too long keeps what comes after the track that was asked for.
  const from = tracks.length > QUEUE_ENTRIES_MAX ? Math.min(first, tracks.length - QUEUE_ENTRIES_MAX) : 0;
  const entries = makeEntries(queue, tracks.slice(from, from + QUEUE_ENTRIES_MAX));
  const replaced: Queue = {
    ...queue,
    entries,
    index: entries.length === 0 ? -1 : first - from,
    unshuffled: null,
    nextKey: queue.nextKey + entries.length,
  };
  return queue.unshuffled === null ? replaced : shuffle(replaced, random);
}

/** Puts tracks right after the one that plays. */
export function playNext(queue: Queue, tracks: readonly QueueTrack[]): Queue {
  return insert(queue, tracks, queue.index + 1);
}

export function append(queue: Queue, tracks: readonly QueueTrack[]): Queue {
  return insert(queue, tracks, queue.entries.length);
}

/** Where the queue goes when a track ends by itself; null where the music stops. */
export function afterEnd(queue: Queue): Queue | null {
  if (queue.repeat === "one") return queue;
  return skipForward(queue);
}

/** Where "next" goes; null at the end of a queue that does not repeat. Leaves out what cannot be played. */
export function skipForward(queue: Queue): Queue | null {
  return seekPlayable(queue, 1);
}

/** Where "previous" goes; null at the beginning of a queue that does not repeat. */
export function skipBack(queue: Queue): Queue | null {
  return seekPlayable(queue, -1);
}

export function jumpTo(queue: Queue, key: number): Queue {
  const index = queue.entries.findIndex((entry) => entry.key === key);
  return index < 0 ? queue : { ...queue, index };
}

/** Moves an entry to an index of the list as it is after the move; what plays goes on playing. */
export function moveEntry(queue: Queue, key: number, to: number): Queue {
  const moving = queue.entries.find((entry) => entry.key === key);
  if (moving === undefined) return queue;
  const rest = queue.entries.filter((entry) => entry !== moving);
  const target = Math.max(0, Math.min(to, rest.length));
  return keepCurrent(queue, [...rest.slice(0, target), moving, ...rest.slice(target)]);
}

/** Takes an entry out. Where it is the one that plays, the queue stands at the one after it. */
export function removeEntry(queue: Queue, key: number): Queue {
  const removed = queue.entries.findIndex((entry) => entry.key === key);
  if (removed < 0) return queue;
  const entries = queue.entries.filter((entry) => entry.key !== key);
  const index = removed < queue.index ? queue.index - 1 : Math.min(queue.index, entries.length - 1);
  return { ...queue, entries, index, unshuffled: queue.unshuffled?.filter((other) => other !== key) ?? null };
}

/** Takes out all that comes after the track that plays. */
export function clearUpcoming(queue: Queue): Queue {
  const entries = queue.entries.slice(0, queue.index + 1);
  const kept = new Set(entries.map((entry) => entry.key));
  return { ...queue, entries, unshuffled: queue.unshuffled?.filter((key) => kept.has(key)) ?? null };
}

export function toggleShuffle(queue: Queue, random: () => number): Queue {
  return queue.unshuffled === null ? shuffle(queue, random) : unshuffle(queue, queue.unshuffled);
}

export function cycleRepeat(queue: Queue): Queue {
  const following = { off: "all", all: "one", one: "off" } as const;
  return { ...queue, repeat: following[queue.repeat] };
}

function makeEntries(queue: Queue, tracks: readonly QueueTrack[]): QueueEntry[] {
  return tracks.map((track, offset) => ({ key: queue.nextKey + offset, track }));
}

function insert(queue: Queue, tracks: readonly QueueTrack[], at: number): Queue {
  const added = makeEntries(queue, tracks.slice(0, QUEUE_ENTRIES_MAX - queue.entries.length));
  const entries = [...queue.entries.slice(0, at), ...added, ...queue.entries.slice(at)];
  return {
    ...queue,
    entries,
    index: queue.index < 0 && entries.length > 0 ? 0 : queue.index,
    unshuffled: queue.unshuffled === null ? null : [...queue.unshuffled, ...added.map((entry) => entry.key)],
    nextKey: queue.nextKey + added.length,
  };
}

function seekPlayable(queue: Queue, step: 1 | -1): Queue | null {
  const count = queue.entries.length;
  for (let tried = 1; tried <= count; tried++) {
    const reached = queue.index + step * tried;
    const inside = reached >= 0 && reached < count;
    if (!inside && queue.repeat === "off") return null;
    const index = ((reached % count) + count) % count;
    if (queue.entries[index]?.track.is_playable === true) return { ...queue, index };
  }
  return null;
}

/** What plays comes first and everything else follows in any order, so that nothing is left out. */
function shuffle(queue: Queue, random: () => number): Queue {
  const current = currentEntry(queue);
  const rest = queue.entries.filter((entry) => entry !== current);
  for (let i = rest.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [rest[i], rest[j]];
    if (a !== undefined && b !== undefined) [rest[i], rest[j]] = [b, a];
  }
  return {
    ...queue,
    entries: current === null ? rest : [current, ...rest],
    index: current === null ? -1 : 0,
    unshuffled: queue.entries.map((entry) => entry.key),
  };
}

function unshuffle(queue: Queue, order: readonly number[]): Queue {
  const places = new Map(order.map((key, place) => [key, place]));
  const entries = [...queue.entries].sort((a, b) => (places.get(a.key) ?? 0) - (places.get(b.key) ?? 0));
  return { ...keepCurrent(queue, entries), unshuffled: null };
}

function keepCurrent(queue: Queue, entries: readonly QueueEntry[]): Queue {
  const current = currentEntry(queue);
  return { ...queue, entries, index: current === null ? -1 : entries.indexOf(current) };
}
