/** Walks the frames of an AAC stream in ADTS framing (ISO 13818-7), to see whether its last one is whole. */
import { byteAt, id3v2Bytes, type Scanner } from "./scanner.ts";

const HEADER_BYTES = 7;
const FRAMES_TO_TRUST = 3;

export interface AdtsStructure {
  readonly frames: number;
  readonly isCutShort: boolean;
}

export class AdtsFrameScanner implements Scanner<AdtsStructure> {
  #frames = 0;
  #isCut = false;

  consume(bytes: Uint8Array): number {
    const tagBytes = this.#frames === 0 ? id3v2Bytes(bytes, 0) : 0;
    if (tagBytes > 0) return tagBytes;
    let at = 0;
    this.#isCut = false;
    for (;;) {
      const sizeBytes = frameBytes(bytes, at);
      if (sizeBytes === null) return at;
      if (at + sizeBytes > bytes.length) {
        this.#isCut = true;
        return at;
      }
      this.#frames += 1;
      at += sizeBytes;
    }
  }

  finish(): AdtsStructure {
    return { frames: this.#frames, isCutShort: this.#isCut };
  }
}

/** The length of the frame at `at`, header included, or null where no frame begins there. */
function frameBytes(bytes: Uint8Array, at: number): number | null {
  if (at + HEADER_BYTES > bytes.length) return null;
  if (byteAt(bytes, at) !== 0xff || (byteAt(bytes, at + 1) & 0xf6) !== 0xf0) return null;
  const size = ((byteAt(bytes, at + 3) & 3) << 11) | (byteAt(bytes, at + 4) << 3) | (byteAt(bytes, at + 5) >> 5);
  return size < HEADER_BYTES ? null : size;
}

/** True where frames follow one another from `at`, as far as the bytes go. */
export function beginsAdtsFrames(bytes: Uint8Array, at: number): boolean {
  let next = at;
  for (let i = 0; i < FRAMES_TO_TRUST; i++) {
    const sizeBytes = frameBytes(bytes, next);
    if (sizeBytes === null) return i > 0 && next >= bytes.length;
    next += sizeBytes;
  }
  return true;
}
