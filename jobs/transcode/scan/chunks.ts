/**
 * Walks the outermost chunks of WAV (RIFF, RF64), AIFF and MP4 files: each says how long it is, so a file that ends
 * before one of them does was cut.
 */
import { asciiAt, byteAt, type Scanner, viewOf } from "./scanner.ts";

export type ChunkContainer = "wav" | "aiff" | "mp4";

export interface ChunkStructure {
  /** The four-character names in order, the first ones only. */
  readonly names: readonly string[];
  /** True where a chunk that holds the music goes on beyond the end of the file. */
  readonly isCutShort: boolean;
}

interface ChunkHeader {
  readonly name: string;
  /** Header and body; null where the chunk goes to the end of the file, however far that is. */
  readonly sizeBytes: number | null;
}

const FORM_HEADER_BYTES = 12;
const BOX_HEADER_BYTES_MAX = 16;
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

  constructor(container: ChunkContainer, fileBytes: number) {
    this.#container = container;
    this.#fileBytes = fileBytes;
  }

  consume(bytes: Uint8Array, offset: number): number {
    if (offset === 0 && this.#container !== "mp4") return FORM_HEADER_BYTES;
    const header = this.#container === "mp4" ? readBox(bytes) : this.#readChunk(bytes);
    if (header === null || this.#names.length >= NAMES_MAX) return 0;
    this.#names.push(header.name);
    if (header.sizeBytes === null) return this.#fileBytes - offset;
    if (offset + header.sizeBytes > this.#fileBytes) this.#isCut ||= MUSIC_CHUNKS.includes(header.name);
    // Chunks of WAV and AIFF stand at even places.
    return header.sizeBytes + (this.#container === "mp4" ? 0 : header.sizeBytes % 2);
  }

  #readChunk(bytes: Uint8Array): ChunkHeader | null {
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
    return { names: this.#names, isCutShort: this.#isCut };
  }
}

/** A box of ISO 14496-12: a length of 32 bits, or 1 and then one of 64, or 0 for all the rest. */
function readBox(bytes: Uint8Array): ChunkHeader | null {
  if (bytes.length < CHUNK_HEADER_BYTES) return null;
  const view = viewOf(bytes);
  const name = nameAt(bytes, 4);
  const declared = view.getUint32(0);
  if (declared === 0) return { name, sizeBytes: null };
  if (declared !== 1) return declared < CHUNK_HEADER_BYTES ? null : { name, sizeBytes: declared };
  if (bytes.length < BOX_HEADER_BYTES_MAX) return null;
  const long = Number(view.getBigUint64(8));
  return long < BOX_HEADER_BYTES_MAX ? null : { name, sizeBytes: long };
}

function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => byteAt(bytes, at + i)));
}

export function beginsForm(bytes: Uint8Array, outer: string, inner: string): boolean {
  return asciiAt(bytes, 0, outer) && asciiAt(bytes, 8, inner);
}
