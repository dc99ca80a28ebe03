/**
 * What each request asks of the catalog database: every statement it really runs is recorded, and the database is asked
 * how it would find the rows.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { apiRoutes } from "#workers/api/index.ts";
import {
  bindings,
  type Caller,
  copyTrack,
  requestOf,
  type SeededRelease,
  SLOW_MS,
  seedArtist,
  seedRelease,
  signIn,
} from "./catalog-fixtures.ts";

interface RanStatement {
  readonly sql: string;
  readonly parameters: unknown[];
}

/** The database, and a list of what is prepared on it from now on. */
function recording(d1: D1Database): { d1: D1Database; ran: RanStatement[] } {
  const ran: RanStatement[] = [];
  const prepare = (sql: string) => {
    const statement = d1.prepare(sql);
    const bind = (...parameters: unknown[]) => {
      ran.push({ sql, parameters });
      return statement.bind(...parameters);
    };
    return { bind } as unknown as D1PreparedStatement;
  };
  const recorder = { prepare, batch: d1.batch.bind(d1) } as unknown as D1Database;
  return { d1: recorder, ran };
}

async function statementsOf(path: string, options: Parameters<typeof requestOf>[1] = {}): Promise<RanStatement[]> {
  const { d1, ran } = recording(bindings.CATALOG_0);
  const request = requestOf(path, { country: "DE", ...options });
  const answer = await apiRoutes.app.fetch(request, { ...bindings, CATALOG_0: d1 });
  expect(answer.ok, `${path}: ${await answer.text()}`).toBe(true);
  return ran;
}

async function planOf({ sql, parameters }: RanStatement): Promise<string[]> {
  const explained = await bindings.CATALOG_0.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...parameters)
    .all<{ detail: string }>();
  return explained.results.map((row) => row.detail);
}

/** Reads of a table from end to end. A list of ids that came as a parameter is read so, and the full-text index itself. */
function isScan(detail: string): boolean {
  return /^SCAN /.test(detail) && !/^SCAN (json_each|wanted|search_text) VIRTUAL TABLE INDEX/.test(detail);
}

let artistId: string;
let small: SeededRelease;
let large: SeededRelease;
let listener: Caller;

beforeAll(async () => {
  listener = await signIn("listener");
  artistId = await seedArtist("Planner");
  small = await seedRelease({ artistId, title: "Planned small", tracks: [{ title: "Plan", hasAudio: true }] });
  large = await seedRelease({ artistId, title: "Planned large", tracks: [{ title: "Plan more" }] });
  await copyTrack(large.trackIds[0] ?? "", 120);
}, SLOW_MS);

const requests = () => [
  { path: `/v1/tracks/${small.trackIds[0]}`, indexes: ["recording_artists_1"] },
  { path: `/v1/albums/${large.id}`, indexes: ["recordings_by_release"] },
  { path: `/v1/albums/${large.id}/tracks?limit=20&offset=20`, indexes: ["recordings_by_release"] },
  { path: `/v1/artists/${artistId}`, indexes: ["recording_artists_by_artist", "releases_by_artist"] },
  { path: `/v1/artists/${artistId}/albums`, indexes: ["releases_by_artist"] },
  { path: `/v1/artists/${artistId}/top-tracks`, indexes: ["recording_artists_by_artist"] },
  { path: "/v1/browse/new-releases", indexes: ["releases_by_date"] },
  {
    path: "/v1/search?q=plan",
    indexes: ["search_text VIRTUAL TABLE INDEX", "search_entries USING INTEGER PRIMARY KEY"],
  },
];

describe("the queries of a request", { timeout: SLOW_MS }, () => {
  it("read no table from end to end, and use the index that is there for them [CAT-18]", async () => {
    for (const { path, indexes } of requests()) {
      const statements = await statementsOf(path);
      expect(statements.length, path).toBeGreaterThan(0);
      const plans = await Promise.all(statements.map(planOf));
      const details = plans.flat();
      expect(details.filter(isScan), path).toEqual([]);
      for (const index of indexes) expect(details.join("\n"), path).toContain(index);
    }
  });

  it("of a playback too read no table from end to end [CAT-18]", async () => {
    const body = { track_id: small.trackIds[0] };
    const statements = await statementsOf("/v1/playbacks", { method: "POST", token: listener.token, body });
    expect(statements).toHaveLength(1);
    const plans = await Promise.all(statements.map(planOf));
    expect(plans.flat().filter(isScan)).toEqual([]);
    expect(plans.flat().join("\n")).toContain("renditions");
  });

  it("cut a page of releases out of the index in its order: only what is of one instant is sorted [CAT-18]", async () => {
    for (const path of [`/v1/artists/${artistId}/albums`, "/v1/browse/new-releases"]) {
      const [list] = (await statementsOf(path)).filter(({ sql }) => /order by/i.test(sql));
      const details = list === undefined ? [] : await planOf(list);
      const page = details.slice(details.findIndex((detail) => detail.startsWith("LIST SUBQUERY")) + 1);
      expect(page[0], path).toMatch(/^SEARCH releases USING INDEX releases_by_(artist|date) /);
      expect(page[1], path).toBe("USE TEMP B-TREE FOR LAST TERM OF ORDER BY");
    }
  });

  it("are no more for many rows than for one [CAT-18]", async () => {
    const counts = async (paths: readonly string[]) =>
      Promise.all(paths.map(async (path) => (await statementsOf(path)).length));
    const pages = (limit: number) => [
      `/v1/search?q=plan&type=track&limit=${limit}`,
      `/v1/search?q=plan&type=artist&limit=${limit}`,
      `/v1/search?q=plan&type=album&limit=${limit}`,
      `/v1/browse/new-releases?limit=${limit}`,
      `/v1/artists/${artistId}/albums?limit=${limit}`,
    ];
    expect(await counts(pages(50))).toEqual(await counts(pages(1)));
    expect(await counts([`/v1/albums/${large.id}`])).toEqual(await counts([`/v1/albums/${small.id}`]));
  });
});
