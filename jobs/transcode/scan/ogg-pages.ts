/** Walks the pages of an Ogg stream (RFC 3533) and, where it carries Vorbis or Opus, finds what a player needs to begin. */
import { asciiAt, byteAt, type Scanner, viewOf } from "./scanner.ts";
import { type SeekPoint, SeekTable } from "./seek-table.ts";

const PAGE_HEADER_BYTES = 27;
const FLAG_CONTINUED = 0x01;
const FLAG_LAST = 0x04;
/** Identification, comment and setup; audio begins on a page of its own (Vorbis I, A.2). */
const VORBIS_HEADER_PACKETS = 3;
/** Packet type, "vorbis", version, channels, rate (Vorbis I, 4.2.2). */
const VORBIS_CHANNELS_AT = 11;
const VORBIS_RATE_AT = 12;
const VORBIS_IDENTIFICATION_BYTES = 30;
/** Identification and comment, each on pages of its own (RFC 7845, section 3). */
const OPUS_HEADER_PACKETS = 2;
/** "OpusHead", version, channels, pre-skip (RFC 7845, section 5.1). */
const OPUS_CHANNELS_AT = 9;
const OPUS_PRE_SKIP_AT = 10;
const OPUS_IDENTIFICATION_BYTES = 19;
/** Granules of Opus count at this rate, whatever went in. */
const OPUS_RATE = 48_000;
const NO_GRANULE = -1n;

export interface OggStructure {
  readonly pages: number;
  /** True where a page is cut by the end of the file, or no page says that it is the last. */
  readonly isCutShort: boolean;
  /** Null where the first stream is neither Vorbis nor Opus. */
  readonly audio: OggAudio | null;
}

export interface OggAudio {
  readonly codec: "vorbis" | "opus";
  readonly sampleRate: number;
  readonly channels: number;
  readonly totalFrames: number;
  /** What a decoder puts before the first audible frame. */
  readonly startSkipFrames: number;
  readonly seekPoints: SeekPoint[];
}

interface OggFormat extends Omit<OggAudio, "totalFrames" | "seekPoints"> {
  readonly headerPackets: number;
}

export class OggPageScanner implements Scanner<OggStructure> {
  readonly #spacingMs: number;
  #pages = 0;
  #packets = 0;
  #lastGranule = 0n;
  #isEnded = false;
  #isCut = false;
  #format: OggFormat | null = null;
  #table: SeekTable | null = null;

  constructor(spacingMs: number) {
    this.#spacingMs = spacingMs;
  }

  consume(bytes: Uint8Array, offset: number): number {
    const view = viewOf(bytes);
    let at = 0;
    while (at + PAGE_HEADER_BYTES <= bytes.length) {
      if (!asciiAt(bytes, at, "OggS")) {
        this.#isCut = false;
        return at;
      }
      const segments = byteAt(bytes, at + 26);
      const bodyAt = at + PAGE_HEADER_BYTES + segments;
      if (bodyAt > bytes.length) break;
      let end = bodyAt;
      for (let i = 0; i < segments; i++) end += byteAt(bytes, at + PAGE_HEADER_BYTES + i);
      if (end > bytes.length) break;
      this.#readPage(bytes, view, at, offset + at, bodyAt);
      at = end;
    }
    // Set at every window that ends inside a page; only the last window's say stays.
    this.#isCut = at < bytes.length;
    return at;
  }

  #readPage(bytes: Uint8Array, view: DataView, at: number, offset: number, bodyAt: number): void {
    const flags = byteAt(bytes, at + 5);
    const granule = view.getBigInt64(at + 6, true);
    if (this.#pages === 0) this.#begin(readVorbis(bytes, view, bodyAt) ?? readOpus(bytes, view, bodyAt));
    // A decoder can begin where a packet does, once the headers are behind it.
    const format = this.#format;
    if (format !== null && this.#packets >= format.headerPackets && (flags & FLAG_CONTINUED) === 0) {
      this.#table?.add(audibleFrames(this.#lastGranule, format), offset);
    }
    for (let i = at + PAGE_HEADER_BYTES; i < bodyAt; i++) if (byteAt(bytes, i) < 255) this.#packets += 1;
    if (granule !== NO_GRANULE) this.#lastGranule = granule;
    this.#isEnded = (flags & FLAG_LAST) !== 0;
    this.#pages += 1;
  }

  #begin(format: OggFormat | null): void {
    this.#format = format;
    if (format !== null) this.#table = new SeekTable(format.sampleRate, this.#spacingMs);
  }

  finish(): OggStructure {
    return {
      pages: this.#pages,
      isCutShort: this.#isCut || !this.#isEnded,
      audio: this.#format && this.#audioOf(this.#format),
    };
  }

  #audioOf(format: OggFormat): OggAudio {
    const { headerPackets: _headerPackets, ...audio } = format;
    const totalFrames = audibleFrames(this.#lastGranule, format);
    return { ...audio, totalFrames, seekPoints: this.#table?.finish(totalFrames) ?? [] };
  }
}

/** Granules of Opus count what is skipped, too; those of Vorbis do not. */
function audibleFrames(granule: bigint, { startSkipFrames }: OggFormat): number {
  return Math.max(0, Number(granule) - startSkipFrames);
}

function readVorbis(bytes: Uint8Array, view: DataView, bodyAt: number): OggFormat | null {
  if (bodyAt + VORBIS_IDENTIFICATION_BYTES > bytes.length || !asciiAt(bytes, bodyAt, "\x01vorbis")) return null;
  const sampleRate = view.getUint32(bodyAt + VORBIS_RATE_AT, true);
  const channels = byteAt(bytes, bodyAt + VORBIS_CHANNELS_AT);
  return { codec: "vorbis", sampleRate, channels, startSkipFrames: 0, headerPackets: VORBIS_HEADER_PACKETS };
}

function readOpus(bytes: Uint8Array, view: DataView, bodyAt: number): OggFormat | null {
  if (bodyAt + OPUS_IDENTIFICATION_BYTES > bytes.length || !asciiAt(bytes, bodyAt, "OpusHead")) return null;
  const channels = byteAt(bytes, bodyAt + OPUS_CHANNELS_AT);
  const startSkipFrames = view.getUint16(bodyAt + OPUS_PRE_SKIP_AT, true);
  return { codec: "opus", sampleRate: OPUS_RATE, channels, startSkipFrames, headerPackets: OPUS_HEADER_PACKETS };
}
