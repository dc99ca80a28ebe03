/**
 * Walks the outermost chunks of WAV (RIFF, RF64), AIFF and MP4 files: each says how long it is, so a file that ends
 * before one of them does was cut.
 */
import { type BoxHeader, isEncryptedMovie, readBox } from "./mp4-boxes.ts";
import { asciiAt, nameAt, type Scanner, viewOf } from "./scanner.ts";

export type ChunkContainer = "wav" | "aiff" | "mp4";

export interface ChunkStructure {
  /** The four-character names in order, the first ones only. */
  readonly names: readonly string[];
  /** True where a chunk that holds the music goes on beyond the end of the file. */
  readonly isCutShort: boolean;
  /** True where the first track of an MP4 file is under a key. */
  readonly isEncrypted: boolean;
}

const FORM_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** A writer that could not go back to fill in the length leaves one of these. */
const UNKNOWN_LENGTHS: readonly number[] = [0, 0xffff_ffff];
const NAMES_MAX = 1_000;
/** Cut tags behind the music do no harm. */
const MUSIC_CHUNKS: readonly string[] = ["data", "SSND", "mdat", "moov", "moof"];

export class ChunkScanner implements Scanner<ChunkStructure> {
  readonly #container: ChunkContainer;
  readonly #fileBytes: number;
  readonly #names: string[] = [];
  /** The length of the data chunk of an RF64 file, which its ds64 chunk holds. */
  #longDataBytes: number | null = null;
  #isCut = false;
  #isEncrypted = false;

  constructor(container: ChunkContainer, fileBytes: number) {
    this.#container = container;
    this.#fileBytes = fileBytes;
  }

  consume(bytes: Uint8Array, offset: number): number {
    if (offset === 0 && this.#container !== "mp4") return FORM_HEADER_BYTES;
    const header = this.#container === "mp4" ? readBox(bytes) : this.#readChunk(bytes);
    if (header === null || this.#names.length >= NAMES_MAX) return 0;
    this.#names.push(header.name);
    if (header.name === "moov") this.#isEncrypted = isEncryptedMovie(bytes.subarray(0, header.sizeBytes ?? undefined));
    if (header.sizeBytes === null) return this.#fileBytes - offset;
    if (offset + header.sizeBytes > this.#fileBytes) this.#isCut ||= MUSIC_CHUNKS.includes(header.name);
    // Chunks of WAV and AIFF stand at even places.
    return header.sizeBytes + (this.#container === "mp4" ? 0 : header.sizeBytes % 2);
  }

  #readChunk(bytes: Uint8Array): BoxHeader | null {
    if (bytes.length < CHUNK_HEADER_BYTES) return null;
    const name = nameAt(bytes, 0);
    const declared = viewOf(bytes).getUint32(4, this.#container === "wav");
    if (name === "ds64" && bytes.length >= 24) this.#longDataBytes = Number(viewOf(bytes).getBigUint64(16, true));
    const isData = name === "data";
    if (isData && declared === 0xffff_ffff && this.#longDataBytes !== null) {
      return { name, sizeBytes: CHUNK_HEADER_BYTES + this.#longDataBytes };
    }
    if (isData && UNKNOWN_LENGTHS.includes(declared)) return { name, sizeBytes: null };
    return { name, sizeBytes: CHUNK_HEADER_BYTES + declared };
  }

  finish(): ChunkStructure {
    return { names: this.#names, isCutShort: this.#isCut, isEncrypted: this.#isEncrypted };
  }
}

export function beginsForm(bytes: Uint8Array, outer: string, inner: string): boolean {
  return asciiAt(bytes, 0, outer) && asciiAt(bytes, 8, inner);
}
