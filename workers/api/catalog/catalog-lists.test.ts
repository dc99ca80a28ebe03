/** Lists and their pages. */
import { beforeAll, describe, expect, it } from "vitest";
import * as contract from "./catalog-contract.ts";
import { ask, expectAnswer, expectProblem, SLOW_MS, seedArtist, seedRelease } from "./catalog-fixtures.ts";

const RELEASES = 7;
const PAGES_MAX = 100;

/** Asks for one word: the rest of what is typed here is none, and has a meaning in a URL. */
const SEARCH = "/v1/search?q=quok%20%26%3D%23&type=track&limit=3";

let artistId: string;
/** Newest first; the last two came out at one instant. */
const newestFirst: string[] = [];

beforeAll(async () => {
  artistId = await seedArtist("Prolific");
  const nowMs = Date.now();
  const seeded: { id: string; releaseAt: number }[] = [];
  for (let index = 0; index < RELEASES; index++) {
    const releaseAt = nowMs - 60_000 - Math.min(index, RELEASES - 2) * 1_000;
    const { id } = await seedRelease({
      artistId,
      title: `Quokka ${index}`,
      releaseAt,
      tracks: [{ title: `Quokka ${index}` }],
    });
    seeded.push({ id, releaseAt });
  }
  seeded.sort((a, b) => b.releaseAt - a.releaseAt || (a.id < b.id ? 1 : -1));
  newestFirst.push(...seeded.map(({ id }) => id));
}, SLOW_MS);

interface PageOf {
  readonly href: string;
  readonly items: readonly { readonly id: string }[];
  readonly limit: number;
  readonly offset: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly total: number;
}

async function readPage(path: string): Promise<PageOf> {
  const { pathname } = new URL(path, "https://any.example");
  const answer = await ask(path);
  switch (pathname) {
    case "/v1/browse/new-releases":
      return (await expectAnswer(answer, contract.getNewReleases, 200)).albums;
    case "/v1/search": {
      const { tracks } = await expectAnswer(answer, contract.search, 200);
      if (tracks === undefined) throw new Error("the search answers no tracks");
      return tracks;
    }
    default:
      return expectAnswer(answer, contract.getArtistAlbums, 200);
  }
}

/** All pages from this one on in one direction. */
async function follow(path: string, direction: "next" | "previous"): Promise<PageOf[]> {
  const pages: PageOf[] = [];
  for (let at: string | null = path; at !== null && pages.length < PAGES_MAX; at = pages.at(-1)?.[direction] ?? null) {
    pages.push(await readPage(at));
  }
  return pages;
}

function idsOf(pages: readonly PageOf[]): string[] {
  return pages.flatMap((page) => page.items.map((item) => item.id));
}

describe("a list", { timeout: SLOW_MS }, () => {
  it("shows each item once to whoever follows its links to the end [CAT-10]", async () => {
    for (const path of [`/v1/artists/${artistId}/albums?limit=3`, SEARCH]) {
      const pages = await follow(path, "next");
      expect(
        pages.map((page) => page.items.length),
        path,
      ).toEqual([3, 3, 1]);
      expect(new Set(idsOf(pages)).size).toBe(RELEASES);
      expect(pages.map((page) => page.total)).toEqual([RELEASES, RELEASES, RELEASES]);
      const back = await follow(pages.at(-1)?.href ?? "", "previous");
      expect(back.toReversed(), path).toEqual(pages);
    }
  });

  it("of an artist's releases is newest first, and of those of one instant the later made [CAT-11]", async () => {
    expect(idsOf(await follow(`/v1/artists/${artistId}/albums?limit=3`, "next"))).toEqual(newestFirst);
  });

  it("of new releases has everybody's, each once and newest first [CAT-11]", async () => {
    // Other tests' releases are in it too.
    const ids = idsOf(await follow("/v1/browse/new-releases?limit=4", "next"));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => newestFirst.includes(id))).toEqual(newestFirst);
  });

  it("keeps what else was asked for in its links [CAT-10]", async () => {
    const page = await readPage(`${SEARCH}&offset=3`);
    const links = [page.href, page.next, page.previous].map((link) => new URL(link ?? "", "https://any.example"));
    expect(links.map(({ pathname }) => pathname)).toEqual(Array(3).fill("/v1/search"));
    expect(links.map(({ searchParams }) => Object.fromEntries(searchParams))).toEqual(
      ["3", "6", "0"].map((offset) => ({ q: "quok &=#", type: "track", limit: "3", offset })),
    );
  });

  it("has twenty items where nothing else is asked for [CAT-10]", async () => {
    const albums = await readPage(`/v1/artists/${artistId}/albums`);
    expect(albums).toMatchObject({ limit: 20, offset: 0, next: null, previous: null });
  });

  it("leads back from beyond its end to its last items [CAT-10]", async () => {
    const beyond = await readPage(`/v1/artists/${artistId}/albums?limit=3&offset=500`);
    expect(beyond).toMatchObject({ items: [], next: null, total: RELEASES });
    const last = await readPage(beyond.previous ?? "");
    expect(last.items.map((item) => item.id)).toEqual(newestFirst.slice(-3));
  });

  it("refuses pages that are none, and links to none of them [CAT-10]", async () => {
    for (const wrong of ["limit=0", "limit=51", "limit=x", "limit=1.5", "offset=-1", "offset=10001", "limit="]) {
      await expectProblem(await ask(`/v1/browse/new-releases?${wrong}`), 400, "bad-request");
    }
  });
});
