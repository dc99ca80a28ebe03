import { describe, expect, it } from "vitest";
import type { AccountId, PlaylistItemId, RecordingId } from "#domain/foundation/ids.ts";
import type { EditContext, PlaylistEdit } from "./edits.ts";
import { ORDER_KEY_LENGTH_MAX } from "./order-keys.ts";
import { checkPermission, permissionOf } from "./permissions.ts";
import { newPlaylist, PLAYLIST_DESCRIPTION_MAX, PLAYLIST_ITEMS_MAX, PLAYLIST_NAME_MAX } from "./playlist.ts";
import { expectPlaylistToMatchArrays, seededPicker } from "./playlist-conformance.ts";
import { PlaylistInMemory } from "./playlist-in-memory.ts";

const OWNER = "owner" as AccountId;
const NOW_MS = Date.UTC(2026, 10, 27);
const DETAILS = { name: "Rim shots", description: "", public: true, collaborative: false };

function recording(name: string): RecordingId {
  return name.padStart(22, "0") as RecordingId;
}

function contextOf(seed: number): EditContext {
  const pick = seededPicker(seed);
  return {
    nowMs: NOW_MS,
    accountId: OWNER,
    random: (sizeBytes) => Uint8Array.from({ length: sizeBytes }, () => pick(256)),
  };
}

function emptyPlaylist(): PlaylistInMemory {
  const created = newPlaylist({ accountId: OWNER, name: "Ada" }, DETAILS, NOW_MS);
  if (!created.ok) throw new Error("the details are valid");
  return new PlaylistInMemory(created.value);
}

/** A playlist of the named tracks at version 2, and an editor whose faults are read with `faultOf`. */
function playlistOf(...names: string[]) {
  const playlist = emptyPlaylist();
  const context = contextOf(1);
  const edit = (next: PlaylistEdit) => playlist.edit(next, context);
  edit({ kind: "add", recordingIds: names.map(recording), position: null });
  const namesNow = () => playlist.slice(0, PLAYLIST_ITEMS_MAX).map((item) => item.recordingId.replace(/^0+/, ""));
  const faultOf = (next: PlaylistEdit) => {
    const result = edit(next);
    return result.ok ? null : result.error;
  };
  return { playlist, edit, namesNow, faultOf };
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe("edits", () => {
  it.each(SEEDS)(
    "leave the order that the same edits leave in an array, one version each, seed %i [PL-1]",
    async (seed) => {
      const playlist = emptyPlaylist();
      const context = contextOf(seed);
      const subject = {
        edit: async (edit: PlaylistEdit) => {
          const result = playlist.edit(edit, context);
          return result.ok ? { ok: true as const, value: { version: result.value.meta.version } } : result;
        },
        readAll: async () => playlist.slice(0, PLAYLIST_ITEMS_MAX),
      };
      await expectPlaylistToMatchArrays(subject, { seed, editCount: 200, staleVersionsMax: 20 });
    },
  );

  it("keep order keys short however often one gap is filled [PL-2]", () => {
    const { playlist, edit, namesNow } = playlistOf("a", "b", "c");
    let rewrites = 0;
    for (let step = 0; step < 900; step++) {
      const result = edit({ kind: "move", rangeStart: 2, rangeLength: 1, insertBefore: 1, asOfVersion: null });
      if (result.ok && result.value.placed.length > 1) rewrites += 1;
    }
    const lengths = playlist.slice(0, 3).map((item) => item.orderKey.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(ORDER_KEY_LENGTH_MAX);
    expect(rewrites).toBeGreaterThan(0);
    expect(namesNow()).toEqual(["a", "b", "c"]);
  });

  it("move a run to before a position that is counted with the run in place [PL-3]", () => {
    const { edit, namesNow } = playlistOf("a", "b", "c", "d", "e");
    edit({ kind: "move", rangeStart: 0, rangeLength: 2, insertBefore: 4, asOfVersion: null });
    expect(namesNow()).toEqual(["c", "d", "a", "b", "e"]);
    edit({ kind: "move", rangeStart: 1, rangeLength: 3, insertBefore: 2, asOfVersion: null });
    expect(namesNow()).toEqual(["c", "d", "a", "b", "e"]);
    edit({ kind: "move", rangeStart: 4, rangeLength: 1, insertBefore: 0, asOfVersion: null });
    expect(namesNow()).toEqual(["e", "c", "d", "a", "b"]);
  });

  it("mean the items that stood at the positions of the named version [PL-4]", () => {
    const { playlist, edit, namesNow } = playlistOf("a", "b", "c", "d");
    const { version } = playlist.meta;
    edit({ kind: "add", recordingIds: [recording("x"), recording("y")], position: 0 });
    edit({ kind: "remove", targets: [{ recordingId: recording("b"), itemId: null }], asOfVersion: null });
    edit({ kind: "move", rangeStart: 0, rangeLength: 2, insertBefore: 3, asOfVersion: version });
    expect(namesNow()).toEqual(["x", "y", "c", "a", "d"]);
  });

  it("refuse positions of a version that is not known [PL-4]", () => {
    const { faultOf } = playlistOf("a", "b");
    for (const asOfVersion of [0, 99]) {
      expect(faultOf({ kind: "move", rangeStart: 0, rangeLength: 1, insertBefore: 2, asOfVersion })).toEqual({
        kind: "stale-snapshot",
      });
    }
  });

  it("remove every place of a track, or the one that is named [PL-5]", () => {
    const { playlist, edit, namesNow } = playlistOf("a", "b", "a", "c", "a");
    const middle = playlist.slice(2, 1)[0]?.itemId ?? null;
    edit({ kind: "remove", targets: [{ recordingId: recording("a"), itemId: middle }], asOfVersion: null });
    expect(namesNow()).toEqual(["a", "b", "c", "a"]);
    edit({ kind: "remove", targets: [{ recordingId: recording("a"), itemId: null }], asOfVersion: null });
    expect(namesNow()).toEqual(["b", "c"]);
  });

  it("leave places that came after the version a removal was meant for [PL-5]", () => {
    const { playlist, edit, namesNow } = playlistOf("a", "b");
    const { version } = playlist.meta;
    edit({ kind: "add", recordingIds: [recording("a")], position: null });
    edit({ kind: "remove", targets: [{ recordingId: recording("a"), itemId: null }], asOfVersion: version });
    expect(namesNow()).toEqual(["b", "a"]);
  });

  it("take the removal of a place that is gone, and refuse one that names another track [PL-5]", () => {
    const { playlist, faultOf } = playlistOf("a", "b");
    const first = playlist.slice(0, 1)[0]?.itemId ?? null;
    const gone = "0".repeat(22) as PlaylistItemId;
    const targets = [{ recordingId: recording("a"), itemId: gone }];
    expect(faultOf({ kind: "remove", targets, asOfVersion: null })).toBeNull();
    const mismatched = [...targets, { recordingId: recording("b"), itemId: first }];
    expect(faultOf({ kind: "remove", targets: mismatched, asOfVersion: null })).toEqual({
      kind: "item-mismatch",
      index: 1,
    });
    expect(playlist.meta.itemCount).toBe(2);
  });

  it.each([
    [{ kind: "add", recordingIds: [recording("x")], position: 3 }, "position"],
    [{ kind: "add", recordingIds: [recording("x")], position: -1 }, "position"],
    [{ kind: "move", rangeStart: 2, rangeLength: 1, insertBefore: 0, asOfVersion: null }, "range_start"],
    [{ kind: "move", rangeStart: 1, rangeLength: 2, insertBefore: 0, asOfVersion: null }, "range_length"],
    [{ kind: "move", rangeStart: 0, rangeLength: 1, insertBefore: 3, asOfVersion: null }, "insert_before"],
  ] as const)("name the field that points outside the list: %j [PL-6]", (edit, field) => {
    const { playlist, faultOf } = playlistOf("a", "b");
    expect(faultOf(edit)).toEqual({ kind: "out-of-range", field });
    expect(playlist.meta.version).toBe(2);
  });

  it("stop at the most items a playlist and an edit may have [PL-7]", () => {
    const { playlist, edit, faultOf } = playlistOf();
    const hundred = Array.from({ length: 100 }, () => recording("a"));
    for (let step = 0; step < PLAYLIST_ITEMS_MAX / 100; step++)
      edit({ kind: "add", recordingIds: hundred, position: null });
    expect(playlist.meta.itemCount).toBe(PLAYLIST_ITEMS_MAX);
    expect(faultOf({ kind: "add", recordingIds: [recording("b")], position: null })).toEqual({
      kind: "full",
      itemsMax: PLAYLIST_ITEMS_MAX,
    });
    const tooMany = [...hundred, recording("a")];
    for (const recordingIds of [tooMany, []]) {
      expect(faultOf({ kind: "add", recordingIds, position: null })?.kind).toBe("edit-size");
    }
  });

  it("bound the name and the description [PL-7]", () => {
    const { playlist, faultOf } = playlistOf("a");
    for (const name of ["", "n".repeat(PLAYLIST_NAME_MAX + 1)]) {
      expect(faultOf({ kind: "change-details", changes: { name } })).toEqual({ kind: "details-length", field: "name" });
    }
    const description = "d".repeat(PLAYLIST_DESCRIPTION_MAX + 1);
    expect(faultOf({ kind: "change-details", changes: { description } })?.kind).toBe("details-length");
    expect(faultOf({ kind: "change-details", changes: { public: false } })).toBeNull();
    expect(playlist.meta).toMatchObject({ name: "Rim shots", public: false, collaborative: false, version: 3 });
    expect(newPlaylist({ accountId: OWNER, name: "Ada" }, { ...DETAILS, name: "" }, NOW_MS).ok).toBe(false);
  });
});

describe("permissions", () => {
  it.each([
    { public: false, collaborative: false, owner: "own", other: "none", stranger: "none" },
    { public: true, collaborative: false, owner: "own", other: "read", stranger: "read" },
    { public: false, collaborative: true, owner: "own", other: "edit", stranger: "none" },
    { public: true, collaborative: true, owner: "own", other: "edit", stranger: "read" },
  ])("follow from who owns the list and how it is shared: %j [PL-8]", ({ owner, other, stranger, ...shared }) => {
    const playlist = { ownerAccountId: OWNER, ...shared };
    expect(permissionOf(playlist, OWNER)).toBe(owner);
    expect(permissionOf(playlist, "somebody")).toBe(other);
    expect(permissionOf(playlist, null)).toBe(stranger);
  });

  it("deny that a list exists to whoever may not read it [PL-8]", () => {
    expect(checkPermission("none", "read")).toEqual({ kind: "not-found" });
    expect(checkPermission("none", "own")).toEqual({ kind: "not-found" });
    expect(checkPermission("read", "edit")).toEqual({ kind: "forbidden" });
    expect(checkPermission("edit", "own")).toEqual({ kind: "forbidden" });
    expect(checkPermission("own", "edit")).toBeNull();
  });
});
