/** Finds the frames of a FLAC stream (RFC 9639) by sync code, header CRC and number, without decoding. */
import { asciiAt, byteAt, id3v2Bytes, type Scanner, viewOf } from "./scanner.ts";
import { type SeekPoint, SeekTable } from "./seek-table.ts";

const STREAMINFO_BYTES = 34;
const BLOCK_HEADER_BYTES = 4;
/** Sync, codes, a number of up to 7 bytes, block size and sample rate of up to 2 each, CRC. */
const FRAME_HEADER_BYTES_MAX = 16;
/** After damage the next frame found may be some numbers on; one further off than this is not a frame. */
const FRAMES_MISSING_MAX = 10_000;

export interface FlacStructure {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** As STREAMINFO declares; 0 where the encoder did not know. */
  readonly totalFrames: number;
  /** Frames of audio up to the start of the last FLAC frame found, and one block on. */
  readonly foundFrames: number;
  /** FLAC frames that the numbering skips. */
  readonly missingBlocks: number;
  readonly lastBlockOffset: number;
  readonly seekPoints: SeekPoint[];
}

interface StreamInfo {
  readonly blockFrames: number;
  readonly minFrameBytes: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  readonly totalFrames: number;
}

export class FlacFrameScanner implements Scanner<FlacStructure | null> {
  readonly #spacingMs: number;
  #state: "start" | "metadata" | "frames" = "start";
  #info: StreamInfo | null = null;
  #table: SeekTable | null = null;
  #nextBlock = 0;
  #missingBlocks = 0;
  #foundFrames = 0;
  #lastBlockOffset = 0;

  constructor(spacingMs: number) {
    this.#spacingMs = spacingMs;
  }

  consume(bytes: Uint8Array, offset: number): number {
    if (this.#state === "start") return this.#readStart(bytes);
    if (this.#state === "metadata") return this.#readMetadata(bytes);
    return this.#readFrames(bytes, offset);
  }

  #readStart(bytes: Uint8Array): number {
    const tagBytes = id3v2Bytes(bytes, 0);
    if (tagBytes > 0) return tagBytes;
    if (!asciiAt(bytes, 0, "fLaC")) return 0;
    this.#state = "metadata";
    return 4;
  }

  #readMetadata(bytes: Uint8Array): number {
    if (bytes.length < BLOCK_HEADER_BYTES) return 0;
    const head = viewOf(bytes).getUint32(0);
    const type = (head >>> 24) & 0x7f;
    const blockBytes = head & 0xffffff;
    if (type === 0 && blockBytes === STREAMINFO_BYTES && bytes.length >= BLOCK_HEADER_BYTES + STREAMINFO_BYTES) {
      this.#info = parseStreamInfo(viewOf(bytes.subarray(BLOCK_HEADER_BYTES)));
      this.#table = new SeekTable(this.#info.sampleRate, this.#spacingMs);
    }
    if (head >>> 31 === 1) this.#state = "frames";
    return BLOCK_HEADER_BYTES + blockBytes;
  }

  #readFrames(bytes: Uint8Array, offset: number): number {
    const info = this.#info;
    if (info === null) return 0;
    // A header at the very end may lack its last bytes: it is read again at the start of the next window. What is
    // shorter than a header is the end of the file; a frame of silence can be.
    const isTail = bytes.length <= FRAME_HEADER_BYTES_MAX;
    const limit = isTail ? bytes.length : bytes.length - FRAME_HEADER_BYTES_MAX;
    let at = bytes.indexOf(0xff);
    while (at >= 0 && at < limit) {
      const found = parseFrameHeader(bytes, at);
      const isNext = found !== null && this.#takeFrame(found, offset + at, info);
      at = bytes.indexOf(0xff, at + (isNext ? Math.max(1, info.minFrameBytes) : 1));
    }
    return at < 0 ? bytes.length : at;
  }

  #takeFrame(found: FrameHeader, offset: number, info: StreamInfo): boolean {
    const missing = found.block - this.#nextBlock;
    if (missing < 0 || missing > FRAMES_MISSING_MAX) return false;
    this.#missingBlocks += missing;
    this.#nextBlock = found.block + 1;
    const frame = found.block * info.blockFrames;
    this.#foundFrames = frame + found.blockFrames;
    this.#lastBlockOffset = offset;
    this.#table?.add(frame, offset);
    return true;
  }

  /** Null where the file has no STREAMINFO, or is one of varying block sizes and unknown layout. */
  finish(): FlacStructure | null {
    if (this.#info === null || this.#table === null) return null;
    const { sampleRate, channels, bitsPerSample, totalFrames } = this.#info;
    return {
      sampleRate,
      channels,
      bitsPerSample,
      totalFrames,
      foundFrames: this.#foundFrames,
      missingBlocks: this.#missingBlocks,
      lastBlockOffset: this.#lastBlockOffset,
      seekPoints: this.#table.finish(totalFrames),
    };
  }
}

/** STREAMINFO (RFC 9639 section 8.2): 16+16 bits of block sizes, 24+24 of frame sizes, 20, 3, 5 and 36. */
function parseStreamInfo(view: DataView): StreamInfo {
  const packed = view.getBigUint64(10);
  return {
    blockFrames: view.getUint16(0),
    minFrameBytes: view.getUint32(3) & 0xffffff,
    sampleRate: Number(packed >> 44n),
    channels: Number((packed >> 41n) & 7n) + 1,
    bitsPerSample: Number((packed >> 36n) & 31n) + 1,
    totalFrames: Number(packed & 0xfffffffffn),
  };
}

interface FrameHeader {
  /** The number of the FLAC frame in a stream of fixed block size. */
  readonly block: number;
  readonly blockFrames: number;
}

/** A frame header of a stream of fixed block size (RFC 9639 section 9.1), or null where there is none at `at`. */
function parseFrameHeader(bytes: Uint8Array, at: number): FrameHeader | null {
  if (byteAt(bytes, at + 1) !== 0xf8) return null;
  const codes = byteAt(bytes, at + 2);
  const format = byteAt(bytes, at + 3);
  const sizeCode = codes >> 4;
  const rateCode = codes & 15;
  const isReserved = sizeCode === 0 || rateCode === 15 || format >> 4 > 10 || (format & 1) !== 0;
  if (isReserved) return null;
  const number = parseCodedNumber(bytes, at + 4);
  if (number === null) return null;
  let end = at + 4 + number.length;
  const blockFrames = blockFramesOf(bytes, end, sizeCode);
  if (sizeCode === 6) end += 1;
  if (sizeCode === 7) end += 2;
  if (rateCode === 12) end += 1;
  if (rateCode === 13 || rateCode === 14) end += 2;
  return crc8(bytes, at, end) === byteAt(bytes, end) ? { block: number.value, blockFrames } : null;
}

/** RFC 9639 section 9.1.1. */
function blockFramesOf(bytes: Uint8Array, at: number, sizeCode: number): number {
  if (sizeCode === 1) return 192;
  if (sizeCode <= 5) return 144 * 2 ** sizeCode;
  if (sizeCode === 6) return byteAt(bytes, at) + 1;
  if (sizeCode === 7) return byteAt(bytes, at) * 256 + byteAt(bytes, at + 1) + 1;
  return 2 ** sizeCode;
}

/** A number coded as UTF-8 codes characters, here with up to 36 bits. */
function parseCodedNumber(bytes: Uint8Array, at: number): { value: number; length: number } | null {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { value: first, length: 1 };
  const length = Math.clz32(~(first << 24));
  if (length < 2 || length > 7) return null;
  let value = length === 7 ? 0 : first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const next = byteAt(bytes, at + i);
    if (next >> 6 !== 2) return null;
    value = value * 64 + (next & 0x3f);
  }
  return { value, length };
}

const CRC8_TABLE = Uint8Array.from({ length: 256 }, (_, value) => {
  let crc = value;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) === 0 ? crc << 1 : (crc << 1) ^ 0x07;
  return crc & 0xff;
});

function crc8(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = byteAt(CRC8_TABLE, crc ^ byteAt(bytes, i));
  return crc;
}

const CRC16_TABLE = Uint16Array.from({ length: 256 }, (_, value) => {
  let crc = value << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x8005;
  return crc & 0xffff;
});

/** True where `bytes` are one whole FLAC frame: with its own CRC behind it, the CRC of any data is zero. */
export function isWholeFlacFrame(bytes: Uint8Array): boolean {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC16_TABLE[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  return crc === 0;
}
