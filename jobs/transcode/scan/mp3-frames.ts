/** Walks the frames of an MPEG Layer III stream (ISO 11172-3, 13818-3) and reads the Xing/LAME tag of its first. */
import { asciiAt, byteAt, id3v2Bytes, type Scanner, viewOf } from "./scanner.ts";
import { type SeekPoint, SeekTable } from "./seek-table.ts";

const HEADER_BYTES = 4;
/** What any Layer III decoder puts before the first sample, beside the delay that the encoder names. */
const DECODER_DELAY_FRAMES = 529;
/** So many headers in a row, each where the one before says, are no chance. */
const FRAMES_TO_TRUST = 3;
/** The longest frame: 320 kbit/s at 32 kHz, or 160 at 8 kHz (576 samples), with padding. */
const FRAME_BYTES_MAX = 1_441;

const BITRATES_KBPS_V1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_KBPS_V2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES_V1 = [44_100, 48_000, 32_000];

interface FrameHeader {
  readonly isVersion1: boolean;
  readonly sampleRate: number;
  readonly channels: number;
  readonly samples: number;
  readonly sizeBytes: number;
}

interface InfoTag {
  /** Null where the tag does not say. */
  readonly declaredFrames: number | null;
  readonly delayFrames: number;
  readonly paddingFrames: number;
  readonly hasDelay: boolean;
}

export interface Mp3Structure {
  readonly sampleRate: number;
  readonly channels: number;
  /** MPEG frames that carry audio: the tag's own frame is not one. */
  readonly mpegFrames: number;
  readonly declaredMpegFrames: number | null;
  readonly isCutShort: boolean;
  /** Null where the file does not say how much of it is padding. */
  readonly gapless: { readonly totalFrames: number; readonly startSkipFrames: number } | null;
  readonly seekPoints: SeekPoint[];
}

export class Mp3FrameScanner implements Scanner<Mp3Structure | null> {
  readonly #spacingMs: number;
  #first: FrameHeader | null = null;
  #tag: InfoTag | null = null;
  #table: SeekTable | null = null;
  #mpegFrames = 0;
  #isCut = false;
  #hasEnded = false;

  constructor(spacingMs: number) {
    this.#spacingMs = spacingMs;
  }

  consume(bytes: Uint8Array, offset: number): number {
    if (this.#hasEnded) return 0;
    const tagBytes = this.#first === null ? id3v2Bytes(bytes, 0) : 0;
    if (tagBytes > 0) return tagBytes;
    let at = 0;
    this.#isCut = false;
    while (at + HEADER_BYTES <= bytes.length) {
      const header = parseHeader(bytes, at);
      const isFrame = header !== null && (this.#first === null ? isTrusted(bytes, at) : fits(header, this.#first));
      if (!isFrame) {
        if (this.#first !== null && isTrailingTag(bytes, at)) {
          this.#hasEnded = true;
          return at;
        }
        at = nextSync(bytes, at + 1);
        continue;
      }
      if (at + header.sizeBytes > bytes.length) {
        this.#isCut = true;
        return at;
      }
      this.#takeFrame(bytes, at, offset, header);
      at += header.sizeBytes;
    }
    return at;
  }

  #takeFrame(bytes: Uint8Array, at: number, offset: number, header: FrameHeader): void {
    if (this.#first === null) {
      this.#first = header;
      this.#table = new SeekTable(header.sampleRate, this.#spacingMs);
      this.#tag = parseInfoTag(bytes, at, header);
      if (this.#tag !== null) return;
    }
    const audible = this.#mpegFrames * header.samples - startSkipOf(this.#tag);
    this.#table?.add(Math.max(0, audible), offset + at);
    this.#mpegFrames += 1;
  }

  /** Null where there is no Layer III stream. */
  finish(): Mp3Structure | null {
    if (this.#first === null || this.#table === null) return null;
    const { sampleRate, channels, samples } = this.#first;
    const decoded = this.#mpegFrames * samples;
    const tag = this.#tag;
    const totalFrames = tag === null ? decoded : Math.max(0, decoded - tag.delayFrames - tag.paddingFrames);
    return {
      sampleRate,
      channels,
      mpegFrames: this.#mpegFrames,
      declaredMpegFrames: tag?.declaredFrames ?? null,
      isCutShort: this.#isCut,
      gapless: tag?.hasDelay === true ? { totalFrames, startSkipFrames: startSkipOf(tag) } : null,
      seekPoints: this.#table.finish(totalFrames),
    };
  }
}

function startSkipOf(tag: InfoTag | null): number {
  return tag?.hasDelay === true ? tag.delayFrames + DECODER_DELAY_FRAMES : 0;
}

function parseHeader(bytes: Uint8Array, at: number): FrameHeader | null {
  const second = byteAt(bytes, at + 1);
  // Eleven bits of sync, any version but the reserved one, Layer III.
  if (byteAt(bytes, at) !== 0xff || (second & 0xe6) !== 0xe2) return null;
  const version = (second >> 3) & 3;
  const third = byteAt(bytes, at + 2);
  const rateIndex = (third >> 2) & 3;
  const baseRate = SAMPLE_RATES_V1[rateIndex];
  if (version === 1 || baseRate === undefined) return null;
  const isVersion1 = version === 3;
  const kbps = (isVersion1 ? BITRATES_KBPS_V1 : BITRATES_KBPS_V2)[third >> 4] ?? 0;
  if (kbps === 0) return null;
  const sampleRate = isVersion1 ? baseRate : version === 2 ? baseRate / 2 : baseRate / 4;
  const samples = isVersion1 ? 1_152 : 576;
  const sizeBytes = Math.floor((samples / 8) * 1_000 * (kbps / sampleRate)) + ((third >> 1) & 1);
  return { isVersion1, sampleRate, channels: byteAt(bytes, at + 3) >> 6 === 3 ? 1 : 2, samples, sizeBytes };
}

function fits(header: FrameHeader, first: FrameHeader): boolean {
  return header.sampleRate === first.sampleRate && header.isVersion1 === first.isVersion1;
}

/** True where frames follow one another from here, up to the end of the bytes or as many as are needed for trust. */
export function isTrusted(bytes: Uint8Array, at: number): boolean {
  const first = parseHeader(bytes, at);
  if (first === null) return false;
  let next = at + first.sizeBytes;
  for (let i = 1; i < FRAMES_TO_TRUST; i++) {
    const header = parseHeader(bytes, next);
    if (header === null || !fits(header, first)) return false;
    next += header.sizeBytes;
  }
  return true;
}

/** The place of the first frame in a row of them, or null where the bytes hold none. */
export function findMp3Frames(bytes: Uint8Array): number | null {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) if (isTrusted(bytes, at)) return at;
  return null;
}

function nextSync(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(0xff, from);
  // Where a frame may begin before the end of the window it is looked at again with what follows it.
  return at < 0 ? bytes.length : at;
}

/** ID3v1, APE and Lyrics3 tags stand behind the music. */
function isTrailingTag(bytes: Uint8Array, at: number): boolean {
  return ["TAG", "APETAGEX", "LYRICS", "ID3"].some((mark) => asciiAt(bytes, at, mark));
}

/** The tag that encoders put into a first, silent frame: "Xing" or "Info", then what LAME adds to it. */
function parseInfoTag(bytes: Uint8Array, at: number, header: FrameHeader): InfoTag | null {
  const sideBytes = header.isVersion1 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17;
  const tagAt = at + HEADER_BYTES + sideBytes;
  if (!asciiAt(bytes, tagAt, "Xing") && !asciiAt(bytes, tagAt, "Info")) return null;
  const view = viewOf(bytes);
  const end = at + header.sizeBytes;
  const flags = view.getUint32(tagAt + 4);
  let next = tagAt + 8;
  const declaredFrames = (flags & 1) !== 0 && next + 4 <= end ? view.getUint32(next) : null;
  for (const [bit, length] of [
    [1, 4],
    [2, 4],
    [4, 100],
    [8, 4],
  ] as const)
    if ((flags & bit) !== 0) next += length;
  // Nine bytes of encoder name, twelve of its settings, then delay and padding in twelve bits each.
  const delayAt = next + 21;
  if (delayAt + 3 > end || byteAt(bytes, next) === 0) {
    return { declaredFrames, delayFrames: 0, paddingFrames: 0, hasDelay: false };
  }
  const packed = (byteAt(bytes, delayAt) << 16) | (byteAt(bytes, delayAt + 1) << 8) | byteAt(bytes, delayAt + 2);
  return { declaredFrames, delayFrames: packed >> 12, paddingFrames: packed & 0xfff, hasDelay: true };
}

/** So many bytes hold the frames that `findMp3Frames` needs, whatever their rate. */
export const MP3_TRUST_BYTES = FRAMES_TO_TRUST * FRAME_BYTES_MAX;
