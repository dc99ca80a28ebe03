/**
 * Seek tables as they are kept and sent: the differences of the differences of times and offsets, each as a
 * variable-length integer, in base64url. Points of one file lie nearly as far apart as one another, so that most
 * numbers take one byte or two: a third of what the same table is as JSON.
 */
import { decodeBase64url, encodeBase64url } from "../foundation/base64url.ts";

/** Time in ms, and the byte offset at which a decoder can begin for it. */
export type SeekPoint = readonly [number, number];

/** Six hours with a point every 0.3 s. */
export const SEEK_POINTS_MAX = 65_536;
/** The longest text that so many points can make: two numbers of up to ten bytes each, four characters for three bytes. */
const TABLE_LENGTH_MAX = Math.ceil((SEEK_POINTS_MAX * 20 * 4) / 3);

const GROUP_BITS = 7;
const GROUP = 2 ** GROUP_BITS;

/** Points ascend in both, in whole numbers from 0 on. */
export function encodeSeekTable(points: readonly SeekPoint[]): string {
  const bytes: number[] = [];
  const [writeTime, writeOffset] = [differenceWriter(bytes), differenceWriter(bytes)];
  for (const [timeMs, offset] of points) {
    writeTime(timeMs);
    writeOffset(offset);
  }
  return encodeBase64url(Uint8Array.from(bytes));
}

/** Null for what no table is: another spelling, a number cut short, points that do not ascend, too many of them. */
export function decodeSeekTable(text: string): SeekPoint[] | null {
  if (text.length > TABLE_LENGTH_MAX) return null;
  const bytes = decodeBase64url(text);
  if (bytes === null) return null;
  const points: SeekPoint[] = [];
  const reader = { bytes, at: 0 };
  const [readTime, readOffset] = [differenceReader(reader), differenceReader(reader)];
  let last: SeekPoint = [-1, -1];
  while (reader.at < bytes.length) {
    const [timeMs, offset] = [readTime(), readOffset()];
    if (timeMs === null || offset === null || timeMs <= last[0] || offset <= last[1]) return null;
    last = [timeMs, offset];
    points.push(last);
    if (points.length > SEEK_POINTS_MAX) return null;
  }
  return points;
}

/** What a row of the catalog holds: a table as above, or JSON from before there were such tables. */
export function readSeekTable(stored: string): readonly SeekPoint[] {
  if (stored.startsWith("[")) return JSON.parse(stored) as SeekPoint[];
  const points = decodeSeekTable(stored);
  if (points === null) throw new Error("the catalog holds a seek table that is none");
  return points;
}

/** Writes each value as what its difference to the one before differs from the difference before that. */
function differenceWriter(bytes: number[]): (value: number) => void {
  let [previous, step] = [0, 0];
  return (value) => {
    const change = value - previous - step;
    [step, previous] = [value - previous, value];
    // The sign goes into the lowest bit. By arithmetic, not by bit operations: offsets go beyond 32 bits.
    let rest = change >= 0 ? change * 2 : -change * 2 - 1;
    while (rest >= GROUP) {
      bytes.push((rest % GROUP) + GROUP);
      rest = Math.floor(rest / GROUP);
    }
    bytes.push(rest);
  };
}

interface ByteReader {
  readonly bytes: Uint8Array;
  at: number;
}

function differenceReader(reader: ByteReader): () => number | null {
  let [previous, step] = [0, 0];
  return () => {
    const folded = readNumber(reader);
    if (folded === null) return null;
    const change = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    step += change;
    previous += step;
    return Number.isSafeInteger(previous) ? previous : null;
  };
}

function readNumber(reader: ByteReader): number | null {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) return null;
    reader.at += 1;
    value += (byte % GROUP) * scale;
    if (value > Number.MAX_SAFE_INTEGER) return null;
    if (byte < GROUP) return value;
    scale *= GROUP;
  }
}
