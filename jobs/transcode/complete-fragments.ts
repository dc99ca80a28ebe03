/**
 * Makes of ffmpeg's fragmented MP4 (ISO 14496-12) a file that audio elements play as it comes. Two things are in their
 * way. Without the whole length in front, Firefox takes the first fragment for all there is, and seeks no further. And an
 * index of ffmpeg's own at the end, which older builds write, sends Chromium there and back: three requests for one.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { open, rename } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { BOX_HEADER_BYTES, childBoxes, readBox } from "./scan/mp4-boxes.ts";
import { asciiAt, byteAt, viewOf } from "./scan/scanner.ts";

/** Of `ftyp` and `moov`, which for one sound track have less than one. */
const HEAD_BYTES_MAX = 64 * 1_024;
/** `mfro` (8.8.11), the last box of the index at the end, says how long that is. */
const INDEX_SIZE_BYTES = 16;

/** Where the file is not as ffmpeg writes it, it is left alone: whoever reads it then says what is wrong. */
export async function completeFragments(path: string, durationSeconds: number, signal: AbortSignal): Promise<void> {
  const { head, sizeBytes, endBytes } = await readEnds(path);
  const moovAt = readBox(head)?.sizeBytes ?? head.length;
  const moov = readBox(head.subarray(moovAt));
  const moovEnd = moovAt + (moov?.sizeBytes ?? head.length);
  if (moov?.name !== "moov" || moovEnd > head.length) return;
  const body = withDuration(head.subarray(moovAt + BOX_HEADER_BYTES, moovEnd), durationSeconds);
  if (body === null || (moovAt + BOX_HEADER_BYTES + body.length === moovEnd && endBytes === sizeBytes)) return;
  const made = `${path}.complete`;
  const file = createWriteStream(made);
  file.write(head.subarray(0, moovAt));
  file.write(box("moov", body));
  await pipeline(createReadStream(path, { start: moovEnd, end: endBytes - 1 }), file, { signal });
  await rename(made, path);
}

interface FileEnds {
  readonly head: Uint8Array;
  readonly sizeBytes: number;
  /** Where the last fragment ends. */
  readonly endBytes: number;
}

async function readEnds(path: string): Promise<FileEnds> {
  const file = await open(path);
  try {
    const { size: sizeBytes } = await file.stat();
    const read = async (from: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, Math.max(0, from));
      return buffer.subarray(0, bytesRead);
    };
    const head = await read(0, HEAD_BYTES_MAX);
    const tail = await read(sizeBytes - INDEX_SIZE_BYTES, INDEX_SIZE_BYTES);
    const indexBytes = asciiAt(tail, 4, "mfro") ? tail.readUInt32BE(12) : 0;
    const index = readBox(await read(sizeBytes - indexBytes, BOX_HEADER_BYTES));
    const isIndex = index?.name === "mfra" && index.sizeBytes === indexBytes;
    return { head, sizeBytes, endBytes: isIndex ? sizeBytes - indexBytes : sizeBytes };
  } finally {
    await file.close();
  }
}

/** The body of a `moov` box that names the length of all its fragments (8.8.2), or null where it has no place for it. */
function withDuration(moov: Uint8Array, durationSeconds: number): Buffer | null {
  const children = childBoxes(moov);
  const movie = children?.find(({ name }) => name === "mvhd")?.body;
  const extended = children?.find(({ name }) => name === "mvex")?.body;
  const inside = extended === undefined ? null : childBoxes(extended);
  if (children == null || movie === undefined || extended === undefined || inside === null) return null;
  if (inside.some(({ name }) => name === "mehd")) return Buffer.from(moov);
  const timescaleAt = byteAt(movie, 0) === 1 ? 20 : 12;
  if (movie.length < timescaleAt + 4) return null;
  const length = Buffer.alloc(8);
  length.writeUInt32BE(Math.round(durationSeconds * viewOf(movie).getUint32(timescaleAt)), 4);
  const longer = Buffer.concat([box("mehd", length), extended]);
  return Buffer.concat(children.map(({ name, body }) => box(name, name === "mvex" ? longer : body)));
}

function box(name: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(BOX_HEADER_BYTES);
  header.writeUInt32BE(BOX_HEADER_BYTES + body.length);
  header.write(name, 4, "latin1");
  return Buffer.concat([header, body]);
}
