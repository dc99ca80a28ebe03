/** What a master is, judged by its first bytes: names and declared types are only what somebody believes. */
import { open } from "node:fs/promises";
import { err, ok, type Result } from "#domain/foundation/result.ts";
import { beginsAdtsFrames } from "./scan/adts-frames.ts";
import { beginsForm } from "./scan/chunks.ts";
import { findMp3Frames, MP3_TRUST_BYTES } from "./scan/mp3-frames.ts";
import { asciiAt, id3v2Bytes } from "./scan/scanner.ts";

export type SourceFormat = "wav" | "aiff" | "flac" | "ogg" | "mp3" | "aac" | "mp4";

/** The only reader that ffmpeg may open the file with, by ffmpeg's names. */
export const DEMUXERS: Readonly<Record<SourceFormat, string>> = {
  wav: "wav",
  aiff: "aiff",
  flac: "flac",
  ogg: "ogg",
  mp3: "mp3",
  aac: "aac",
  mp4: "mov",
};

/** Enough for the silence or junk that some tools leave between a tag and the first frame. */
const HEAD_BYTES = 64 * 1024;
/** Some tools write a new tag in front of the old one. */
const TAGS_MAX = 4;

/** What a file is that is none of those: a reject code, because there is something else to do about each. */
export type FormatRefusal = "archive" | "video" | "not-audio";

/** Zip, gzip, bzip2, xz, zstd, 7z and RAR, by their first bytes in hexadecimal. */
const ARCHIVE_MARKS = [
  "504b0304",
  "504b0506",
  "1f8b08",
  "425a68",
  "fd377a585a00",
  "28b52ffd",
  "377abcaf271c",
  "526172211a07",
];
/** Matroska and WebM, FLV, program streams of MPEG. */
const VIDEO_MARKS = ["1a45dfa3", "464c5601", "000001ba", "000001b3"];
const TAR_MARK_AT = 257;
/** A transport stream of MPEG is packets of this length, each with the same first byte. */
const TRANSPORT_PACKET_BYTES = 188;
const TRANSPORT_SYNC = 0x47;

export async function identifyFile(path: string): Promise<Result<SourceFormat, FormatRefusal>> {
  const file = await open(path);
  try {
    const head = new Uint8Array(HEAD_BYTES + MP3_TRUST_BYTES);
    let position = 0;
    for (let tags = 0; tags <= TAGS_MAX; tags++) {
      const { bytesRead } = await file.read(head, 0, head.length, position);
      const bytes = head.subarray(0, bytesRead);
      const tagBytes = id3v2Bytes(bytes, 0);
      if (tagBytes === 0) {
        const format = identify(bytes, tags > 0);
        return format === null ? err(refusalOf(bytes)) : ok(format);
      }
      position += tagBytes;
    }
    return err("not-audio");
  } finally {
    await file.close();
  }
}

function identify(bytes: Uint8Array, hasTag: boolean): SourceFormat | null {
  if (beginsForm(bytes, "RIFF", "WAVE") || beginsForm(bytes, "RF64", "WAVE")) return "wav";
  if (beginsForm(bytes, "FORM", "AIFF") || beginsForm(bytes, "FORM", "AIFC")) return "aiff";
  if (asciiAt(bytes, 0, "fLaC")) return "flac";
  if (asciiAt(bytes, 0, "OggS")) return "ogg";
  if (asciiAt(bytes, 4, "ftyp")) return "mp4";
  if (beginsAdtsFrames(bytes, 0)) return "aac";
  // Within an archive there may be frames that play.
  if (refusalOf(bytes) !== "not-audio") return null;
  const framesAt = findMp3Frames(bytes);
  if (framesAt === null) return null;
  // Frames in the midst of other bytes are MP3 only behind a tag that says so, or near enough to the start.
  return hasTag || framesAt < MP3_TRUST_BYTES ? "mp3" : null;
}

function refusalOf(bytes: Uint8Array): FormatRefusal {
  if (ARCHIVE_MARKS.some((mark) => beginsWith(bytes, mark)) || asciiAt(bytes, TAR_MARK_AT, "ustar")) return "archive";
  const isTransport = [0, 1, 2, 3].every((packet) => bytes[packet * TRANSPORT_PACKET_BYTES] === TRANSPORT_SYNC);
  const isVideo =
    isTransport || beginsForm(bytes, "RIFF", "AVI ") || VIDEO_MARKS.some((mark) => beginsWith(bytes, mark));
  return isVideo ? "video" : "not-audio";
}

function beginsWith(bytes: Uint8Array, hexadecimal: string): boolean {
  return Buffer.from(bytes.subarray(0, hexadecimal.length / 2)).toString("hex") === hexadecimal;
}
