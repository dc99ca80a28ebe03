/** What is there already comes by SQL, many rows at once; the request that is one too many is a real one. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  ARTISTS_PER_ACCOUNT_MAX,
  RELEASES_PER_ACCOUNT_MAX,
  TRACKS_PER_RELEASE_MAX,
} from "#domain/catalog/catalog-limits.ts";
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
  uploadBodyOf,
} from "#workers/ingest/ingest-fixtures.ts";

const RELEASE_AT = "2020-01-01T00:00:00Z";
let artist: Caller;

beforeEach(async () => {
  artist = await newCaller("artist");
});

/** Runs `INSERT ... SELECT` over `n(i)`, the numbers from 1 to `?1`. */
async function insertMany(rows: number, statement: string, ...values: string[]): Promise<void> {
  const [head, select] = statement.split("SELECT");
  await bindings.CATALOG_0.prepare(
    `${head} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT ${select} FROM n`,
  )
    .bind(rows, ...values)
    .run();
}

describe("an account that is full", () => {
  it("gets no new artist, and still the ones it has [ING-18]", async () => {
    const first = await newArtist(artist, "Aardvark");
    await insertMany(
      ARTISTS_PER_ACCOUNT_MAX - 2,
      "INSERT INTO artists (id, owner_account_id, name, name_key, created_at) SELECT 'limit' || ?2 || i, ?2, 'Z' || i, 'z' || i, 0",
      artist.accountId,
    );
    const put = (name: string) => call("POST", "/v1/ingest/artists", { as: artist, body: { name } });
    await answered(put("The last one"), 201);
    const problem = await refused(put("One more"), 422, "unprocessable");
    expect(problem.detail).toContain(`at most ${ARTISTS_PER_ACCOUNT_MAX} artists`);
    expect(await answered(put("aardvark"), 200)).toEqual(first);
    const { items } = await answered<{ items: readonly unknown[] }>(
      call("GET", "/v1/ingest/artists", { as: artist }),
      200,
    );
    expect(items).toHaveLength(ARTISTS_PER_ACCOUNT_MAX);
  });

  it("gets no new release, and still the one that its key made [ING-18]", async () => {
    const body = { artist_id: (await newArtist(artist)).id, title: "Rims", release_at: RELEASE_AT };
    const post = (name: string) => call("POST", "/v1/ingest/releases", { as: artist, body, headers: key(name) });
    const { id } = await answered<{ id: string }>(post("first"), 201);
    await insertMany(
      RELEASES_PER_ACCOUNT_MAX - 1,
      `INSERT INTO releases SELECT 'limit' || ?2 || i, ?2, ?3, 'T', 't', 'album', '', NULL, 0, NULL, NULL, NULL, i, '', 0, 1`,
      artist.accountId,
      body.artist_id,
    );
    const problem = await refused(post("one-more"), 422, "unprocessable");
    expect(problem.detail).toContain(`at most ${RELEASES_PER_ACCOUNT_MAX} releases`);
    expect(await answered(post("first"), 201)).toMatchObject({ id });
  });
});

describe("a release that is full", () => {
  it("gets no new track, and still another file for a place that it has [ING-18]", async () => {
    const { id: releaseId } = await newRelease(artist);
    const bytes = noise(1_000, 700);
    const announce = async (track: { track_number: number }) =>
      call("POST", "/v1/ingest/uploads", {
        as: artist,
        body: await uploadBodyOf({ releaseId, bytes, track }),
        headers: key(),
      });
    await answered(announce({ track_number: 999 }), 201);
    await insertMany(
      TRACKS_PER_RELEASE_MAX - 1,
      "INSERT INTO recordings SELECT 'limit' || ?2 || i, ?2, 'T', 2 + i / 900, 1 + i % 900, NULL, 0, NULL, NULL, 0, 1",
      releaseId,
    );
    const problem = await refused(announce({ track_number: 998 }), 422, "unprocessable");
    expect(problem.errors).toEqual([
      { path: "release_id", message: `a release has at most ${TRACKS_PER_RELEASE_MAX} tracks` },
    ]);
    await answered(announce({ track_number: 999 }), 201);
  });
});
