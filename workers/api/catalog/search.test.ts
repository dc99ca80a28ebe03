/** What is found by what words, and what may be typed. */
import { beforeAll, describe, expect, it } from "vitest";
import * as contract from "./catalog-contract.ts";
import { ask, expectAnswer, expectProblem, SLOW_MS, seedArtist, seedRelease } from "./catalog-fixtures.ts";

beforeAll(async () => {
  const rover = await seedArtist("Zyrover Björk");
  const hindi = await seedArtist("लता ज़मीन");
  const japanese = await seedArtist("初音ミク");
  const korean = await seedArtist("한글밴드");
  await seedRelease({
    artistId: rover,
    title: "Midnight Zytrain",
    tracks: [{ title: "Zymoon" }, { title: "Selene", artistIds: [rover, japanese] }, { title: "AC/DC don't" }],
  });
  await seedRelease({ artistId: await seedArtist("Zymoon"), title: "Other", tracks: [{ title: "Plain" }] });
  await seedRelease({ artistId: rover, title: "Zymoon", tracks: [{ title: "Hidden" }] });
  await seedRelease({ artistId: hindi, title: "हिन्दी", tracks: [{ title: "गीत" }] });
  await seedRelease({ artistId: korean, title: "Москва", tracks: [{ title: "Ночь" }] });
}, SLOW_MS);

async function search(q: string, more = "") {
  const answer = await ask(`/v1/search?q=${encodeURIComponent(q)}${more}`, { country: "DE" });
  const found = await expectAnswer(answer, contract.search, 200);
  const names = (page?: { items: readonly { name: string }[] }) => page?.items.map((item) => item.name) ?? null;
  return { tracks: names(found.tracks), artists: names(found.artists), albums: names(found.albums), found };
}

describe("a search", { timeout: SLOW_MS }, () => {
  it("finds tracks, artists and albums by the beginnings of their words [CAT-17]", async () => {
    expect(await search("zyrov bjo")).toMatchObject({ artists: ["Zyrover Björk"], albums: expect.any(Array) });
    expect((await search("midni zytr")).albums).toEqual(["Midnight Zytrain"]);
    expect((await search("sele")).tracks).toEqual(["Selene"]);
    expect((await search("ight zytrain")).albums).toEqual([]);
  });

  it("takes accents and case for nothing [CAT-17]", async () => {
    for (const q of ["ZYROVER BJÖRK", "zyrover bjork", "zyrover björk".normalize("NFD")]) {
      expect((await search(q)).artists, q).toEqual(["Zyrover Björk"]);
    }
  });

  it("finds a track by its artists and its release, and what is named so before that [CAT-17]", async () => {
    const { tracks, artists, albums } = await search("zymoon");
    expect(tracks).toEqual(["Zymoon", "Plain", "Hidden"]);
    expect(artists).toEqual(["Zymoon"]);
    expect(albums).toEqual(["Zymoon", "Other"]);
  });

  it("wants every word, wherever in the track's texts it stands [CAT-17]", async () => {
    expect((await search("selene zytrain")).tracks).toEqual(["Selene"]);
    expect((await search("selene nowhere")).tracks).toEqual([]);
  });

  it.each([
    ["初音", "artists", "初音ミク"],
    ["लता", "artists", "लता ज़मीन"],
    ["हिन्द", "albums", "हिन्दी"],
    ["गीत", "tracks", "गीत"],
    ["москва", "albums", "Москва"],
    ["НОЧЬ", "tracks", "Ночь"],
    ["한글", "artists", "한글밴드"],
    ["한글".normalize("NFD"), "artists", "한글밴드"],
  ] as const)("finds what is written in other letters: %s [CAT-17]", async (q, kind, name) => {
    expect((await search(q))[kind]).toContain(name);
  });

  it("answers only the kinds it is asked for, each once [CAT-16]", async () => {
    expect(Object.keys((await search("zymoon", "&type=artist")).found)).toEqual(["artists"]);
    expect(Object.keys((await search("zymoon", "&type=album,track,album")).found).toSorted()).toEqual([
      "albums",
      "tracks",
    ]);
    expect(Object.keys((await search("zymoon")).found).toSorted()).toEqual(["albums", "artists", "tracks"]);
  });

  it("is not told by anything typed what the query language would say [CAT-5]", async () => {
    expect((await search("don't AC/DC")).tracks).toEqual(["AC/DC don't"]);
    const inert = [
      '"',
      '"" OR ""',
      "zymoon OR selene",
      "name:zymoon",
      "NOT plain",
      "NEAR(zymoon plain, 5)",
      "^zymoon -x",
    ];
    for (const q of [
      ...inert,
      "{name artists}: zymoon",
      "zymoon*",
      "zymoon' OR 1=1 --",
      "a\u0000b",
      "\\",
      "%",
      "((((",
    ]) {
      const { tracks } = await search(q);
      expect(tracks, q).not.toContain("Selene");
    }
    expect((await search("zymoon*")).tracks).toHaveLength(3);
  });

  it("of nothing but punctuation finds nothing [CAT-6]", async () => {
    for (const q of ["!!!", "🥁", "- * ^", '""""']) {
      const { tracks, artists, albums, found } = await search(q);
      expect([tracks, artists, albums], q).toEqual([[], [], []]);
      expect(found.tracks).toMatchObject({ total: 0, next: null });
    }
  });

  it("with a word of letters that the index cannot read finds nothing, since every word is wanted [CAT-6]", async () => {
    const adlam = "\u{1E900}\u{1E901}";
    expect((await search(adlam)).tracks).toEqual([]);
    for (const q of [`${adlam} selene`, `selene ${adlam}`]) expect((await search(q)).tracks, q).toEqual([]);
    expect((await search("\u0308 selene \u0308")).tracks).toEqual(["Selene"]);
  });

  it("takes 200 characters, and eight words of them [CAT-16]", async () => {
    expect((await search(`selene ${"x".repeat(193)}`)).tracks).toEqual([]);
    expect((await search(`${"selene ".repeat(8)}nowhere`)).tracks).toEqual(["Selene"]);
    expect((await search("a ".repeat(100).trim())).found.tracks?.limit).toBe(20);
    expect((await search("초".repeat(200))).tracks).toEqual([]);
  });

  it.each([
    "/v1/search",
    "/v1/search?q=",
    "/v1/search?q=%20%09",
    `/v1/search?q=${"x".repeat(201)}`,
    "/v1/search?q=x&type=",
    "/v1/search?q=x&type=playlist",
    "/v1/search?q=x&type=track,",
    "/v1/search?q=x&limit=51",
  ])("refuses %s [CAT-16]", async (path) => {
    await expectProblem(await ask(path), 400, "bad-request");
  });
});
