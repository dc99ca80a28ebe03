/** What a master is, judged by its first bytes: names and declared types are only what somebody believes. */
import { open } from "node:fs/promises";
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

/** Null where the file is nothing that we take. */
export async function identifyFile(path: string): Promise<SourceFormat | null> {
  const file = await open(path);
  try {
    const head = new Uint8Array(HEAD_BYTES + MP3_TRUST_BYTES);
    let position = 0;
    for (let tags = 0; tags <= TAGS_MAX; tags++) {
      const { bytesRead } = await file.read(head, 0, head.length, position);
      const bytes = head.subarray(0, bytesRead);
      const tagBytes = id3v2Bytes(bytes, 0);
      if (tagBytes === 0) return identify(bytes, tags > 0);
      position += tagBytes;
    }
    return null;
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
  const framesAt = findMp3Frames(bytes);
  if (framesAt === null) return null;
  // Frames in the midst of other bytes are MP3 only behind a tag that says so, or near enough to the start.
  return hasTag || framesAt < MP3_TRUST_BYTES ? "mp3" : null;
}
