import { expect, test } from "vitest";
import { contentTypeOf, inTrackOrder, titleOf } from "./file-facts.ts";

test("makes a title of a file name", () => {
  const titles = [
    "03 - So_What.wav",
    "1-07 Naima.flac",
    "12. Blue in Green.aiff",
    "07.wav",
    "Take Five.mp3",
    "99 Luftballons.wav",
  ];
  expect(titles.map(titleOf)).toEqual(["So What", "Naima", "Blue in Green", "07", "Take Five", "Luftballons"]);
  expect(titleOf("no extension")).toBe("no extension");
  expect(titleOf(".hidden")).toBe(".hidden");
  expect(titleOf("1999.wav")).toBe("1999");
});

test("knows the types that can be announced, and calls the rest bytes", () => {
  expect(["a.WAV", "a.aif", "a.flac", "a.mp3", "a.m4a", "a.opus", "a.txt", "a"].map(contentTypeOf)).toEqual([
    "audio/wav",
    "audio/aiff",
    "audio/flac",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "application/octet-stream",
    "application/octet-stream",
  ]);
});

test("puts the tenth track after the ninth", () => {
  const names = ["10 j.wav", "9 i.wav", "1 a.wav"].map((name) => ({ name }));
  expect(inTrackOrder(names).map(({ name }) => name)).toEqual(["1 a.wav", "9 i.wav", "10 j.wav"]);
});
