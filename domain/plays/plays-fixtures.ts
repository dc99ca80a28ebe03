/** What the tests of plays are made of. Random numbers are seeded, so a failure comes back. */
import { type AccountId, makeId, type PlaybackId, type RecordingId } from "#domain/foundation/ids.ts";
import type { EpochMs } from "#domain/foundation/time.ts";
import type { PlaybackFacts, PlayEvent } from "./play-event.ts";
import type { PlayTokenClaims } from "./play-token.ts";
import { makeSubjectId, SUBJECT_RANDOM_BYTES } from "./subject.ts";

/** A uniform number in [0, 1) from each call (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

export function oneOf<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("there is nothing to choose from");
  return item;
}

export function freshId<Id extends string>(atMs: EpochMs): Id {
  return makeId<Id>(atMs, crypto.getRandomValues(new Uint8Array(8)));
}

export function playTokenClaims(issuedAtMs: EpochMs, overrides: Partial<PlayTokenClaims> = {}): PlayTokenClaims {
  return {
    playback: freshId<PlaybackId>(issuedAtMs),
    sub: freshId<AccountId>(issuedAtMs),
    subject: makeSubjectId(crypto.getRandomValues(new Uint8Array(SUBJECT_RANDOM_BYTES))),
    track: freshId<RecordingId>(issuedAtMs),
    durationMs: 200_000,
    issuedAtMs,
    country: "DE",
    commercialModel: "AdvertisementSupportedModel",
    ...overrides,
  };
}

export function playbackFacts(issuedAtMs: EpochMs, overrides: Partial<PlaybackFacts> = {}): PlaybackFacts {
  const { playback, subject, track, sub: _account, ...rest } = playTokenClaims(issuedAtMs);
  return { playbackId: playback, subjectId: subject, recordingId: track, ...rest, ...overrides };
}

/** An event that claims one stretch, or none. */
export function playEvent(seq: number, heard?: readonly [fromMs: number, toMs: number]): PlayEvent {
  const kind = seq === 0 ? "start" : "progress";
  const spans = heard === undefined ? [] : [{ fromMs: heard[0], toMs: heard[1] }];
  return { eventId: `event-${String(seq).padStart(4, "0")}`, seq, kind, spans };
}
