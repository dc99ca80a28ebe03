/**
 * The Range header for one representation of known length (RFC 9110, section 14). Multi-range requests get the whole
 * representation, which section 14.2 allows: no player asks for them, and an answer in many parts is a way to make a
 * server work. Specified in docs/specs/delivery.md.
 */
export type ByteRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly offset: number; readonly length: number }
  | { readonly kind: "unsatisfiable" };

const WHOLE: ByteRange = { kind: "whole" };
const UNSATISFIABLE: ByteRange = { kind: "unsatisfiable" };

/** Longer than any range a client means; what is longer is ignored, as every header that cannot be read. */
const RANGE_HEADER_LENGTH_MAX = 128;

const SINGLE_RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

export function parseByteRange(header: string | null, sizeBytes: number): ByteRange {
  if (header === null || header.length > RANGE_HEADER_LENGTH_MAX) return WHOLE;
  const match = SINGLE_RANGE.exec(header.trim());
  if (match === null) return WHOLE;
  const [, firstText = "", lastText = ""] = match;
  if (firstText === "") return lastText === "" ? WHOLE : suffixRange(lastText, sizeBytes);
  if (lastText !== "" && isLess(lastText, firstText)) return WHOLE;
  // Number() of thirty digits is a large number, not an overflow, and larger than any file.
  const first = Number(firstText);
  const last = lastText === "" ? Number.POSITIVE_INFINITY : Number(lastText);
  if (first >= sizeBytes) return UNSATISFIABLE;
  return { kind: "part", offset: first, length: Math.min(last, sizeBytes - 1) - first + 1 };
}

/** Compares digits as written: two large numbers can be one when they are rounded. */
function isLess(a: string, b: string): boolean {
  const [x, y] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  return x.length === y.length ? x < y : x.length < y.length;
}

/** The last N bytes; all of them where there are fewer, none where N is 0 or nothing is there. */
function suffixRange(text: string, sizeBytes: number): ByteRange {
  const length = Math.min(Number(text), sizeBytes);
  return length === 0 ? UNSATISFIABLE : { kind: "part", offset: sizeBytes - length, length };
}
