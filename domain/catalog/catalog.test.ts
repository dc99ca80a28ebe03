import { describe, expect, it } from "vitest";
import { generatedCover } from "./generated-cover.ts";
import { parseIsrc, parseUpc } from "./identifiers.ts";
import { nameKey } from "./name-key.ts";
import { SEARCH_WORDS_MAX, toSearchQuery } from "./search-query.ts";

describe("name keys", () => {
  it.each([
    ["Sigur Rós", "sigur ros"],
    ["  AC/DC ", "ac dc"],
    ["ＢＵＭＰ", "bump"],
    ["Björk", "BJORK"],
    ["!!!", "!!!"],
    ["初音ミク", "初音ミク"],
    ["ガガ", "ｶﾞｶﾞ"],
    ["한글", "한글".normalize("NFD")],
    ["ÅÄÖ  (live)", "aao live"],
    ["İstanbul", "istanbul"],
    ["Κώστας", "κωστας"],
    ["مُحَمَّد", "محمد"],
  ])("takes %s and %s for one name [CAT-1]", (a, b) => {
    expect(nameKey(a)).toBe(nameKey(b));
  });

  it("keeps different names apart [CAT-1]", () => {
    expect(nameKey("The Band")).not.toBe(nameKey("Band"));
    expect(nameKey("!!!")).not.toBe(nameKey("???"));
    expect(nameKey("🥁")).not.toBe(nameKey("🎺"));
  });

  it.each([
    ["が", "か"],
    ["राम", "रीम"],
    ["ดี", "ดุ"],
  ])("keeps %s and %s apart, where a mark is part of the letter [CAT-1]", (a, b) => {
    expect(nameKey(a)).not.toBe(nameKey(b));
  });

  it("is its own key [CAT-1]", () => {
    for (const name of ["Sigur Rós", "ＢＵＭＰ of  Chicken", "राम", "!!!  ", "İ"]) {
      expect(nameKey(nameKey(name))).toBe(nameKey(name));
    }
  });
});

describe("identifiers", () => {
  it("reads an ISRC with or without its decoration [CAT-2]", () => {
    expect(parseIsrc("AA6Q72000047")).toBe("AA6Q72000047");
    for (const decorated of ["isrc aa-6q7-20-00047", " ISRC: AA6Q72000047", "aa6q7 20 00047 "]) {
      expect(parseIsrc(decorated)).toBe("AA6Q72000047");
    }
    for (const wrong of ["", "ISRC", "AA6Q7200004", "1A6Q72000047", "AA6Q7200004X"]) {
      expect(parseIsrc(wrong)).toBeNull();
    }
  });

  it("reads the ISRC of a registrant whose code begins like the label [CAT-2]", () => {
    expect(parseIsrc("ISRC12000047")).toBe("ISRC12000047");
    expect(parseIsrc("ISRC IS-RC1-20-00047")).toBe("ISRC12000047");
  });

  it("takes a barcode only with its right check digit [CAT-3]", () => {
    expect(parseUpc("036000291452")).toBe("036000291452");
    expect(parseUpc("4006381333931")).toBe("4006381333931");
    for (const wrong of ["036000291453", "4006381333930", "12345", ""]) expect(parseUpc(wrong)).toBeNull();
  });
});

describe("search queries", () => {
  it("turns words into prefixes that must all be there [CAT-4]", () => {
    expect(toSearchQuery("  midnight tr")).toBe('"midnight"* AND "tr"*');
  });

  it("takes marks with their letters, however they are typed [CAT-4]", () => {
    expect(toSearchQuery("हिन्दी गीत")).toBe('"हिन्दी"* AND "गीत"*');
    expect(toSearchQuery("é".normalize("NFD"))).toBe(`"${"é".normalize("NFC")}"*`);
  });

  it("asks for so many words and no more [CAT-4]", () => {
    expect(toSearchQuery("a b c d e f g h i j")?.split(" AND ")).toHaveLength(SEARCH_WORDS_MAX);
  });

  it("cannot be made to say anything in the query language [CAT-5]", () => {
    expect(toSearchQuery('a" OR name:* NOT "b')).toBe('"a"* AND "OR"* AND "name"* AND "NOT"* AND "b"*');
    expect(toSearchQuery("NEAR(x y)")).toBe('"NEAR"* AND "x"* AND "y"*');
  });

  it("has nothing to ask where there is no letter or digit [CAT-6]", () => {
    expect(toSearchQuery("!!! ---")).toBeNull();
  });
});

describe("generated covers", () => {
  const ids = Array.from({ length: 50 }, (_unused, index) => `${index}`.padStart(22, "A"));

  it("are the same picture for the same id, and another for another [CAT-7]", () => {
    expect(new Set(ids.map(generatedCover)).size).toBe(ids.length);
    for (const id of ids) expect(generatedCover(id)).toBe(generatedCover(id));
  });

  it("are pictures and nothing else, with no number that is none [CAT-7]", () => {
    for (const id of ids) {
      const cover = generatedCover(id);
      expect(cover).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*>.*<\/svg>$/s);
      expect(cover).not.toMatch(/NaN|Infinity|undefined|script|href|\bon[a-z]+=/);
      const tags = [...cover.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)];
      const open: string[] = [];
      for (const [, closes, name = "", isEmpty] of tags) {
        if (closes === "/") expect(open.pop()).toBe(name);
        else if (isEmpty === "") open.push(name);
      }
      expect(open).toEqual([]);
    }
  });

  it("hold nothing of the text they are drawn from [CAT-7]", () => {
    expect(generatedCover('"><script>alert(1)</script>')).not.toContain("alert");
  });
});
