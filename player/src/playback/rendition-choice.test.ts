import { expect, test } from "vitest";
import type { Rendition } from "#workers/api/plays/plays-contract.ts";
import { chooseRendition, elementVolume, loudnessGain, QUALITIES } from "./rendition-choice.ts";

function rendition(profile: string, codec: string, mimeType: string): Rendition {
  return {
    profile,
    codec,
    mime_type: mimeType,
    bitrate_kbps: 160,
    size_bytes: 1,
    sample_rate: 44_100,
    total_frames: 1,
    start_skip_frames: 0,
    url: `/audio/${profile}`,
  };
}

const LADDER = [
  rendition("vorbis-96", "vorbis", "audio/ogg"),
  rendition("vorbis-160", "vorbis", "audio/ogg"),
  rendition("vorbis-320", "vorbis", "audio/ogg"),
  rendition("flac", "flac", "audio/flac"),
  rendition("mp3-320", "mp3", "audio/mpeg"),
  rendition("aac-96", "aac", "audio/mp4"),
  rendition("aac-160", "aac", "audio/mp4"),
  rendition("aac-256", "aac", "audio/mp4"),
];
/** Of a track that was made before there was AAC. */
const WITHOUT_AAC = LADDER.filter(({ codec }) => codec !== "aac");
const everything = () => "probably";
const withoutOgg = (type: string) => (type.startsWith("audio/ogg") ? "" : "maybe");

const withoutMp4 = (type: string) => (type.startsWith("audio/mp4") ? "" : "maybe");

function chosen(renditions: readonly Rendition[], canPlayType: (type: string) => string, userAgent?: string) {
  return QUALITIES.map((quality) => chooseRendition(renditions, quality, canPlayType, userAgent)?.profile);
}

test("takes AAC of the lower tiers, and no less than 320 kbit/s for the highest [PLB-1]", () => {
  expect(chosen(LADDER, everything)).toEqual(["aac-96", "aac-160", "vorbis-320", "flac"]);
});

test("falls back to Vorbis of the tier where there is no AAC to play [PLB-2]", () => {
  for (const profiles of [chosen(WITHOUT_AAC, everything), chosen(LADDER, withoutMp4)]) {
    expect(profiles).toEqual(["vorbis-96", "vorbis-160", "vorbis-320", "flac"]);
  }
});

test("takes Vorbis where a browser goes through fragments from the first on, and AAC rather than nothing [PLB-2]", () => {
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
  expect(chosen(LADDER, everything, firefox)).toEqual(["vorbis-96", "vorbis-160", "vorbis-320", "flac"]);
  const aacAlone = LADDER.filter(({ codec }) => codec === "aac");
  expect(chosen(aacAlone, everything, firefox)).toEqual(["aac-96", "aac-160", "aac-256", "aac-256"]);
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";
  expect(chosen(LADDER, everything, chrome)).toEqual(chosen(LADDER, everything));
});

test("needs no Ogg, and never goes to lossless by itself [PLB-2]", () => {
  expect(chosen(LADDER, withoutOgg)).toEqual(["aac-96", "aac-160", "mp3-320", "flac"]);
});

test("falls back to MP3 where there is neither Ogg nor AAC to play [PLB-2]", () => {
  expect(chosen(WITHOUT_AAC, withoutOgg)).toEqual(["mp3-320", "mp3-320", "mp3-320", "flac"]);
  const mp3Alone = (type: string) => (type === "audio/mpeg" ? "maybe" : "");
  expect(chooseRendition(LADDER, "low", mp3Alone)?.profile).toBe("mp3-320");
});

test("asks for Ogg and MP4 with their codecs", () => {
  const asked: string[] = [];
  chooseRendition(LADDER, "low", (type) => {
    asked.push(type);
    return "";
  });
  expect(asked).toContain('audio/ogg; codecs="vorbis"');
  expect(asked).toContain('audio/mp4; codecs="mp4a.40.2"');
});

test("plays a rung it does not know rather than nothing, and knows when there is nothing", () => {
  expect(chooseRendition([rendition("opus-24", "opus", "audio/ogg")], "high", everything)?.profile).toBe("opus-24");
  expect(chooseRendition(LADDER, "high", () => "")).toBeNull();
});

test("brings loud tracks down to the target and leaves quiet ones alone", () => {
  expect(loudnessGain(-8)).toBeCloseTo(0.501, 3);
  expect(loudnessGain(-14)).toBe(1);
  expect(loudnessGain(-23)).toBe(1);
  expect(loudnessGain(null)).toBe(1);
  expect(elementVolume(2, null)).toBe(1);
  expect(elementVolume(0.5, -8)).toBeCloseTo(0.125, 3);
});
