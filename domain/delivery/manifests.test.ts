import { describe, expect, it } from "vitest";
import { type DashRepresentation, dashManifest } from "./dash-manifest.ts";
import { hlsMasterPlaylist, hlsMediaPlaylist } from "./hls-playlists.ts";
import { elementsOf, parsePlaylist, parseXml } from "./manifest-readers-testing.ts";
import {
  averageBandwidth,
  type IndexedFile,
  peakBandwidth,
  type SegmentIndex,
  segmentIndexOf,
  targetDurationSeconds,
} from "./segment-index.ts";

/** 10 s in fragments of 4, 4 and 2 s; the second is the largest. */
const FILE: IndexedFile = {
  sizeBytes: 100_000,
  sampleRate: 44_100,
  totalFrames: 441_000,
  headerBytes: 700,
  seekPoints: [
    [0, 800],
    [3_994, 40_800],
    [8_011, 85_000],
  ],
};

function indexOf(file: Partial<IndexedFile> = {}): SegmentIndex {
  const index = segmentIndexOf({ ...FILE, ...file });
  if (index === null) throw new Error("the file has no segments");
  return index;
}

describe("the segments of a file", () => {
  it("follow one another from the end of the index to the end of the file [MAN-1]", () => {
    const index = indexOf();
    expect(index).toMatchObject({ initBytes: 700, durationMs: 10_000 });
    expect(index.segments).toEqual([
      { startMs: 0, durationMs: 3_994, offset: 800, sizeBytes: 40_000 },
      { startMs: 3_994, durationMs: 4_017, offset: 40_800, sizeBytes: 44_200 },
      { startMs: 8_011, durationMs: 1_989, offset: 85_000, sizeBytes: 15_000 },
    ]);
  });

  it.each<[string, Partial<IndexedFile>]>([
    ["has no known header", { headerBytes: null }],
    ["has no table", { seekPoints: [] }],
    ["has no room for an index", { headerBytes: 800 }],
    ["does not begin at the start", { seekPoints: [[5, 800]] }],
    [
      "goes back in its bytes",
      {
        seekPoints: [
          [0, 800],
          [4_000, 700],
        ],
      },
    ],
    [
      "stands still in time",
      {
        seekPoints: [
          [0, 800],
          [0, 900],
        ],
      },
    ],
    ["is shorter than its table", { sizeBytes: 80_000 }],
    ["sounds shorter than its table", { totalFrames: 44_100 }],
  ])("are none where it %s [MAN-1]", (_what, file) => {
    expect(segmentIndexOf({ ...FILE, ...file })).toBeNull();
  });

  it("have a highest rate over runs of half to one and a half target durations, and a mean one [MAN-3]", () => {
    const index = indexOf();
    expect(targetDurationSeconds(index)).toBe(4);
    // The last lasts 1.989 s, less than half of 4: it counts with the one before, in 6.006 s, which is too long.
    expect(peakBandwidth(index)).toBe(Math.ceil((44_200 * 8_000) / 4_017));
    expect(averageBandwidth(index)).toBe(Math.ceil((99_200 * 8_000) / 10_000));
    const short = indexOf({ seekPoints: [[0, 800]], totalFrames: 11_025 });
    expect(targetDurationSeconds(short)).toBe(1);
    expect(peakBandwidth(short)).toBe(averageBandwidth(short));
    const dense = indexOf({
      seekPoints: [
        [0, 800],
        [4_000, 10_800],
        [8_000, 20_800],
      ],
    });
    expect(peakBandwidth(dense)).toBe(Math.ceil((79_200 * 8_000) / 2_000));
  });
});

describe("HLS", () => {
  const URL = "https://one.example/audio/a.m4a?token=v1.k.p.m";

  it("names one file's segments by their bytes, as a whole that has an end [MAN-2]", () => {
    const text = hlsMediaPlaylist(URL, indexOf());
    const playlist = parsePlaylist(text);
    expect(text.startsWith("#EXTM3U\n#EXT-X-VERSION:7\n")).toBe(true);
    expect(text.endsWith("\n#EXT-X-ENDLIST\n")).toBe(true);
    expect(playlist).toMatchObject({
      version: 7,
      targetDuration: 4,
      mediaSequence: 0,
      playlistType: "VOD",
      endList: true,
      independentSegments: true,
    });
    expect(playlist.segments.map(({ byterange }) => byterange)).toEqual([
      { offset: 800, length: 40_000 },
      { offset: 40_800, length: 44_200 },
      { offset: 85_000, length: 15_000 },
    ]);
    expect(playlist.segments.map(({ duration }) => duration)).toEqual([3.994, 4.017, 1.989]);
    for (const { uri, map } of playlist.segments) {
      expect(uri).toBe(URL);
      expect(map).toMatchObject({ uri: URL, byterange: { offset: 0, length: 700 } });
    }
  });

  it("has a variant for each rendition, with its rates and its codec, in the order given [MAN-3]", () => {
    const indexes = [indexOf(), indexOf({ sizeBytes: 200_000 })];
    const urls = ["/v1/manifests/t.aac-96.m3u8?token=1", "/v1/manifests/t.aac-160.m3u8?token=2"];
    const text = hlsMasterPlaylist(indexes.map((index, i) => ({ url: urls[i] ?? "", index })));
    const { version, playlists = [] } = parsePlaylist(text);
    expect(version).toBe(7);
    expect(playlists.map(({ uri }) => uri)).toEqual(urls);
    for (const [i, { attributes }] of playlists.entries()) {
      const index = indexes[i] ?? indexOf();
      expect(attributes).toEqual({
        BANDWIDTH: peakBandwidth(index),
        "AVERAGE-BANDWIDTH": String(averageBandwidth(index)),
        CODECS: "mp4a.40.2",
      });
    }
  });
});

describe("DASH", () => {
  const representation = (id: string, index = indexOf()): DashRepresentation => ({
    id,
    url: `/audio/${id}.m4a?token=${id}`,
    sampleRate: 44_100,
    channels: 2,
    index,
  });

  it("is a static presentation of one set, whose members name their own index [MAN-4]", () => {
    const text = dashManifest([representation("aac-96"), representation("aac-160")], []);
    const root = parseXml(text);
    expect(root.name).toBe("MPD");
    expect(root.attributes).toEqual({
      xmlns: "urn:mpeg:dash:schema:mpd:2011",
      profiles: "urn:mpeg:dash:profile:isoff-on-demand:2011",
      type: "static",
      mediaPresentationDuration: "PT10.000S",
      minBufferTime: "PT4.017S",
    });
    expect(root.children.map(({ name }) => name)).toEqual(["Period"]);
    const [set, ...otherSets] = elementsOf(root, "AdaptationSet");
    expect(otherSets).toEqual([]);
    expect(set?.attributes).toMatchObject({
      mimeType: "audio/mp4",
      codecs: "mp4a.40.2",
      subsegmentAlignment: "true",
      subsegmentStartsWithSAP: "1",
    });
    expect(set?.children.map(({ attributes }) => attributes["id"])).toEqual(["aac-96", "aac-160"]);
    for (const { attributes, children } of set?.children ?? []) {
      expect(attributes).toMatchObject({ bandwidth: String(peakBandwidth(indexOf())), audioSamplingRate: "44100" });
      // The schema has them in this order.
      expect(children.map(({ name }) => name)).toEqual(["AudioChannelConfiguration", "BaseURL", "SegmentBase"]);
      const [channels, base, segments] = children;
      expect(channels?.attributes["value"]).toBe("2");
      expect(base?.text).toBe(`/audio/${attributes["id"]}.m4a?token=${attributes["id"]}`);
      expect(segments?.attributes["indexRange"]).toBe("700-799");
      expect(segments?.children.map((child) => child.attributes["range"])).toEqual(["0-699"]);
    }
  });

  it("says so where segments do not begin together [MAN-4]", () => {
    const other = indexOf({
      seekPoints: [
        [0, 800],
        [5_000, 50_000],
      ],
    });
    const text = dashManifest([representation("a"), representation("b", other)], []);
    expect(elementsOf(parseXml(text), "AdaptationSet")[0]?.attributes["subsegmentAlignment"]).toBe("false");
  });

  it("names each origin as a place of its own, the preferred one first, and escapes what XML would read [MAN-5]", () => {
    const hostile = { ...representation('a"<b>&'), url: '/audio/a.m4a?token=<&">]]>' };
    const root = parseXml(dashManifest([hostile], ["https://one.example", "http://two.example:8787"]));
    const places = root.children.filter(({ name }) => name === "BaseURL");
    expect(places.map(({ text, attributes }) => [text, attributes["serviceLocation"]])).toEqual([
      ["https://one.example/", "one.example"],
      ["http://two.example:8787/", "two.example:8787"],
    ]);
    const [own] = elementsOf(root, "Representation");
    expect(own?.attributes["id"]).toBe(hostile.id);
    expect(own?.children[1]?.text).toBe(hostile.url);
  });
});
