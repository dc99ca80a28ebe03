import { beforeAll, describe, expect, it } from "vitest";
import { sha256Hex } from "#domain/foundation/sha256.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  key,
  newArtist,
  newCaller,
  newRelease,
  noise,
  refused,
  send,
} from "#workers/ingest/ingest-fixtures.ts";
import { coverKey } from "#workers/shared/catalog/cover-paths.ts";
import { COVER_BYTES_MAX, type StudioArtist, type StudioRelease } from "./catalog-contract.ts";

const NOBODYS_ID = "0".repeat(22);
const RELEASE_AT = "2020-01-01T00:00:00Z";
let artist: Caller;
let stranger: Caller;

beforeAll(async () => {
  artist = await newCaller("artist");
  stranger = await newCaller("artist");
});

function post(body: object, name: string = crypto.randomUUID(), as: Caller = artist): Promise<Response> {
  return call("POST", "/v1/ingest/releases", { as, body, headers: key(name) });
}

async function releaseBody(): Promise<Record<string, unknown>> {
  return { artist_id: (await newArtist(artist)).id, title: "Rims", release_at: RELEASE_AT };
}

describe("artists", () => {
  it("are one for each name of an account, however it is written [ING-70]", async () => {
    const owner = await newCaller("artist");
    const put = (name: string, status: number) =>
      answered<StudioArtist>(call("POST", "/v1/ingest/artists", { as: owner, body: { name } }), status);
    const made = await put("Sigur Rós", 201);
    expect(await put("  SIGUR  ROS ", 200)).toEqual(made);
    const { items } = await answered<{ items: StudioArtist[] }>(call("GET", "/v1/ingest/artists", { as: owner }), 200);
    expect(items).toEqual([made]);
  });

  it("are each account's own [ING-1]", async () => {
    const mine = await newArtist(artist, "The Rims");
    const theirs = await newArtist(stranger, "The Rims");
    expect(theirs.id).not.toBe(mine.id);
    const { items } = await answered<{ items: StudioArtist[] }>(
      call("GET", "/v1/ingest/artists", { as: stranger }),
      200,
    );
    expect(items.map((item) => item.id)).not.toContain(mine.id);
    const problem = await refused(
      post({ artist_id: mine.id, title: "Theft", release_at: RELEASE_AT }, "theft", stranger),
      422,
      "unprocessable",
    );
    expect(problem.errors?.map((error) => error.path)).toEqual(["artist_id"]);
  });
});

describe("a release", () => {
  it("is made once however often, and at once [ING-10]", async () => {
    const body = await releaseBody();
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(body, "one-release")));
    const releases = await Promise.all(answers.map((answer) => answered<StudioRelease>(answer, 201)));
    expect(new Set(releases.map((release) => release.id)).size).toBe(1);
    await refused(post({ ...body, title: "Other" }, "one-release"), 422, "idempotency-key-reused");
    const { results } = await bindings.CATALOG_0.prepare("SELECT id FROM deals WHERE release_id = ?")
      .bind(releases[0]?.id ?? "")
      .all();
    expect(results).toHaveLength(1);
  });

  it("is sold worldwide from its instant on where nothing else is said [ING-71]", async () => {
    const { deals } = await newRelease(artist, { release_at: "2030-05-01T02:00:00+02:00" });
    expect(deals).toEqual([
      {
        territories: ["Worldwide"],
        excluded_territories: [],
        commercial_models: ["AdvertisementSupportedModel", "SubscriptionModel"],
        starts_at: "2030-05-01T00:00:00.000Z",
      },
    ]);
  });

  it.each([
    ["upc", { upc: "036000291453" }, 422],
    ["upc", { upc: "123" }, 422],
    ["release_at", { release_at: "2020-02-30T00:00:00Z" }, 400],
    ["release_at", { release_at: "2020-01-01" }, 400],
    ["release_at", { release_at: "2190-01-01T00:00:00Z" }, 422],
    ["deals.1.territories", { deals: [{ territories: ["DE"] }, { territories: ["FR", "XX"] }] }, 422],
    ["deals.0.excluded_territories", { deals: [{ territories: ["Worldwide"], excluded_territories: ["ZZ"] }] }, 422],
    ["deals.0.territories", { deals: [{ territories: [] }] }, 400],
    ["deals.0.ends_at", { deals: [{ territories: ["DE"], ends_at: RELEASE_AT }] }, 422],
    [
      "deals.0.ends_at",
      { deals: [{ territories: ["DE"], starts_at: "2021-01-02T00:00:00Z", ends_at: "2021-01-01T00:00:00Z" }] },
      422,
    ],
    ["deals.0.commercial_models.0", { deals: [{ territories: ["DE"], commercial_models: ["Barter"] }] }, 400],
  ])("names the field that is wrong: %s of %o [ING-12]", async (path, wrong, status) => {
    const type = status === 400 ? "bad-request" : "unprocessable";
    const problem = await refused(post({ ...(await releaseBody()), ...wrong }), status, type);
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
  });

  it("keeps a barcode in its bare form [ING-12]", async () => {
    expect((await newRelease(artist, { upc: "4 006381-333931" })).upc).toBe("4006381333931");
  });

  it("is for its own account alone: to others it is not there [ING-1]", async () => {
    const release = await newRelease(artist);
    await send(artist, { releaseId: release.id, bytes: noise(100, 500) });
    const path = `/v1/ingest/releases/${release.id}`;
    const nobodys = await refused(call("GET", `/v1/ingest/releases/${NOBODYS_ID}`, { as: artist }), 404, "not-found");
    expect(await refused(call("GET", path, { as: stranger }), 404, "not-found")).toEqual(nobodys);
    const cover = call("PUT", `${path}/cover`, { as: stranger, bytes: new Uint8Array([0xff, 0xd8, 0xff]) });
    expect(await refused(cover, 404, "not-found")).toEqual(nobodys);
    const listed = await answered<{ items: StudioRelease[] }>(
      call("GET", `/v1/ingest/releases?artist_id=${release.artist.id}`, { as: stranger }),
      200,
    );
    expect(listed.items).toEqual([]);
  });

  it("is listed newest first, over pages, with its tracks [ING-72]", async () => {
    const owner = await newCaller("artist");
    const { id: artist_id } = await newArtist(owner);
    const ids: string[] = [];
    for (let i = 0; i < 52; i++) ids.unshift((await newRelease(owner, { artist_id })).id);
    const [newest = ""] = ids;
    const upload = await send(owner, { releaseId: newest, bytes: noise(100, 501) });
    const page = (query: string) =>
      answered<{ items: StudioRelease[]; next_cursor: string | null }>(
        call("GET", `/v1/ingest/releases${query}`, { as: owner }),
        200,
      );
    const first = await page("");
    const second = await page(`?cursor=${first.next_cursor}`);
    const listed = [...first.items, ...second.items];
    expect(listed.map((item) => item.id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    expect(listed[0]?.tracks.map((track) => track.upload?.id)).toEqual([upload.id]);
  });
});

describe("a cover", () => {
  const JPEG = [0xff, 0xd8, 0xff, 0xe0];
  const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const WEBP = [..."RIFF\0\0\0\0WEBPVP8 "].map((letter) => letter.charCodeAt(0));

  async function put(bytes: Uint8Array<ArrayBuffer>, headers = {}): Promise<Response> {
    const { id } = await newRelease(artist);
    return call("PUT", `/v1/ingest/releases/${id}/cover`, { as: artist, bytes, headers });
  }

  function image(magic: readonly number[], sizeBytes = 200): Uint8Array<ArrayBuffer> {
    const bytes = noise(sizeBytes, 502);
    bytes.set(magic);
    return bytes;
  }

  it.each([
    ["jpg", "image/jpeg", JPEG],
    ["png", "image/png", PNG],
    ["webp", "image/webp", WEBP],
  ])("is a %s by its bytes, whatever is said of it [ING-73]", async (extension, mimeType, magic) => {
    const bytes = image(magic);
    const sha256 = await sha256Hex(bytes);
    const answer = await put(bytes, { "content-type": "text/html" });
    expect(await answered(answer, 200)).toEqual({ cover_url: `/covers/${sha256}.${extension}`, sha256 });
    const stored = await bindings.RENDITIONS.get(coverKey(sha256, extension));
    expect(stored?.httpMetadata?.contentType).toBe(mimeType);
    expect(new Uint8Array((await stored?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bytes);
  });

  it.each([
    ["a page", [..."<svg onload=alert(1)>"].map((letter) => letter.charCodeAt(0))],
    ["a GIF", [..."GIF89a"].map((letter) => letter.charCodeAt(0))],
    ["a WAV", [..."RIFF\0\0\0\0WAVE"].map((letter) => letter.charCodeAt(0))],
    ["half a PNG", PNG.slice(0, 5)],
  ])("is an image: %s is refused [ING-73]", async (_what, magic) => {
    await refused(put(image(magic)), 415, "unsupported-media-type");
    await refused(put(Uint8Array.from(magic)), 415, "unsupported-media-type");
    await refused(put(new Uint8Array()), 415, "unsupported-media-type");
  });

  it("has at most 10 MiB, also where its length is not told [ING-73]", async () => {
    await answered(put(image(JPEG, COVER_BYTES_MAX)), 200);
    const tooLarge = image(JPEG, COVER_BYTES_MAX + 1);
    await refused(put(tooLarge), 413, "too-large");
    const { id } = await newRelease(artist);
    const stream = new Blob([tooLarge]).stream();
    await refused(call("PUT", `/v1/ingest/releases/${id}/cover`, { as: artist, bytes: stream }), 413, "too-large");
  });
});
