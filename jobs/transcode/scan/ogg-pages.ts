/** Walks the pages of an Ogg stream (RFC 3533) and, where it carries Vorbis, finds what a player needs to begin. */
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
const NO_GRANULE = -1n;

export interface OggStructure {
  readonly pages: number;
  /** True where a page is cut by the end of the file, or no page says that it is the last. */
  readonly isCutShort: boolean;
  /** Null where the first stream is not Vorbis. */
  readonly vorbis: {
    readonly sampleRate: number;
    readonly channels: number;
    readonly totalFrames: number;
    readonly seekPoints: SeekPoint[];
  } | null;
}

export class OggPageScanner implements Scanner<OggStructure> {
  readonly #spacingMs: number;
  #pages = 0;
  #packets = 0;
  #lastGranule = 0n;
  #isEnded = false;
  #isCut = false;
  #format: { readonly sampleRate: number; readonly channels: number; readonly table: SeekTable } | null = null;

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
    if (this.#pages === 0) this.#readIdentification(bytes, view, bodyAt);
    // A decoder can begin where a packet does, once the three headers are behind it.
    if (this.#packets >= VORBIS_HEADER_PACKETS && (flags & FLAG_CONTINUED) === 0) {
      this.#format?.table.add(Number(this.#lastGranule), offset);
    }
    for (let i = at + PAGE_HEADER_BYTES; i < bodyAt; i++) if (byteAt(bytes, i) < 255) this.#packets += 1;
    if (granule !== NO_GRANULE) this.#lastGranule = granule;
    this.#isEnded = (flags & FLAG_LAST) !== 0;
    this.#pages += 1;
  }

  #readIdentification(bytes: Uint8Array, view: DataView, bodyAt: number): void {
    if (bodyAt + VORBIS_IDENTIFICATION_BYTES > bytes.length || !asciiAt(bytes, bodyAt, "\x01vorbis")) return;
    const sampleRate = view.getUint32(bodyAt + VORBIS_RATE_AT, true);
    const channels = byteAt(bytes, bodyAt + VORBIS_CHANNELS_AT);
    this.#format = { sampleRate, channels, table: new SeekTable(sampleRate, this.#spacingMs) };
  }

  finish(): OggStructure {
    const totalFrames = Number(this.#lastGranule);
    const format = this.#format;
    return {
      pages: this.#pages,
      isCutShort: this.#isCut || !this.#isEnded,
      vorbis: format && {
        sampleRate: format.sampleRate,
        channels: format.channels,
        totalFrames,
        seekPoints: format.table.finish(totalFrames),
      },
    };
  }
}
