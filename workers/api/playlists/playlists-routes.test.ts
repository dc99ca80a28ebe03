import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createdAtOfId } from "#domain/foundation/ids-testing.ts";
import { PLAYLISTS_PER_ACCOUNT_MAX } from "#domain/playlists/playlist.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { artists, masters, recordingArtists, recordings, releases } from "#workers/shared/catalog/catalog-tables.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import type { Playlist, PlaylistItem, PlaylistRef } from "./playlists-contract.ts";

const bindings = env as unknown as ApiEnv & { readonly API: Fetcher };
const ORIGIN = "https://rimshot.example";

interface Caller {
  readonly accountId: string;
  readonly token: string;
}

interface PageOf<Item> {
  readonly items: Item[];
  readonly total: number;
  readonly next: string | null;
}

let ada: Caller;
let grace: Caller;
let job: Caller;
const trackIds: string[] = [];

beforeAll(async () => {
  ada = await signUp("Ada");
  grace = await signUp("Grace");
  const { accountId } = await signUp("Joblike");
  await bindings.IDENTITY.prepare("UPDATE accounts SET role = 'job' WHERE id = ?").bind(accountId).run();
  job = { accountId, token: (await signIn("Joblike")).token };
  await publishRelease(["One", "Two", "Three"]);
});

const PASSWORD = "correct horse battery";

function credentialsOf(name: string) {
  return { email: `${name.toLowerCase()}@playlists.example.com`, password: PASSWORD };
}

async function signUp(name: string): Promise<Caller> {
  return openSession("/api/auth/sign-up/email", { ...credentialsOf(name), name });
}

async function signIn(name: string): Promise<Caller> {
  return openSession("/api/auth/sign-in/email", credentialsOf(name));
}

async function openSession(path: string, body: object): Promise<Caller> {
  const headers = { "content-type": "application/json" };
  const session = await bindings.API.fetch(ORIGIN + path, { method: "POST", headers, body: JSON.stringify(body) });
  const { token, user } = await session.json<{ token: string; user: { id: string } }>();
  const answer = await bindings.API.fetch(`${ORIGIN}/api/auth/token`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { accountId: user.id, token: (await answer.json<{ token: string }>()).token };
}

async function publishRelease(titles: readonly string[]): Promise<void> {
  const database = catalogDatabase(bindings.CATALOG_0);
  const now = Date.now();
  const [artistId, releaseId] = [freshId<string>(), freshId<string>()];
  const owner = { ownerAccountId: ada.accountId, createdAt: now };
  await database.insert(artists).values({ ...owner, id: artistId, name: "The Rims", nameKey: "the rims" });
  await database.insert(releases).values({
    ...owner,
    id: releaseId,
    artistId,
    title: "Shots",
    titleKey: "shots",
    type: "album",
    label: "Rim",
    releaseAt: now,
    publishedAt: now,
    idempotencyKey: "shots",
    requestSha256: "0".repeat(64),
  });
  for (const [index, title] of titles.entries()) {
    const id = freshId<string>();
    const sha256 = `${index}`.padStart(64, "a");
    trackIds.push(id);
    const master = {
      sha256,
      objectKey: sha256,
      sizeBytes: 1,
      contentType: "audio/flac",
      durationMs: 1_000,
      createdAt: now,
    };
    await database.insert(masters).values(master);
    const place = { releaseId, discNumber: 1, trackNumber: index + 1 };
    const recording = { ...place, id, title, explicit: false, masterSha256: sha256, publishedAt: now, createdAt: now };
    await database.insert(recordings).values(recording);
    await database.insert(recordingArtists).values({ recordingId: id, position: 0, artistId });
  }
}

async function call(
  caller: Caller | null,
  method: string,
  path: string,
  body?: object,
  extra: Record<string, string> = {},
) {
  const headers = new Headers(extra);
  if (caller !== null) headers.set("authorization", `Bearer ${caller.token}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return bindings.API.fetch(ORIGIN + path, init);
}

async function create(caller: Caller, body: object, key: string = crypto.randomUUID()): Promise<Response> {
  return call(caller, "POST", "/v1/me/playlists", body, { "idempotency-key": key });
}

async function newPlaylist(details: object = {}): Promise<PlaylistRef> {
  const created = await create(ada, { name: "Mix", ...details });
  expect(created.status).toBe(201);
  return created.json<PlaylistRef>();
}

function uri(index: number): string {
  return `rimshot:track:${trackIds[index]}`;
}

async function add(caller: Caller, id: string, indexes: readonly number[], more: object = {}): Promise<Response> {
  return call(caller, "POST", `/v1/playlists/${id}/tracks`, { uris: indexes.map(uri), ...more });
}

async function read(caller: Caller | null, id: string): Promise<Playlist> {
  const answer = await call(caller, "GET", `/v1/playlists/${id}`);
  expect(answer.status).toBe(200);
  return answer.json<Playlist>();
}

async function titlesOf(id: string): Promise<(string | undefined)[]> {
  return (await read(ada, id)).tracks.items.map((item) => item.track?.name);
}

async function expectProblem(answer: Response, status: number, type: string): Promise<{ errors?: { path: string }[] }> {
  const body = await answer.json<{ type: string; errors?: { path: string }[] }>();
  expect([answer.status, body.type]).toEqual([status, `urn:rimshot:problem:${type}`]);
  return body;
}

describe("making a playlist", () => {
  it("answers with it, and lists it first among the account's own [PL-19]", async () => {
    const older = await newPlaylist({ name: "Older" });
    const created = await create(ada, { name: "  Newer  ", description: "of late" });
    const newer = await created.json<PlaylistRef>();
    expect(created.headers.get("location")).toBe(`/v1/playlists/${newer.id}`);
    expect(newer).toMatchObject({
      type: "playlist",
      name: "Newer",
      description: "of late",
      public: true,
      collaborative: false,
      owner: { id: ada.accountId, display_name: "Ada" },
      snapshot_id: "1",
      tracks: { total: 0 },
    });
    expect(createdAtOfId(newer.id)).toBeLessThanOrEqual(Date.now());
    const mine = await (await call(ada, "GET", "/v1/me/playlists?limit=2")).json<PageOf<PlaylistRef>>();
    expect(mine.items.map((playlist) => playlist.id)).toEqual([newer.id, older.id]);
    const others = await (await call(grace, "GET", "/v1/me/playlists")).json<PageOf<PlaylistRef>>();
    expect(others).toMatchObject({ items: [], total: 0 });
  });

  it("makes one for one Idempotency-Key, and refuses the key with another body [PL-20]", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => create(grace, { name: "Once" }, "key-of-grace")));
    const ids = await Promise.all(answers.map(async (answer) => (await answer.json<PlaylistRef>()).id));
    expect(new Set(ids).size).toBe(1);
    const mine = await (await call(grace, "GET", "/v1/me/playlists")).json<PageOf<PlaylistRef>>();
    expect(mine.items.map((playlist) => playlist.id)).toEqual([ids[0]]);
    await expectProblem(await create(grace, { name: "Twice" }, "key-of-grace"), 422, "idempotency-key-reused");
    const otherAccount = await (await create(ada, { name: "Twice" }, "key-of-grace")).json<PlaylistRef>();
    expect(otherAccount.id).not.toBe(ids[0]);
    await expectProblem(
      await call(ada, "POST", "/v1/me/playlists", { name: "Keyless" }),
      400,
      "idempotency-key-missing",
    );
  });

  it.each([{}, { name: "  " }, { name: "n".repeat(101) }, { name: "n", description: "d".repeat(301) }])(
    "refuses details of the wrong size: %j [PL-7]",
    async (body) => {
      await expectProblem(await create(ada, body), 400, "bad-request");
    },
  );

  it("are refused to an account that has as many as it may, until one is deleted [PL-7]", async () => {
    const hoarder = await signUp("Hoarder");
    const first = await create(hoarder, { name: "First" }, "first");
    expect(first.status).toBe(201);
    const { id } = await first.json<PlaylistRef>();
    await runInDurableObject(bindings.LISTENERS.getByName(hoarder.accountId), (_object, { storage }) => {
      for (let i = 1; i < PLAYLISTS_PER_ACCOUNT_MAX; i++) {
        storage.sql.exec("INSERT INTO playlists (playlist_id, created_at) VALUES (?, 0)", `filler-${i}`);
      }
    });
    const problem = await create(hoarder, { name: "One more" }, "one-more");
    expect(problem.status).toBe(422);
    expect(await problem.json()).toMatchObject({
      type: "urn:rimshot:problem:unprocessable",
      detail: expect.stringContaining(`at most ${PLAYLISTS_PER_ACCOUNT_MAX} playlists`),
    });
    expect((await create(hoarder, { name: "First" }, "first")).status).toBe(201);
    expect((await call(hoarder, "DELETE", `/v1/playlists/${id}`)).status).toBe(204);
    expect((await create(hoarder, { name: "One more" }, "one-more")).status).toBe(201);
  });
});

describe("a playlist's tracks", () => {
  it("come in catalog form, with who added them, page by page [PL-9]", async () => {
    const { id } = await newPlaylist();
    const added = await add(ada, id, [0, 1, 2, 0]);
    expect(added.status).toBe(201);
    expect(await added.json()).toEqual({ snapshot_id: "2" });
    const whole = await read(null, id);
    expect(whole).toMatchObject({ snapshot_id: "2", tracks: { total: 4 } });
    expect(whole.tracks.items[0]).toMatchObject({
      added_by: { id: ada.accountId },
      is_local: false,
      track: { id: trackIds[0], name: "One", album: { name: "Shots" }, artists: [{ name: "The Rims" }] },
    });
    expect(whole.images).toEqual(whole.tracks.items[0]?.track?.album.images);
    const page = await call(null, "GET", `/v1/playlists/${id}/tracks?limit=2&offset=1`);
    const { items, total, next } = await page.json<PageOf<PlaylistItem>>();
    expect(items.map((item) => item.track?.name)).toEqual(["Two", "Three"]);
    expect([total, next]).toEqual([4, `/v1/playlists/${id}/tracks?limit=2&offset=3`]);
  });

  it("are null in place of what has left the catalog [PL-9]", async () => {
    const { id } = await newPlaylist();
    await add(ada, id, [0, 1]);
    const withdraw = bindings.CATALOG_0.prepare("UPDATE recordings SET published_at = ? WHERE id = ?");
    await withdraw.bind(null, trackIds[0]).run();
    try {
      expect(await titlesOf(id)).toEqual([undefined, "Two"]);
    } finally {
      await withdraw.bind(Date.now(), trackIds[0]).run();
    }
  });

  it("are refused by field where the catalog does not have them [PL-21]", async () => {
    const { id } = await newPlaylist();
    const uris = [uri(0), `rimshot:track:${"0".repeat(22)}`];
    const answer = await call(ada, "POST", `/v1/playlists/${id}/tracks`, { uris });
    expect((await expectProblem(answer, 422, "unprocessable")).errors?.map((error) => error.path)).toEqual(["uris.1"]);
    await expectProblem(
      await call(ada, "POST", `/v1/playlists/${id}/tracks`, { uris: ["spotify:track:1"] }),
      400,
      "bad-request",
    );
    expect((await read(ada, id)).snapshot_id).toBe("1");
  });

  it("go in at a position, move in runs and leave by place or everywhere [PL-3] [PL-5]", async () => {
    const { id } = await newPlaylist();
    const path = `/v1/playlists/${id}/tracks`;
    await add(ada, id, [0, 1]);
    await add(ada, id, [2, 0], { position: 1 });
    expect(await titlesOf(id)).toEqual(["One", "Three", "One", "Two"]);
    const moved = await call(ada, "PUT", path, { range_start: 2, range_length: 2, insert_before: 0 });
    expect(await moved.json()).toEqual({ snapshot_id: "4" });
    expect(await titlesOf(id)).toEqual(["One", "Two", "One", "Three"]);
    const first = (await read(ada, id)).tracks.items[0]?.item_id;
    await call(ada, "DELETE", path, { tracks: [{ uri: uri(0), item_id: first }] });
    expect(await titlesOf(id)).toEqual(["Two", "One", "Three"]);
    await call(ada, "DELETE", path, { tracks: [{ uri: uri(0) }, { uri: uri(2) }] });
    expect(await titlesOf(id)).toEqual(["Two"]);
  });

  it("move as they stood in the snapshot that is named, or conflict [PL-4]", async () => {
    const { id } = await newPlaylist();
    const path = `/v1/playlists/${id}/tracks`;
    const { snapshot_id } = await (await add(ada, id, [0, 1])).json<{ snapshot_id: string }>();
    await add(ada, id, [2], { position: 0 });
    await call(ada, "PUT", path, { range_start: 0, insert_before: 2, snapshot_id });
    expect(await titlesOf(id)).toEqual(["Three", "Two", "One"]);
    const unknown = { range_start: 0, insert_before: 2, snapshot_id: "999" };
    await expectProblem(await call(ada, "PUT", path, unknown), 409, "conflict");
    const outside = await call(ada, "PUT", path, { range_start: 3, insert_before: 0 });
    expect((await expectProblem(outside, 422, "unprocessable")).errors).toMatchObject([{ path: "range_start" }]);
  });

  it("are added once under an op_id [PL-11]", async () => {
    const { id } = await newPlaylist();
    const op_id = "op-00000001";
    const answers = await Promise.all([add(ada, id, [0], { op_id }), add(ada, id, [0], { op_id })]);
    for (const answer of answers) expect(await answer.json()).toEqual({ snapshot_id: "2" });
    expect(await titlesOf(id)).toEqual(["One"]);
    await expectProblem(await add(ada, id, [1], { op_id }), 422, "idempotency-key-reused");
  });
});

describe("who may do what", () => {
  it("hides a private playlist from strangers as if there were none [PL-8]", async () => {
    const { id } = await newPlaylist({ public: false });
    await add(ada, id, [0]);
    const path = `/v1/playlists/${id}`;
    for (const place of [path, `/v1/playlists/${"0".repeat(22)}`]) {
      for (const caller of [null, grace, job]) {
        await expectProblem(await call(caller, "GET", place), 404, "not-found");
        await expectProblem(await call(caller, "GET", `${place}/tracks`), 404, "not-found");
      }
      await expectProblem(await call(grace, "PUT", place, { public: true }), 404, "not-found");
      await expectProblem(await call(grace, "DELETE", place), 404, "not-found");
      await expectProblem(await call(grace, "POST", `${place}/tracks`, { uris: [uri(0)] }), 404, "not-found");
      const move = { range_start: 0, insert_before: 0 };
      await expectProblem(await call(grace, "PUT", `${place}/tracks`, move), 404, "not-found");
      await expectProblem(
        await call(grace, "DELETE", `${place}/tracks`, { tracks: [{ uri: uri(0) }] }),
        404,
        "not-found",
      );
    }
    expect(await titlesOf(id)).toEqual(["One"]);
  });

  it("lets anyone signed in edit the tracks of a collaborative one, and its owner alone the rest [PL-8]", async () => {
    const { id } = await newPlaylist({ public: false, collaborative: true });
    expect((await add(grace, id, [1])).status).toBe(201);
    await expectProblem(await call(null, "GET", `/v1/playlists/${id}`), 404, "not-found");
    await expectProblem(await call(job, "GET", `/v1/playlists/${id}`), 404, "not-found");
    await expectProblem(await call(grace, "PUT", `/v1/playlists/${id}`, { name: "Mine" }), 403, "forbidden");
    await expectProblem(await call(grace, "DELETE", `/v1/playlists/${id}`), 403, "forbidden");
    await call(ada, "PUT", `/v1/playlists/${id}`, { collaborative: false, public: true });
    await expectProblem(await add(grace, id, [1]), 403, "forbidden");
  });

  it("changes only the details that are sent [PL-22]", async () => {
    const { id } = await newPlaylist({ description: "kept", public: false });
    const changed = await call(ada, "PUT", `/v1/playlists/${id}`, { name: "Renamed" });
    expect(await changed.json()).toEqual({ snapshot_id: "2" });
    expect(await read(ada, id)).toMatchObject({ name: "Renamed", description: "kept", public: false });
    await expectProblem(await call(ada, "PUT", `/v1/playlists/${id}`, {}), 400, "bad-request");
  });

  it("deletes for the owner, from the list too [PL-13]", async () => {
    const { id } = await newPlaylist();
    expect((await call(ada, "DELETE", `/v1/playlists/${id}`)).status).toBe(204);
    await expectProblem(await call(ada, "GET", `/v1/playlists/${id}`), 404, "not-found");
    await expectProblem(await call(ada, "DELETE", `/v1/playlists/${id}`), 404, "not-found");
    const mine = await (await call(ada, "GET", "/v1/me/playlists?limit=50")).json<PageOf<PlaylistRef>>();
    expect(mine.items.map((playlist) => playlist.id)).not.toContain(id);
  });

  it("drops from the list what a deletion that broke off has left there [PL-13]", async () => {
    const { id } = await newPlaylist();
    const total = async () => (await (await call(ada, "GET", "/v1/me/playlists")).json<PageOf<PlaylistRef>>()).total;
    const before = await total();
    const owner = { accountId: ada.accountId, name: "Ada" } as Parameters<ReturnType<typeof stubOf>["delete"]>[0];
    await stubOf(id).delete(owner);
    expect(await total()).toBe(before - 1);
    expect((await bindings.LISTENERS.getByName(ada.accountId).listPlaylists(50, 0)).ids).not.toContain(id);
  });
});

function stubOf(id: string) {
  return bindings.PLAYLISTS.getByName(id);
}
