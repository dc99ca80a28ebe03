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
];
const everything = () => "probably";
const withoutOgg = (type: string) => (type.startsWith("audio/ogg") ? "" : "maybe");

test("takes the rung of each quality where the browser plays everything", () => {
  const chosen = QUALITIES.map((quality) => chooseRendition(LADDER, quality, everything)?.profile);
  expect(chosen).toEqual(["vorbis-96", "vorbis-160", "vorbis-320", "flac"]);
});

test("falls back to MP3 where the browser plays no Ogg, and never to lossless by itself", () => {
  const chosen = QUALITIES.map((quality) => chooseRendition(LADDER, quality, withoutOgg)?.profile);
  expect(chosen).toEqual(["mp3-320", "mp3-320", "mp3-320", "flac"]);
});

test("asks for Ogg with its codec", () => {
  const asked: string[] = [];
  chooseRendition(LADDER, "low", (type) => {
    asked.push(type);
    return "";
  });
  expect(asked).toContain('audio/ogg; codecs="vorbis"');
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
