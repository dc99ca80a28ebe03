import { describe, expect, test } from "vitest";
import type { AccountId, PlaylistItemId, RecordingId } from "#domain/foundation/ids.ts";
import { newPlaylist } from "#domain/playlists/playlist.ts";
import { seededPicker } from "#domain/playlists/playlist-conformance.ts";
import { PlaylistInMemory } from "#domain/playlists/playlist-in-memory.ts";
import type { Playlist } from "#workers/api/playlists/playlists-contract.ts";
import {
  afterAnswer,
  applyEdit,
  type EditRequest,
  editRequest,
  moveEdit,
  type PlaylistEdit,
} from "./playlist-edits.ts";

function playlist(ids: readonly string[], version: number): Playlist {
  const items = ids.map((id) => ({
    item_id: id,
    added_at: "2026-11-23T00:00:00Z",
    added_by: { id: "anna" },
    is_local: false as const,
    track: null,
  }));
  return {
    id: "p",
    type: "playlist",
    name: "P",
    description: "",
    href: "",
    uri: "",
    public: true,
    collaborative: false,
    owner: { id: "anna", display_name: "Anna" },
    snapshot_id: String(version),
    images: [],
    tracks: { href: "", items, limit: 50, next: null, offset: 0, previous: null, total: items.length },
  };
}

const idsOf = (one: Playlist) => one.tracks.items.map((item) => item.item_id);

/** The service's own rules, over a list of tracks that are named by one letter each. */
function service(letters: string) {
  const owner = { accountId: "anna" as AccountId, name: "Anna" };
  const details = { name: "P", description: "", public: true, collaborative: true };
  const created = newPlaylist(owner, details, 0);
  if (!created.ok) throw new Error("the details are valid");
  const list = new PlaylistInMemory(created.value);
  const pick = seededPicker(7);
  const random = (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, () => pick(256));
  const context = { nowMs: 0, accountId: owner.accountId, random };
  const edit = (next: Parameters<typeof list.edit>[0]) => {
    const result = list.edit(next, context);
    if (!result.ok) throw new Error(result.error.kind);
    return String(result.value.meta.version);
  };
  const recording = (letter: string) => letter.padStart(22, "0") as RecordingId;
  edit({ kind: "add", recordingIds: [...letters].map(recording), position: null });
  const items = () => list.slice(0, 100);
  return {
    edit,
    letters: () =>
      items()
        .map((item) => item.recordingId.at(-1))
        .join(""),
    read: () =>
      playlist(
        items().map((item) => item.itemId),
        list.meta.version,
      ),
    idOf: (letter: string) => items().find((item) => item.recordingId === recording(letter))?.itemId ?? "",
    recordingOf: (itemId: string) => items().find((item) => item.itemId === itemId)?.recordingId ?? recording("?"),
    /** Someone else's move of one row, by positions of the present list. */
    otherMoves: (rangeStart: number, insertBefore: number) =>
      edit({ kind: "move", rangeStart, rangeLength: 1, insertBefore, asOfVersion: null }),
    send(request: EditRequest): string {
      const asOfVersion = Number(request.body.snapshot_id);
      if (request.kind === "move") {
        const { range_start, insert_before } = request.body;
        return edit({
          kind: "move",
          rangeStart: range_start,
          rangeLength: 1,
          insertBefore: insert_before,
          asOfVersion,
        });
      }
      const targets = request.body.tracks.map(({ uri, item_id }) => ({
        recordingId: uri.split(":").at(-1) as RecordingId,
        itemId: item_id as PlaylistItemId,
      }));
      return edit({ kind: "remove", targets, asOfVersion });
    },
  };
}

/** One edit's turn: counted in the list as it is known, sent, and what is known after the answer. */
function turn(known: Playlist, edit: PlaylistEdit, on: ReturnType<typeof service>): Playlist {
  const request = editRequest(known, edit);
  if (request === null) return on.read();
  const version = on.send(request);
  return afterAnswer(known, edit, { editedVersion: request.version, version }) ?? on.read();
}

function move(list: Playlist, from: number, to: number): PlaylistEdit {
  const edit = moveEdit(list, from, to, `move-${from}-${to}`);
  if (edit === null) throw new Error("there is no such row");
  return edit;
}

describe("edits of a playlist", () => {
  test("show for every move the order that the service makes of it", () => {
    for (let from = 0; from < 5; from++) {
      for (let to = 0; to < 5; to++) {
        const on = service("abcde");
        const known = on.read();
        const edit = move(known, from, to);
        expect(idsOf(applyEdit(known, edit)).indexOf(edit.itemId)).toBe(to);
        const after = turn(known, edit, on);
        expect(after).toEqual(on.read());
      }
    }
  });

  test("move the row that was meant when somebody else's edit comes before a queue of one's own", () => {
    const on = service("abcdef");
    const known = on.read();
    const first = move(known, 0, 5);
    const shown = applyEdit(known, first);
    const second = move(shown, 0, 3);
    expect(second.itemId).toBe(on.idOf("b"));
    on.otherMoves(4, 0);
    expect(on.letters()).toBe("eabcdf");
    const between = turn(known, first, on);
    expect(on.letters()).toBe("ebcdfa");
    expect(between).toEqual(on.read());
    turn(between, second, on);
    // It was put before f, behind c, d and e, of which e has gone elsewhere.
    expect(on.letters()).toBe("ecdbfa");
  });

  test("are not given a version that holds the edits of others", () => {
    const on = service("abc");
    const known = on.read();
    const edit = move(known, 0, 2);
    expect(afterAnswer(known, edit, { editedVersion: "2", version: "4" })).toBeNull();
    expect(afterAnswer({ ...known, snapshot_id: "3" }, edit, { editedVersion: "2", version: "4" })).toBeNull();
    expect(afterAnswer(known, edit, { editedVersion: "2", version: "3" })?.snapshot_id).toBe("3");
  });

  test("leave a list alone that was read anew before the answer came, and has the edit", () => {
    const on = service("abc");
    const known = on.read();
    const edit = move(known, 0, 2);
    const request = editRequest(known, edit);
    const version = request === null ? "" : on.send(request);
    const readMeanwhile = on.read();
    expect(afterAnswer(readMeanwhile, edit, { editedVersion: "2", version })).toBe(readMeanwhile);
  });

  test("change nothing more when they are shown on a list that has them", () => {
    const known = service("abcde").read();
    const edits: PlaylistEdit[] = [
      move(known, 1, 3),
      { kind: "remove", opId: "remove-c", itemId: known.tracks.items[2]?.item_id ?? "", trackId: "c" },
    ];
    for (const edit of edits) {
      const once = applyEdit(known, edit);
      expect(applyEdit(once, edit)).toEqual(once);
    }
  });

  test("remove one place of a list and count it", () => {
    const on = service("abc");
    const known = on.read();
    const itemId = on.idOf("b");
    const after = turn(known, { kind: "remove", opId: "remove-b", itemId, trackId: on.recordingOf(itemId) }, on);
    expect(on.letters()).toBe("ac");
    expect(after).toEqual(on.read());
    expect(after.tracks.total).toBe(2);
  });

  test("send nothing for the move of a row that is gone, and make none of a row that is not there", () => {
    const known = service("abc").read();
    const edit = move(known, 0, 2);
    const without = applyEdit(known, { kind: "remove", opId: "remove-a", itemId: edit.itemId, trackId: "a" });
    expect(editRequest(without, edit)).toBeNull();
    expect(applyEdit(without, edit)).toBe(without);
    expect(moveEdit(known, 7, 0, "move-7-0")).toBeNull();
  });

  test("count positions in the version that they name", () => {
    const known = service("abc").read();
    const edit = move(known, 2, 0);
    expect(editRequest(known, edit)).toMatchObject({
      kind: "move",
      version: "2",
      body: { range_start: 2, insert_before: 0, op_id: "move-2-0", snapshot_id: "2" },
    });
  });

  test.each([1, 2, 3, 4, 5])("put each row of a queue before what followed it, whoever else edits, seed %i", (seed) => {
    const pick = seededPicker(seed);
    for (let round = 0; round < 40; round++) {
      const on = service("abcdefgh");
      let known = on.read();
      let shown = known;
      const queue = Array.from({ length: 4 }, () => {
        const edit = move(shown, pick(8), pick(8));
        shown = applyEdit(shown, edit);
        return edit;
      });
      for (const edit of queue) {
        if (pick(2) === 0) on.otherMoves(pick(8), pick(9));
        known = turn(known, edit, on);
        expect(known).toEqual(on.read());
        const ids = idsOf(known);
        const follower = edit.kind === "move" ? edit.followingIds[0] : undefined;
        expect(ids[ids.indexOf(edit.itemId) + 1]).toBe(follower);
      }
    }
  });
});
