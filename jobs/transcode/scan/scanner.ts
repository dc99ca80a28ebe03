/**
 * Reads the structure of a file without decoding it. A scanner is given the file from front to back and says how far
 * it got; it may jump ahead over what it need not see, so that gigabytes of samples are never read.
 */
import { open } from "node:fs/promises";

export interface Scanner<Found> {
  /**
   * Reads from `bytes`, which begin at `offset` of the file. Answers how many bytes it is done with: fewer than given
   * where a structure is cut by the end of `bytes`, more where the rest of a structure is of no interest.
   */
  consume(bytes: Uint8Array, offset: number): number;
  finish(): Found;
}

/** Larger than any structure that a scanner must see whole: an Ogg page has at most 65,307 bytes. */
const WINDOW_BYTES = 1024 ** 2;

export async function scanFile<Found>(path: string, scanner: Scanner<Found>): Promise<Found> {
  const file = await open(path);
  try {
    const window = Buffer.alloc(WINDOW_BYTES);
    let position = 0;
    for (;;) {
      const { bytesRead } = await file.read(window, 0, window.length, position);
      const done = bytesRead === 0 ? 0 : scanner.consume(window.subarray(0, bytesRead), position);
      // Nothing done with a full window, or with the last one: what is left is no structure the scanner knows.
      if (done <= 0) return scanner.finish();
      position += done;
    }
  } finally {
    await file.close();
  }
}

export function asciiAt(bytes: Uint8Array, at: number, text: string): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The four characters that name a chunk or a box. */
export function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => byteAt(bytes, at + i)));
}

const ID3V2_HEADER_BYTES = 10;

/** The whole length of an ID3v2 tag that begins at `at`, or 0 where there is none (id3v2.4.0-structure, section 3). */
export function id3v2Bytes(bytes: Uint8Array, at: number): number {
  if (!asciiAt(bytes, at, "ID3") || at + ID3V2_HEADER_BYTES > bytes.length) return 0;
  let size = 0;
  for (let i = 6; i < ID3V2_HEADER_BYTES; i++) size = size * 128 + (byteAt(bytes, at + i) & 0x7f);
  const hasFooter = (byteAt(bytes, at + 5) & 0x10) !== 0;
  return ID3V2_HEADER_BYTES + size + (hasFooter ? ID3V2_HEADER_BYTES : 0);
}
