import { describe, expect, it } from "vitest";
import { type PlannedRelease, planReleases, type TaggedFile } from "./plan-releases.ts";
import { NO_TAGS, type TrackTags } from "./read-tags.ts";

function tagged(relativePath: string, tags: Partial<TrackTags> = {}): TaggedFile {
  const file = { path: `/music/${relativePath}`, relativePath, sizeBytes: 1, contentType: "audio/flac" } as const;
  return { file, tags: { ...NO_TAGS, ...tags } };
}

function outline(releases: readonly PlannedRelease[]) {
  return releases.map(({ artist, title, year, tracks }) => ({
    release: `${artist} / ${title} / ${year}`,
    tracks: tracks.map(({ discNumber, trackNumber, title: name }) => `${discNumber}-${trackNumber} ${name}`),
  }));
}

describe("by tags", () => {
  it("puts an album together whatever its files are called", () => {
    const album = { albumArtist: "Ana", artist: "Ana", album: "Blue", date: "2020" };
    const files = [
      tagged("a.flac", { ...album, title: "Two", trackNumber: 2 }),
      tagged("b.flac", { ...album, title: "One", trackNumber: 1 }),
    ];
    expect(outline(planReleases(files, "Downloads"))).toEqual([
      { release: "Ana / Blue / 2020", tracks: ["1-2 Two", "1-1 One"] },
    ]);
  });

  it("takes names that differ in case, accents and spaces for one", () => {
    const files = [
      tagged("a.flac", { album: "Blüe ", albumArtist: "ÁNA" }),
      tagged("b.flac", { album: "BLUE", albumArtist: "ana" }),
    ];
    expect(planReleases(files, "x")).toHaveLength(1);
  });

  it("joins discs and folders of one album, and keeps editions of two years apart", () => {
    const disc = (folder: string, date: string) =>
      tagged(`${folder}/01.flac`, { album: "Live", albumArtist: "Ana", date, title: folder });
    const files = [disc("Live/CD1", "2001"), disc("Live/CD2", "2001"), disc("More", "2001"), disc("Reissue", "2011")];
    expect(outline(planReleases(files, "x"))).toEqual([
      { release: "Ana / Live / 2001", tracks: ["1-1 Live/CD1", "2-1 Live/CD2", "1-2 More"] },
      { release: "Ana / Live / 2011", tracks: ["1-1 Reissue"] },
    ]);
  });

  it("does not split an album whose tracks are of several years", () => {
    const files = ["1971", "1972", "1972"].map((date, i) =>
      tagged(`Best/${i}.flac`, { album: "Best", albumArtist: "Ana", date, title: `${i}` }),
    );
    expect(planReleases(files, "x").map(({ year }) => year)).toEqual([1972]);
  });

  it("names the main artist of guests, and Various Artists where there is none", () => {
    const by = (artist: string, i: number, folder: string) => tagged(`${folder}/${i}.flac`, { album: folder, artist });
    const guests = [by("Ana", 1, "Duets"), by("Ana feat. Bo", 2, "Duets"), by("Ana ft. Cy", 3, "Duets")];
    const mixed = [by("Ana", 1, "Hits"), by("Bo", 2, "Hits")];
    const releases = planReleases([...guests, ...mixed], "x");
    expect(releases.map(({ artist, type }) => [artist, type])).toEqual([
      ["Ana", "single"],
      ["Various Artists", "compilation"],
    ]);
    expect(releases[1]?.tracks.map(({ artists }) => artists)).toEqual([["Ana"], ["Bo"]]);
    expect(releases[0]?.tracks[0]?.artists).toEqual([]);
  });

  it("tells two albums of one name in one folder apart by their artists", () => {
    const files = [
      tagged("a.flac", { album: "Greatest Hits", albumArtist: "Ana" }),
      tagged("b.flac", { album: "Greatest Hits", albumArtist: "Bo" }),
    ];
    expect(planReleases(files, "x").map(({ artist }) => artist)).toEqual(["Ana", "Bo"]);
  });

  it("takes the date, the type and the rest along", () => {
    const [release] = planReleases(
      [
        tagged("a.flac", {
          album: "Blue",
          artist: "Ana",
          date: "2020-05-03",
          label: "Rim",
          upc: "4006381333931",
          isrc: "GBAYE0601498",
          isExplicit: true,
          trackTotal: 12,
        }),
      ],
      "x",
    );
    expect(release).toMatchObject({ date: "2020-05-03", label: "Rim", upc: "4006381333931", type: "album" });
    expect(release?.tracks[0]).toMatchObject({ isrc: "GBAYE0601498", isExplicit: true });
  });
});

describe("by names, where tags are missing", () => {
  it("reads artist, album, disc, number and title from the path", () => {
    const files = [
      tagged("Ana/Blue (2020)/CD1/01 - One.mp3"),
      tagged("Ana/Blue (2020)/CD1/02 - Two.mp3"),
      tagged("Ana/Blue (2020)/CD2/01 - Three.mp3"),
      tagged("Кино - Группа крови/01. Группа крови.mp3"),
    ];
    expect(outline(planReleases(files, "Music"))).toEqual([
      { release: "Ana / Blue / 2020", tracks: ["1-1 One", "1-2 Two", "2-1 Three"] },
      { release: "Кино / Группа крови / null", tracks: ["1-1 Группа крови"] },
    ]);
  });

  it("falls back to Unknown Artist and the folder's name", () => {
    const files = [tagged("take.wav"), tagged("other.wav"), tagged("third.wav"), tagged("Guest - Song.wav")];
    expect(outline(planReleases(files, "Demos"))).toEqual([
      { release: "Unknown Artist / Demos / null", tracks: ["1-1 take", "1-2 other", "1-3 third", "1-4 Song"] },
    ]);
  });

  it("gives each track a place of its own: the first keeps a doubled number", () => {
    const files = [
      tagged("01 - a.wav"),
      tagged("01 - b.wav"),
      tagged("03 - c.wav"),
      tagged("d.wav", { trackNumber: 0 }),
      tagged("e.wav", { trackNumber: 5_000 }),
    ];
    expect(outline(planReleases(files, "x"))[0]?.tracks).toEqual(["1-1 a", "1-4 b", "1-3 c", "1-5 d", "1-6 e"]);
  });

  it("cuts what is longer than the service takes, between characters", () => {
    const [release] = planReleases(
      [tagged("a.wav", { title: `${"x".repeat(299)}🎵🎵`, artist: "ß".repeat(500) })],
      "x",
    );
    expect(release?.tracks[0]?.title).toBe("x".repeat(299));
    expect(release?.artist).toHaveLength(200);
  });
});
