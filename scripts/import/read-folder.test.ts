import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FixtureFolder, fixtureFolder, music } from "#jobs/transcode/audio-fixtures.ts";
import { findCover, toCover } from "./cover-art.ts";
import { NO_TAGS, readTags } from "./read-tags.ts";
import { walkFolder } from "./walk-folder.ts";

let folder: FixtureFolder;

beforeAll(() => {
  folder = fixtureFolder();
});
afterAll(() => folder.remove());

const TAGS = {
  title: "Заголовок",
  artist: "Артист",
  album_artist: "アーティスト",
  album: "アルバム",
  date: "2019-05-03",
  track: "3/11",
  disc: "2",
};
const tagArguments = Object.entries(TAGS).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]);

describe("tags", () => {
  it.each([
    ["t.flac", []],
    ["t.mp3", []],
    ["t.m4a", ["-c:a", "aac"]],
    ["t.ogg", ["-c:a", "libvorbis"]],
    ["t.opus", ["-c:a", "libopus"]],
  ] as const)("of %s are read in any script", async (name, args) => {
    const tags = await readTags(folder.make(name, ...music(0.2), ...args, ...tagArguments));
    expect(tags).toMatchObject({
      title: TAGS.title,
      artist: TAGS.artist,
      albumArtist: TAGS.album_artist,
      album: TAGS.album,
      trackNumber: 3,
      discNumber: 2,
    });
    expect(tags.date).toMatch(/^2019/);
  });

  it("take an ISRC and a barcode only where they are valid", async () => {
    const make = (isrc: string, barcode: string) =>
      folder.make("i.flac", ...music(0.2), "-metadata", `ISRC=${isrc}`, "-metadata", `BARCODE=${barcode}`);
    expect(await readTags(make("gb-aye-06-01498", "4006381333931"))).toMatchObject({
      isrc: "GBAYE0601498",
      upc: "4006381333931",
    });
    expect(await readTags(make("unknown", "4006381333930"))).toMatchObject({ isrc: null, upc: null });
  });

  it("know explicit words", async () => {
    const path = folder.make("e.flac", ...music(0.2), "-metadata", "ITUNESADVISORY=1");
    expect((await readTags(path)).isExplicit).toBe(true);
  });

  it("are none where the file is not what it says", async () => {
    writeFileSync(folder.file("fake.mp3"), "I am a text.");
    writeFileSync(folder.file("empty.wav"), "");
    for (const name of ["fake.mp3", "empty.wav"]) expect(await readTags(folder.file(name))).toEqual(NO_TAGS);
  });
});

it("finds audio in all folders, and leaves hidden files, links and the rest", async () => {
  const names = [
    "10.MP3",
    "2.wav",
    "a/b/c.flac",
    "a/.hidden.mp3",
    "a/._c.flac",
    ".git/x.wav",
    "notes.txt",
    "cover.jpg",
  ];
  for (const name of names) {
    const path = folder.file(`walk/${name}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name);
  }
  symlinkSync(folder.file("walk"), folder.file("walk/loop"));
  symlinkSync(folder.file("walk/2.wav"), folder.file("walk/link.wav"));
  const { rootName, files } = await walkFolder(folder.file("walk"));
  expect(rootName).toBe("walk");
  expect(files.map(({ relativePath, contentType }) => [relativePath, contentType])).toEqual([
    ["2.wav", "audio/wav"],
    ["10.MP3", "audio/mpeg"],
    ["a/b/c.flac", "audio/flac"],
  ]);
});

describe("the cover", () => {
  it("is the one in the file, else the one beside it or above its disc", async () => {
    const picture = folder.make("red.png", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1");
    const embedded = folder.make(
      "with.flac",
      ...music(0.2),
      "-i",
      picture,
      ...["-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"],
    );
    expect((await findCover([embedded]))?.mimeType).toBe("image/png");
    mkdirSync(folder.file("album/CD1"), { recursive: true });
    const plain = folder.make("album/CD1/a.wav", ...music(0.2));
    expect(await findCover([plain])).toBeNull();
    writeFileSync(folder.file("album/Folder.JPG"), readFileSync(picture));
    expect((await findCover([plain]))?.bytes).toEqual(readFileSync(picture));
  });

  it("is none where the service would not take it", () => {
    expect(toCover(Buffer.from("GIF89a"))).toBeNull();
    const jpeg = (sizeBytes: number) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(sizeBytes - 3)]);
    expect(toCover(jpeg(10 * 1024 ** 2))?.mimeType).toBe("image/jpeg");
    expect(toCover(jpeg(10 * 1024 ** 2 + 1))).toBeNull();
  });
});
