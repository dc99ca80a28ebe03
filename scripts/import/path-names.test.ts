import { describe, expect, it } from "vitest";
import { areNumberedBySpace, discFolderNumber, parseFileName, parseFolderName } from "./path-names.ts";

describe("file names", () => {
  it.each([
    ["01 - Title", 1, null, null, "Title"],
    ["1. Title", 1, null, null, "Title"],
    ["03_Some_Title", 3, null, null, "Some Title"],
    ["07 Title", 7, null, null, "Title"],
    ["2-05 - Title", 5, 2, null, "Title"],
    ["12) Title", 12, null, null, "Title"],
    ["04 - Artist - Title", 4, null, "Artist", "Title"],
    ["Artist - Title", null, null, "Artist", "Title"],
    ["Title - Part - Two", null, null, null, "Title - Part - Two"],
    ["99 Luftballons", null, null, null, "99 Luftballons"],
    ["1979", null, null, null, "1979"],
    ["01 - 丸ノ内サディスティック", 1, null, null, "丸ノ内サディスティック"],
    ["02. Группа крови", 2, null, null, "Группа крови"],
    ["03 - が\u3099".normalize("NFD"), 3, null, null, "が\u3099".normalize("NFC")],
  ])("%s", (stem, trackNumber, discNumber, artist, title) => {
    expect(parseFileName(stem, false)).toEqual({ trackNumber, discNumber, artist, title });
  });

  it("take a space behind a number for its end only where all neighbours are numbered so", () => {
    expect(areNumberedBySpace(["1 One", "2 Two", "10 Ten"])).toBe(true);
    expect(areNumberedBySpace(["99 Luftballons"])).toBe(false);
    expect(areNumberedBySpace(["99 Luftballons", "Nena"])).toBe(false);
    expect(areNumberedBySpace(["7 Seconds", "7 Nation Army"])).toBe(false);
    expect(parseFileName("10 Ten", true)).toMatchObject({ trackNumber: 10, title: "Ten" });
  });
});

describe("folder names", () => {
  it.each([
    ["Artist - Album (2019)", "Artist", "Album", 2019],
    ["Artist - 2019 - Album", "Artist", "Album", 2019],
    ["2019 - Album", null, "Album", 2019],
    ["[1999] Album [FLAC]", null, "Album", 1999],
    ["Album (320 kbps)", null, "Album", null],
    ["1984", null, "1984", null],
    ["Кино - Группа крови", "Кино", "Группа крови", null],
    ["無罪モラトリアム", null, "無罪モラトリアム", null],
    ["", null, "Untitled", null],
  ])("%s", (name, artist, album, year) => {
    expect(parseFolderName(name)).toEqual({ artist, album, year });
  });

  it.each([
    ["CD1", 1],
    ["cd 02", 2],
    ["Disc 3 - Live", 3],
    ["disk_4", 4],
    ["Discovery", null],
    ["CDs", null],
    ["Album", null],
  ])("of a disc: %s", (name, number) => {
    expect(discFolderNumber(name)).toBe(number);
  });
});
