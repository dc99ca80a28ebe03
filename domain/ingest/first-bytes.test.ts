import { describe, expect, it } from "vitest";
import { FIRST_BYTES, judgeFirstBytes } from "./first-bytes.ts";

/** Characters stand for their codes; what follows is noise that is no text. */
function file(beginning: string): Uint8Array {
  const bytes = new Uint8Array(FIRST_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 167 + 13) & 0xff;
  bytes.set(Uint8Array.from(beginning, (character) => character.charCodeAt(0)));
  return bytes;
}

function ogg(packet: string): string {
  return `OggS\0\x02${"\0".repeat(20)}\x01\x1e${packet}`;
}

/** An ID3v2 tag with this much in it. */
function id3(sizeBytes: number): string {
  const size = [21, 14, 7, 0].map((shift) => String.fromCharCode((sizeBytes >> shift) & 0x7f)).join("");
  return `ID3\x04\0\0${size}${"\0".repeat(Math.min(sizeBytes, FIRST_BYTES - 10))}`;
}

const MP3_FRAME = "\xff\xfb\x90\x64";

describe("the first bytes of a file", () => {
  it.each([
    ["WAV", "RIFF\x24\x08\0\0WAVEfmt ", "audio/wav"],
    ["a WAV beyond 4 GiB", "RF64\xff\xff\xff\xffWAVEds64", "audio/wav"],
    ["AIFF", "FORM\0\0\x10\0AIFFCOMM", "audio/aiff"],
    ["AIFF-C", "FORM\0\0\x10\0AIFCFVER", "audio/aiff"],
    ["FLAC", "fLaC\0\0\0\x22", "audio/flac"],
    ["ALAC or AAC in MP4", "\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"],
    ["MP4 of a general brand", "\0\0\0\x18ftypisom\0\0\x02\0", "audio/mp4"],
    ["AAC in ADTS", "\xff\xf1\x50\x80\x2e\x7f\xfc", "audio/aac"],
    ["MP3", MP3_FRAME, "audio/mpeg"],
    ["MP3 of a low rate", "\xff\xf3\x40\xc4", "audio/mpeg"],
    ["MP3 behind a tag", `${id3(100)}${MP3_FRAME}`, "audio/mpeg"],
    ["MP3 behind a tag with a picture", id3(200_000), "audio/mpeg"],
    ["FLAC behind a tag", `${id3(64)}fLaC`, "audio/flac"],
    ["AAC behind a tag", `${id3(64)}\xff\xf1\x50\x80`, "audio/aac"],
    ["Ogg Vorbis", ogg("\x01vorbis"), "audio/ogg"],
    ["Ogg Opus", ogg("OpusHead"), "audio/ogg"],
    ["Ogg FLAC", ogg("\x7fFLAC"), "audio/ogg"],
  ])("tell %s [ING-30]", (_name, beginning, mimeType) => {
    expect(judgeFirstBytes(file(beginning))).toEqual({ kind: "audio", mimeType });
  });

  it.each([
    ["archive", "PK\x03\x04"],
    ["archive", "Rar!\x1a\x07\x01\0"],
    ["archive", "7z\xbc\xaf\x27\x1c"],
    ["archive", "\x1f\x8b\x08"],
    ["archive", `${"a".repeat(257)}ustar`],
    ["video", "RIFF\0\0\0\0AVI "],
    ["video", "\x1a\x45\xdf\xa3"],
    ["video", "\0\0\0\x20ftypM4V "],
    ["video", ogg("\x80theora")],
    ["video", `G${"\0".repeat(187)}G${"\0".repeat(187)}G`],
    ["encrypted", "\0\0\0\x20ftypM4P "],
    ["encrypted", "\0\0\0\x20ftypaax "],
    ["encrypted", "Salted__"],
    ["not-audio", "\x89PNG\r\n\x1a\n"],
    ["not-audio", "\xff\xd8\xff\xe0"],
    ["not-audio", "RIFF\0\0\0\0WEBP"],
    ["not-audio", "%PDF-1.7"],
    ["not-audio", "MThd\0\0\0\x06"],
  ])("refuse as %s what begins with %j [ING-30]", (code, beginning) => {
    const verdict = judgeFirstBytes(file(beginning));
    expect(verdict).toMatchObject({ kind: "refused", code });
    expect(verdict.kind === "refused" && verdict.detail).toMatch(/^Its first bytes are those of .+\.$/);
  });

  it("refuse a text, also one that ends within a character [ING-30]", () => {
    const text = new TextEncoder().encode(`<!doctype html>\n${"Noël ".repeat(900)}`);
    for (const length of [FIRST_BYTES, FIRST_BYTES - 1, FIRST_BYTES - 2, 20]) {
      expect(judgeFirstBytes(text.subarray(0, length))).toMatchObject({ kind: "refused", code: "not-audio" });
    }
  });

  it("say nothing of what they do not know, however short it is [ING-30]", () => {
    expect(judgeFirstBytes(file(""))).toEqual({ kind: "unknown" });
    for (const length of [0, 1, 4, 15]) expect(judgeFirstBytes(new Uint8Array(length))).toEqual({ kind: "unknown" });
    expect(judgeFirstBytes(new TextEncoder().encode("short"))).toEqual({ kind: "unknown" });
  });
});
