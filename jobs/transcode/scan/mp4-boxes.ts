/** The boxes of ISO 14496-12 that a fragmented file of one sound track has, each read on its own. Null: not readable. */
import { byteAt, nameAt, viewOf } from "./scanner.ts";

export interface BoxHeader {
  readonly name: string;
  /** Header and body; null where the box goes to the end of the file, however far that is. */
  readonly sizeBytes: number | null;
}

export interface Mp4Track {
  readonly sampleRate: number;
  readonly channels: number;
  /** What a decoder gives before the first audible frame, as the edit list says. */
  readonly startSkipFrames: number;
  readonly defaultDuration: number;
  readonly defaultSizeBytes: number;
}

export interface SegmentReference {
  readonly sizeBytes: number;
  readonly durationFrames: number;
  readonly beginsWithAccessPoint: boolean;
}

export interface SegmentIndexBox {
  readonly timescale: number;
  readonly earliestFrame: number;
  /** Bytes between the index and the first fragment. */
  readonly gapBytes: number;
  readonly references: readonly SegmentReference[];
}

export interface MovieFragment {
  readonly decodeFrame: number;
  readonly durationFrames: number;
  /** The samples' place, from the first byte of the `moof` box. */
  readonly dataOffset: number;
  readonly dataBytes: number;
}

export const BOX_HEADER_BYTES = 8;
const LONG_BOX_HEADER_BYTES = 16;
const CHILDREN_MAX = 256;
const REFERENCE_BYTES = 12;

/** A length of 32 bits, or 1 and then one of 64, or 0 for all the rest. */
export function readBox(bytes: Uint8Array): BoxHeader | null {
  if (bytes.length < BOX_HEADER_BYTES) return null;
  const view = viewOf(bytes);
  const name = nameAt(bytes, 4);
  const declared = view.getUint32(0);
  if (declared === 0) return { name, sizeBytes: null };
  if (declared !== 1) return declared < BOX_HEADER_BYTES ? null : { name, sizeBytes: declared };
  if (bytes.length < LONG_BOX_HEADER_BYTES) return null;
  const long = Number(view.getBigUint64(8));
  return long < LONG_BOX_HEADER_BYTES ? null : { name, sizeBytes: long };
}

export interface ChildBox {
  readonly name: string;
  readonly body: Uint8Array;
}

/** The boxes within another's body, in order, or null where they do not fill it. */
export function childBoxes(parent: Uint8Array): ChildBox[] | null {
  const children: ChildBox[] = [];
  for (let at = 0; at < parent.length; ) {
    const header = readBox(parent.subarray(at));
    if (header?.sizeBytes == null || children.length >= CHILDREN_MAX || at + header.sizeBytes > parent.length)
      return null;
    children.push({ name: header.name, body: parent.subarray(at + BOX_HEADER_BYTES, at + header.sizeBytes) });
    at += header.sizeBytes;
  }
  return children;
}

/** The body of the one box of this name, or null where there is none, or several, or the boxes do not fill `parent`. */
function onlyChild(parent: Uint8Array | null, name: string): Uint8Array | null {
  const named = parent === null ? [] : (childBoxes(parent) ?? []).filter((child) => child.name === name);
  return named.length === 1 ? (named[0]?.body ?? null) : null;
}

/** Null where the body is shorter than what is to be read of it. */
function viewOfAtLeast(body: Uint8Array | null, bytes: number): DataView | null {
  return body === null || body.length < bytes ? null : viewOf(body);
}

/** `body` is that of a `moov` box. */
export function readTrack(body: Uint8Array): Mp4Track | null {
  const trak = onlyChild(body, "trak");
  const media = onlyChild(trak, "mdia");
  const mediaHeader = onlyChild(media, "mdhd");
  const isLong = mediaHeader !== null && byteAt(mediaHeader, 0) === 1;
  const timescale = viewOfAtLeast(mediaHeader, isLong ? 24 : 16)?.getUint32(isLong ? 20 : 12);
  const description = onlyChild(onlyChild(onlyChild(media, "minf"), "stbl"), "stsd");
  // Version and flags and a count stand before the entries.
  const entry = viewOfAtLeast(onlyChild(description?.subarray(8) ?? null, "mp4a"), 28);
  const startSkipFrames = readEdit(onlyChild(onlyChild(trak, "edts"), "elst"));
  const defaults = viewOfAtLeast(onlyChild(onlyChild(body, "mvex"), "trex"), 20);
  if (timescale === undefined || entry === null || startSkipFrames === null || defaults === null) return null;
  const sampleRate = entry.getUint32(24) >>> 16;
  // Times in other units than frames would have to be rounded.
  if (sampleRate === 0 || timescale !== sampleRate) return null;
  return {
    sampleRate,
    channels: entry.getUint16(16),
    startSkipFrames,
    defaultDuration: defaults.getUint32(12),
    defaultSizeBytes: defaults.getUint32(16),
  };
}

/** From a movie down to what describes the samples of its first track, and what protected ones are called there. */
const PATH_TO_DESCRIPTION = ["trak", "mdia", "minf", "stbl", "stsd"];
const PROTECTED_ENTRIES: readonly string[] = ["enca", "encv", "drms", "drmi"];

/** `bytes` begin with a `moov` box, which may be longer than they are: what is looked for stands near its beginning. */
export function isEncryptedMovie(bytes: Uint8Array): boolean {
  let body = bytes.subarray(BOX_HEADER_BYTES);
  for (const name of PATH_TO_DESCRIPTION) {
    const at = findBox(body, name);
    if (at === null) return false;
    body = body.subarray(at + BOX_HEADER_BYTES, at + (readBox(body.subarray(at))?.sizeBytes ?? body.length));
  }
  const entry = readBox(body.subarray(BOX_HEADER_BYTES));
  return entry !== null && PROTECTED_ENTRIES.includes(entry.name);
}

/** Where the first box of this name begins, or null. */
function findBox(parent: Uint8Array, name: string): number | null {
  let at = 0;
  for (let count = 0; count < CHILDREN_MAX; count++) {
    const header = readBox(parent.subarray(at));
    if (header?.name === name) return at;
    if (header?.sizeBytes == null) return null;
    at += header.sizeBytes;
  }
  return null;
}

/** Where the one edit begins in the media, at the normal rate. */
function readEdit(body: Uint8Array | null): number | null {
  const isLong = body !== null && byteAt(body, 0) === 1;
  const view = viewOfAtLeast(body, isLong ? 28 : 20);
  if (view === null || view.getUint32(4) !== 1) return null;
  const mediaTime = isLong ? Number(view.getBigInt64(16)) : view.getInt32(12);
  const rate = view.getInt16(isLong ? 24 : 16);
  return mediaTime < 0 || rate !== 1 ? null : mediaTime;
}

/** `body` is that of a `sidx` box; an index of other indexes is not read. */
export function readSegmentIndex(body: Uint8Array): SegmentIndexBox | null {
  const isLong = byteAt(body, 0) === 1;
  const headBytes = isLong ? 32 : 24;
  const view = viewOfAtLeast(body, headBytes);
  if (view === null || body.length !== headBytes + view.getUint16(headBytes - 2) * REFERENCE_BYTES) return null;
  const references: SegmentReference[] = [];
  for (let at = headBytes; at < body.length; at += REFERENCE_BYTES) {
    const typeAndSize = view.getUint32(at);
    if (typeAndSize >>> 31 === 1) return null;
    references.push({
      sizeBytes: typeAndSize,
      durationFrames: view.getUint32(at + 4),
      beginsWithAccessPoint: view.getUint8(at + 8) >>> 7 === 1,
    });
  }
  return {
    timescale: view.getUint32(8),
    earliestFrame: isLong ? Number(view.getBigUint64(12)) : view.getUint32(12),
    gapBytes: isLong ? Number(view.getBigUint64(20)) : view.getUint32(16),
    references,
  };
}

/** `body` is that of a `moof` box with one run of samples of one track. */
export function readFragment(body: Uint8Array, track: Mp4Track): MovieFragment | null {
  const traf = onlyChild(body, "traf");
  const time = onlyChild(traf, "tfdt");
  const isLong = time !== null && byteAt(time, 0) === 1;
  const timeView = viewOfAtLeast(time, isLong ? 12 : 8);
  const defaults = readDefaults(onlyChild(traf, "tfhd"), track);
  const run = defaults && readRun(onlyChild(traf, "trun"), defaults);
  if (timeView === null || run === null) return null;
  return { ...run, decodeFrame: isLong ? Number(timeView.getBigUint64(4)) : timeView.getUint32(4) };
}

interface SampleDefaults {
  readonly durationFrames: number;
  readonly sizeBytes: number;
}

const BASE_IS_FRAGMENT = 0x02_0000;

/** Offsets must count from the fragment: then it can be read wherever it lies. */
function readDefaults(body: Uint8Array | null, track: Mp4Track): SampleDefaults | null {
  const view = viewOfAtLeast(body, 8);
  if (body === null || view === null) return null;
  const flags = view.getUint32(0);
  if ((flags & BASE_IS_FRAGMENT) === 0 || (flags & 0x1) !== 0) return null;
  let at = 8 + ((flags & 0x2) !== 0 ? 4 : 0);
  const next = (flag: number, otherwise: number): number | null => {
    if ((flags & flag) === 0) return otherwise;
    at += 4;
    return at > body.length ? null : view.getUint32(at - 4);
  };
  const durationFrames = next(0x8, track.defaultDuration);
  const sizeBytes = next(0x10, track.defaultSizeBytes);
  return durationFrames === null || sizeBytes === null ? null : { durationFrames, sizeBytes };
}

function readRun(body: Uint8Array | null, defaults: SampleDefaults): Omit<MovieFragment, "decodeFrame"> | null {
  const view = viewOfAtLeast(body, 12);
  if (body === null || view === null) return null;
  const flags = view.getUint32(0) & 0xff_ffff;
  const count = view.getUint32(4);
  if ((flags & 0x1) === 0) return null;
  const hasDuration = (flags & 0x100) !== 0;
  const hasSize = (flags & 0x200) !== 0;
  const strideBytes = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length;
  const firstAt = (flags & 0x4) === 0 ? 12 : 16;
  if (firstAt + count * strideBytes !== body.length) return null;
  let durationFrames = hasDuration ? 0 : count * defaults.durationFrames;
  let dataBytes = hasSize ? 0 : count * defaults.sizeBytes;
  for (let at = firstAt; at < body.length; at += strideBytes) {
    if (hasDuration) durationFrames += view.getUint32(at);
    if (hasSize) dataBytes += view.getUint32(at + (hasDuration ? 4 : 0));
  }
  return { durationFrames, dataBytes, dataOffset: view.getInt32(8) };
}
