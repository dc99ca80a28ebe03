import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { type AccountId, ID_RANDOM_BYTES, makeId, type RecordingId } from "#domain/foundation/ids.ts";
import type { PlaylistEdit } from "#domain/playlists/edits.ts";
import { PLAYLIST_ITEMS_MAX, type PlaylistItem } from "#domain/playlists/playlist.ts";
import { expectPlaylistToMatchArrays } from "#domain/playlists/playlist-conformance.ts";
import type { ItemsEdit, PlaylistActor } from "./playlist-object.ts";
import {
  CLOSE_POLICY_VIOLATION,
  PLAYLIST_SOCKETS_MAX,
  type PlaylistMessage,
  WATCHER_ACCOUNT_HEADER,
} from "./playlist-protocol.ts";
import { SNAPSHOTS_KEPT } from "./playlist-storage.ts";

const bindings = env as unknown as RealtimeEnv;
const OWNER: PlaylistActor = { accountId: "owner" as AccountId, name: "Ada" };
const OTHER: PlaylistActor = { accountId: "other" as AccountId, name: "Grace" };
const DETAILS = { name: "Rim shots", description: "", public: true, collaborative: false };
const PRIVATE = { ...DETAILS, public: false };
const SHARED = { ...DETAILS, collaborative: true };

function recording(name: string): RecordingId {
  return name.padStart(22, "0") as RecordingId;
}

function add(...names: string[]): ItemsEdit {
  return { kind: "add", recordingIds: names.map(recording), position: null };
}

function emptyObject() {
  return bindings.PLAYLISTS.getByName(makeId(Date.now(), crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES))));
}

async function playlist(details = DETAILS) {
  const stub = emptyObject();
  const created = await stub.create(OWNER, details);
  expect(created.ok).toBe(true);
  const edit = (next: ItemsEdit, opId: string | null = null, actor = OWNER) => stub.edit(actor, { edit: next, opId });
  const namesNow = async () => (await readAll(stub)).map((item) => item.recordingId.replace(/^0+/, ""));
  return { stub, edit, namesNow };
}

type Stub = ReturnType<typeof emptyObject>;

async function readAll(stub: Stub): Promise<readonly PlaylistItem[]> {
  const read = await stub.read(OWNER, { offset: 0, limit: PLAYLIST_ITEMS_MAX });
  if (!read.ok) throw new Error(read.error.kind);
  return read.value.items;
}

async function versionOf(stub: Stub): Promise<number | null> {
  const read = await stub.read(OWNER, { offset: 0, limit: 1 });
  return read.ok ? read.value.meta.version : null;
}

async function handshake(stub: Stub, accountId: string | null): Promise<Response> {
  const headers = new Headers({ upgrade: "websocket" });
  if (accountId !== null) headers.set(WATCHER_ACCOUNT_HEADER, accountId);
  return stub.fetch("https://playlists.internal/", { headers });
}

const watching: WebSocket[] = [];

afterEach(() => {
  for (const socket of watching.splice(0)) {
    if (socket.readyState === WebSocket.OPEN) socket.close(1000, "bye");
  }
});

async function watch(stub: Stub, accountId: string | null) {
  const { webSocket } = await handshake(stub, accountId);
  if (webSocket === null) throw new Error("the object refused the handshake");
  const messages: PlaylistMessage[] = [];
  const texts: string[] = [];
  const closed = new Promise<number>((resolve) => {
    webSocket.addEventListener("close", (event) => resolve(event.code));
  });
  webSocket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") return;
    if (data.startsWith("{")) messages.push(JSON.parse(data) as PlaylistMessage);
    else texts.push(data);
  });
  webSocket.accept();
  watching.push(webSocket);
  const received = (count: number) => expect.poll(() => messages.length, { timeout: 5_000 }).toBe(count);
  return { webSocket, messages, texts, closed, received };
}

describe("a playlist's object", () => {
  it.each([11, 12])("keeps the order that the same edits leave in an array, seed %i [PL-1]", async (seed) => {
    const { stub } = await playlist();
    const subject = {
      edit: async (next: PlaylistEdit) =>
        next.kind === "change-details"
          ? stub.changeDetails(OWNER, next.changes)
          : stub.edit(OWNER, { edit: next, opId: null }),
      readAll: () => readAll(stub),
    };
    await expectPlaylistToMatchArrays(subject, { seed, editCount: 150, staleVersionsMax: 20 });
  });

  it("reads one page of many, and what stands first [PL-9]", async () => {
    const { stub, edit } = await playlist();
    await edit(add("a", "b", "c", "d", "e"));
    const read = await stub.read(null, { offset: 3, limit: 5 });
    if (!read.ok) throw new Error(read.error.kind);
    expect(read.value.items.map((item) => item.recordingId)).toEqual([recording("d"), recording("e")]);
    expect(read.value.firstItem?.recordingId).toBe(recording("a"));
    expect(read.value.meta).toMatchObject({ version: 2, itemCount: 5, ownerName: "Ada" });
  });

  it("makes fifty edits that come at once one after the other, without a gap [PL-10]", async () => {
    const { stub, edit } = await playlist();
    const watcher = await watch(stub, null);
    const names = Array.from({ length: 50 }, (_, index) => `x${index}`);
    const answers = await Promise.all(
      names.map((name) => edit({ kind: "add", recordingIds: [recording(name)], position: 0 })),
    );
    const versions = answers.map((answer) => (answer.ok ? answer.value.version : 0));
    expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 2));
    const byVersion = names.toSorted((a, b) => (versions[names.indexOf(b)] ?? 0) - (versions[names.indexOf(a)] ?? 0));
    expect((await readAll(stub)).map((item) => item.recordingId)).toEqual(byVersion.map(recording));
    await watcher.received(51);
    const told = watcher.messages.map((message) => (message.type === "deleted" ? null : message.version));
    expect(told).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
  });

  it("makes an edit once under its name, and answers again with its version [PL-11]", async () => {
    const { stub, edit, namesNow } = await playlist(SHARED);
    const first = await edit(add("a"), "op-00001");
    await edit(add("b"));
    expect(await edit(add("a"), "op-00001")).toEqual(first);
    expect(await namesNow()).toEqual(["a", "b"]);
    expect(await versionOf(stub)).toBe(3);
  });

  it("makes an edit once though it comes twice at the same time [PL-11]", async () => {
    const { edit, namesNow } = await playlist();
    const answers = await Promise.all([edit(add("a"), "op-00001"), edit(add("a"), "op-00001")]);
    expect(answers).toEqual([
      { ok: true, value: { version: 2 } },
      { ok: true, value: { version: 2 } },
    ]);
    expect(await namesNow()).toEqual(["a"]);
  });

  it("refuses a name that comes back with another edit, and keeps accounts' names apart [PL-11]", async () => {
    const { edit, namesNow } = await playlist(SHARED);
    await edit(add("a"), "op-00001");
    expect(await edit(add("b"), "op-00001")).toEqual({ ok: false, error: { kind: "op-id-reused" } });
    expect(await edit(add("b"), "op-00001", OTHER)).toEqual({ ok: true, value: { version: 3 } });
    expect(await namesNow()).toEqual(["a", "b"]);
  });

  it("does not use up the name of an edit that it refused [PL-11]", async () => {
    const { edit } = await playlist();
    const far: ItemsEdit = { kind: "add", recordingIds: [recording("a")], position: 1 };
    expect((await edit(far, "op-00001")).ok).toBe(false);
    await edit(add("b"));
    expect(await edit(far, "op-00001")).toEqual({ ok: true, value: { version: 3 } });
  });

  it("knows positions of the last hundred versions and refuses older ones [PL-4]", async () => {
    const { edit, namesNow } = await playlist();
    await edit(add("a", "b", "c"));
    const swap: ItemsEdit = { kind: "move", rangeStart: 0, rangeLength: 1, insertBefore: 3, asOfVersion: null };
    for (let step = 0; step < SNAPSHOTS_KEPT; step++) await edit(swap);
    expect(await namesNow()).toEqual(["b", "c", "a"]);
    expect(await edit({ ...swap, asOfVersion: 2 })).toEqual({ ok: true, value: { version: 103 } });
    expect(await namesNow()).toEqual(["b", "c", "a"]);
    expect(await edit({ ...swap, asOfVersion: 2 })).toEqual({ ok: false, error: { kind: "stale-snapshot" } });
  });

  it("keeps no more history than its versions can ask for [PL-4]", async () => {
    const { stub, edit } = await playlist();
    await edit(add("a", "b"));
    const swap: ItemsEdit = { kind: "move", rangeStart: 0, rangeLength: 1, insertBefore: 2, asOfVersion: null };
    for (let step = 0; step < SNAPSHOTS_KEPT + 20; step++) await edit(swap);
    const rows = await runInDurableObject(stub, (_instance, state) =>
      state.storage.sql.exec<{ total: number }>("SELECT COUNT(*) AS total FROM items").one(),
    );
    expect(rows.total).toBe(2 + SNAPSHOTS_KEPT);
  });

  it("answers a stranger to a private list as if there were none [PL-8]", async () => {
    const { stub } = await playlist(PRIVATE);
    const absent = emptyObject();
    const page = { offset: 0, limit: 10 };
    for (const object of [stub, absent]) {
      const notFound = { ok: false, error: { kind: "not-found" } };
      expect(await object.read(OTHER, page)).toEqual(notFound);
      expect(await object.read(null, page)).toEqual(notFound);
      expect(await object.edit(OTHER, { edit: add("a"), opId: null })).toEqual(notFound);
      expect(await object.changeDetails(OTHER, { public: true })).toEqual(notFound);
      expect(await object.delete(OTHER)).toEqual(notFound);
      expect((await handshake(object, "other")).status).toBe(404);
      expect((await handshake(object, null)).status).toBe(404);
    }
    expect((await stub.read(OWNER, page)).ok).toBe(true);
  });

  it("lets collaborators change tracks, and only the owner the rest [PL-8]", async () => {
    const { stub, edit } = await playlist(SHARED);
    const forbidden = { ok: false, error: { kind: "forbidden" } };
    expect((await edit(add("a"), null, OTHER)).ok).toBe(true);
    expect(await stub.changeDetails(OTHER, { name: "Mine" })).toEqual(forbidden);
    expect(await stub.delete(OTHER)).toEqual(forbidden);
    await stub.changeDetails(OWNER, { collaborative: false });
    expect(await edit(add("b"), null, OTHER)).toEqual(forbidden);
  });

  it("writes nothing for an id that is only asked for [PL-12]", async () => {
    const stub = emptyObject();
    await stub.read(OWNER, { offset: 0, limit: 1 });
    const tables = await runInDurableObject(stub, (_instance, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("is made once, and is its first owner's [PL-12]", async () => {
    const { stub, edit } = await playlist();
    await edit(add("a"));
    expect(await stub.create(OWNER, PRIVATE)).toMatchObject({ ok: true, value: { version: 2, public: true } });
    expect(await stub.create(OTHER, DETAILS)).toEqual({ ok: false, error: { kind: "taken" } });
  });

  it("leaves nothing behind when it is deleted [PL-13]", async () => {
    const { stub, edit } = await playlist();
    await edit(add("a"));
    const watcher = await watch(stub, null);
    expect(await stub.delete(OWNER)).toEqual({ ok: true, value: null });
    expect(await watcher.closed).toBe(1000);
    expect(watcher.messages.at(-1)).toEqual({ type: "deleted" });
    expect(await stub.read(OWNER, { offset: 0, limit: 1 })).toEqual({ ok: false, error: { kind: "not-found" } });
    const tables = await runInDurableObject(stub, (_instance, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe("those who watch", () => {
  it("see each other's edits, in one order [PL-14]", async () => {
    const { stub, edit } = await playlist(SHARED);
    const watchers = [await watch(stub, "owner"), await watch(stub, "other")];
    await edit(add("a", "b"), "op-00001");
    await edit({ kind: "move", rangeStart: 1, rangeLength: 1, insertBefore: 0, asOfVersion: null }, null, OTHER);
    await edit({ kind: "remove", targets: [{ recordingId: recording("a"), itemId: null }], asOfVersion: null });
    await stub.changeDetails(OWNER, { name: "Renamed" });
    for (const watcher of watchers) await watcher.received(5);
    const [b] = await readAll(stub);
    const [hello, added, moved, removed, renamed] = watchers[0]?.messages ?? [];
    expect(hello).toEqual({ type: "hello", version: 1 });
    expect(added).toMatchObject({ type: "edited", version: 2, op_id: "op-00001", by: "owner" });
    const items = added?.type === "edited" && added.edit.kind === "add" ? added.edit.items : [];
    expect(items.map((item) => item.uri)).toEqual([
      `rimshot:track:${recording("a")}`,
      `rimshot:track:${recording("b")}`,
    ]);
    const [first, second] = items.map((item) => item.item_id);
    expect(second).toBe(b?.itemId);
    expect(moved).toEqual({
      type: "edited",
      version: 3,
      op_id: null,
      by: "other",
      edit: { kind: "move", item_ids: [second], before_item_id: first },
    });
    expect(removed).toMatchObject({ version: 4, edit: { kind: "remove", item_ids: [first] } });
    expect(renamed).toMatchObject({ version: 5, edit: { kind: "change-details", changes: { name: "Renamed" } } });
    expect(watchers[1]?.messages).toEqual(watchers[0]?.messages);
  });

  it("go on hearing of edits after the object has slept [PL-15]", async () => {
    const { stub, edit } = await playlist(PRIVATE);
    const watcher = await watch(stub, "owner");
    await edit(add("a"));
    await evictDurableObject(stub, { webSockets: "hibernate" });
    await edit(add("b"));
    await watcher.received(3);
    expect(watcher.messages.at(-1)).toMatchObject({ type: "edited", version: 3 });
    await stub.delete(OWNER);
    expect(await watcher.closed).toBe(1000);
  });

  it("get pong for ping, and are closed for saying anything else [PL-16]", async () => {
    const { stub } = await playlist();
    const watcher = await watch(stub, null);
    watcher.webSocket.send("ping");
    await expect.poll(() => watcher.texts, { timeout: 5_000 }).toEqual(["pong"]);
    watcher.webSocket.send('{"type":"edit"}');
    expect(await watcher.closed).toBe(CLOSE_POLICY_VIOLATION);
  });

  it("are shown out when the list is no longer theirs to see [PL-17]", async () => {
    const { stub, edit } = await playlist();
    const [owner, other, stranger] = [await watch(stub, "owner"), await watch(stub, "other"), await watch(stub, null)];
    await stub.changeDetails(OWNER, { public: false });
    await edit(add("a"));
    for (const dismissed of [other, stranger]) {
      expect(await dismissed.closed).toBe(1000);
      expect(dismissed.messages).toEqual([{ type: "hello", version: 1 }, { type: "deleted" }]);
    }
    await owner.received(3);
  });

  it("leave the count when they go, and are turned away when it is full [PL-18]", async () => {
    const { stub } = await playlist();
    const enter = async () => {
      const { status, webSocket } = await handshake(stub, null);
      webSocket?.accept();
      if (webSocket !== null) watching.push(webSocket);
      return status;
    };
    for (let count = 0; count < PLAYLIST_SOCKETS_MAX; count++) expect(await enter()).toBe(101);
    expect(await enter()).toBe(503);
    watching.pop()?.close(1000, "bye");
    await expect.poll(enter, { timeout: 5_000 }).toBe(101);
  });

  it("come by upgrade alone [PL-14]", async () => {
    const { stub } = await playlist();
    expect((await stub.fetch("https://playlists.internal/")).status).toBe(426);
  });
});
