/**
 * What every home of a playlist is held against: a long run of random edits, made on it and on plain arrays that keep
 * every version whole. The arrays are the meaning; order keys, indexes and what is read when are not in them.
 */
import { expect } from "vitest";
import type { PlaylistItemId, RecordingId } from "#domain/foundation/ids.ts";
import type { Result } from "#domain/foundation/result.ts";
import type { EditFault, PlaylistEdit } from "./edits.ts";
import { PLAYLIST_EDIT_ITEMS_MAX, type PlaylistItem } from "./playlist.ts";

export interface PlaylistSubject {
  edit(edit: PlaylistEdit): Promise<Result<{ version: number }, { kind: string }>>;
  readAll(): Promise<readonly PlaylistItem[]>;
}

export interface ConformanceRun {
  readonly seed: number;
  readonly editCount: number;
  /** Edits name versions at most this old. */
  readonly staleVersionsMax: number;
}

interface Place {
  readonly recordingId: RecordingId;
  readonly addedVersion: number;
  /** Known once the subject has been read. */
  itemId: PlaylistItemId | null;
}

const RECORDINGS = Array.from({ length: 8 }, (_, index) => `${index}`.padStart(22, "r") as RecordingId);

export async function expectPlaylistToMatchArrays(subject: PlaylistSubject, run: ConformanceRun): Promise<void> {
  const pick = seededPicker(run.seed);
  const versions: Place[][] = [[], []];
  for (let step = 0; step < run.editCount; step++) {
    const edit = randomEdit(pick, versions, run.staleVersionsMax);
    const expected = applyToArrays(versions, edit);
    const answer = await subject.edit(edit);
    if (Array.isArray(expected)) {
      versions.push(expected);
      expect(answer, `step ${step}: ${JSON.stringify(edit)}`).toEqual({
        ok: true,
        value: { version: versions.length - 1 },
      });
    } else {
      expect(answer.ok ? null : answer.error.kind, `step ${step}: ${JSON.stringify(edit)}`).toBe(expected.kind);
    }
    expectSamePlaces(await subject.readAll(), versions[versions.length - 1] ?? [], step);
  }
}

function expectSamePlaces(items: readonly PlaylistItem[], places: readonly Place[], step: number): void {
  expect(
    items.map((item) => item.recordingId),
    `step ${step}`,
  ).toEqual(places.map((place) => place.recordingId));
  expect(new Set(items.map((item) => item.itemId)).size).toBe(items.length);
  for (const [index, place] of places.entries()) {
    const itemId = items[index]?.itemId ?? null;
    place.itemId ??= itemId;
    expect(itemId, `step ${step}, position ${index}`).toBe(place.itemId);
  }
}

/** The places after an edit, or the fault that is due. */
function applyToArrays(versions: readonly Place[][], edit: PlaylistEdit): Place[] | Pick<EditFault, "kind"> {
  const present = versions[versions.length - 1] ?? [];
  switch (edit.kind) {
    case "add": {
      const at = edit.position ?? present.length;
      if (at > present.length) return { kind: "out-of-range" };
      const added = edit.recordingIds.map((recordingId) => ({
        recordingId,
        addedVersion: versions.length,
        itemId: null,
      }));
      return [...present.slice(0, at), ...added, ...present.slice(at)];
    }
    case "remove": {
      const asOfVersion = edit.asOfVersion ?? versions.length - 1;
      return present.filter(
        (place) =>
          !edit.targets.some(({ recordingId, itemId }) =>
            itemId === null
              ? recordingId === place.recordingId && place.addedVersion <= asOfVersion
              : itemId === place.itemId,
          ),
      );
    }
    case "move": {
      const snapshot = versions[edit.asOfVersion ?? versions.length - 1];
      if (snapshot === undefined) return { kind: "stale-snapshot" };
      const end = edit.rangeStart + edit.rangeLength;
      if (end > snapshot.length || edit.insertBefore > snapshot.length) return { kind: "out-of-range" };
      const named = snapshot.slice(edit.rangeStart, end);
      const run = named.filter((place) => present.includes(place));
      const anchor = snapshot
        .slice(edit.insertBefore)
        .find((place) => !named.includes(place) && present.includes(place));
      const rest = present.filter((place) => !run.includes(place));
      const at = anchor === undefined ? rest.length : rest.indexOf(anchor);
      return [...rest.slice(0, at), ...run, ...rest.slice(at)];
    }
    case "change-details":
      return [...present];
  }
}

/** An integer from 0 up to and not including `below`. */
type Picker = (below: number) => number;

function randomEdit(pick: Picker, versions: readonly Place[][], staleVersionsMax: number): PlaylistEdit {
  const present = versions[versions.length - 1] ?? [];
  const newest = versions.length - 1;
  const asOfVersion = pick(2) === 0 ? null : Math.max(1, newest - pick(staleVersionsMax + 1));
  const snapshot = versions[asOfVersion ?? newest] ?? [];
  const recordingId = () => RECORDINGS[pick(RECORDINGS.length)] as RecordingId;
  const choice = pick(10);
  if (choice < 4 || present.length === 0) {
    const recordingIds = Array.from({ length: 1 + pick(5) }, recordingId);
    return { kind: "add", recordingIds, position: pick(3) === 0 ? null : pick(present.length + 2) };
  }
  if (choice === 4) {
    return { kind: "remove", targets: [{ recordingId: recordingId(), itemId: null }], asOfVersion };
  }
  if (choice === 5) {
    const targets = Array.from({ length: 1 + pick(3) }, () => snapshot[pick(snapshot.length)] ?? present[0]).flatMap(
      (place) => (place === undefined ? [] : [{ recordingId: place.recordingId, itemId: place.itemId }]),
    );
    return { kind: "remove", targets, asOfVersion };
  }
  if (choice === 6) return { kind: "change-details", changes: { name: `Name ${pick(100)}` } };
  const rangeLength = 1 + pick(Math.min(6, PLAYLIST_EDIT_ITEMS_MAX));
  const rangeStart = pick(snapshot.length + 1);
  return { kind: "move", rangeStart, rangeLength, insertBefore: pick(snapshot.length + 2), asOfVersion };
}

/** mulberry32: small, and the same run for the same seed everywhere. */
export function seededPicker(seed: number): Picker {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
