/**
 * What a file is by the bytes it begins with: names and declared types are only what somebody believes. Asked as soon as
 * they are there, so that a wrong file is turned away before the rest of it is sent. What these bytes do not tell, the
 * transcode job finds out from the whole file. Signatures: RFC 9639 (FLAC), RFC 3533 (Ogg), ISO 14496-12 (MP4), ISO 11172-3
 * and 13818-7 (MP3, ADTS), APPNOTE.TXT 4.3.7 (ZIP); the others are those of their formats' own documents.
 */
import type { RejectCode } from "./upload-states.ts";

/** Enough for every signature here: the last is the one of tar, at 257. */
export const FIRST_BYTES = 4_096;

export type FileVerdict =
  | { readonly kind: "audio"; readonly mimeType: string }
  | { readonly kind: "refused"; readonly code: RejectCode; readonly detail: string }
  | { readonly kind: "unknown" };

interface Signature {
  readonly at: number;
  /** Characters stand for their codes, 0 to 255. */
  readonly text: string;
  readonly verdict: FileVerdict;
}

const UNKNOWN: FileVerdict = { kind: "unknown" };

function audio(mimeType: string): FileVerdict {
  return { kind: "audio", mimeType };
}

function refused(code: RejectCode, what: string): FileVerdict {
  return { kind: "refused", code, detail: `Its first bytes are those of ${what}.` };
}

function begins(text: string, verdict: FileVerdict, at = 0): Signature {
  return { at, text, verdict };
}

const SIGNATURES: readonly Signature[] = [
  begins("fLaC", audio("audio/flac")),
  begins("PK\x03\x04", refused("archive", "a ZIP archive")),
  begins("PK\x05\x06", refused("archive", "an empty ZIP archive")),
  begins("PK\x07\x08", refused("archive", "a ZIP archive in parts")),
  begins("Rar!\x1a\x07", refused("archive", "a RAR archive")),
  begins("7z\xbc\xaf\x27\x1c", refused("archive", "a 7z archive")),
  begins("\x1f\x8b\x08", refused("archive", "a gzip archive")),
  begins("\xfd7zXZ\x00", refused("archive", "an xz archive")),
  begins("BZh", refused("archive", "a bzip2 archive")),
  begins("\x28\xb5\x2f\xfd", refused("archive", "a Zstandard archive")),
  begins("ustar", refused("archive", "a tar archive"), 257),
  begins("\x1a\x45\xdf\xa3", refused("video", "Matroska or WebM")),
  begins("FLV\x01", refused("video", "Flash video")),
  begins("\x00\x00\x01\xba", refused("video", "an MPEG programme")),
  begins("\x00\x00\x01\xb3", refused("video", "MPEG video")),
  begins("\x57\x90\x75\x36", refused("encrypted", "a protected audiobook"), 4),
  begins("Salted__", refused("encrypted", "an encrypted file")),
  begins("age-encryption.org/", refused("encrypted", "an encrypted file")),
  begins("-----BEGIN PGP MESSAGE", refused("encrypted", "an encrypted file")),
  begins("\xff\xd8\xff", refused("not-audio", "a JPEG picture")),
  begins("\x89PNG\r\n\x1a\n", refused("not-audio", "a PNG picture")),
  begins("GIF8", refused("not-audio", "a GIF picture")),
  begins("II*\x00", refused("not-audio", "a TIFF picture")),
  begins("MM\x00*", refused("not-audio", "a TIFF picture")),
  begins("8BPS", refused("not-audio", "a Photoshop picture")),
  begins("%PDF-", refused("not-audio", "a PDF document")),
  begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", refused("not-audio", "an Office document")),
  begins("\x30\x26\xb2\x75\x8e\x66\xcf\x11", refused("not-audio", "Windows Media")),
  begins("MThd", refused("not-audio", "MIDI, which has notes and no sound")),
  begins("\x7fELF", refused("not-audio", "a program")),
  begins("MZ\x90\x00", refused("not-audio", "a program")),
];

/** By the name in a RIFF, RF64 or BW64 header. */
const RIFF_FORMS: Readonly<Record<string, FileVerdict>> = {
  WAVE: audio("audio/wav"),
  "AVI ": refused("video", "an AVI video"),
  WEBP: refused("not-audio", "a WebP picture"),
};

/** By the major brand. Others may hold music or a film, which their first bytes do not tell. */
const MP4_BRANDS: Readonly<Record<string, FileVerdict>> = {
  "M4P ": refused("encrypted", "a protected M4P"),
  "aax ": refused("encrypted", "a protected audiobook"),
  aaxc: refused("encrypted", "a protected audiobook"),
  "M4V ": refused("video", "an M4V video"),
  M4VH: refused("video", "an M4V video"),
  M4VP: refused("video", "an M4V video"),
  heic: refused("not-audio", "a HEIC picture"),
  heix: refused("not-audio", "a HEIC picture"),
  mif1: refused("not-audio", "a HEIF picture"),
  avif: refused("not-audio", "an AVIF picture"),
};

/** By how the first packet of an Ogg stream begins. */
const OGG_PACKETS: readonly Signature[] = [
  begins("\x01vorbis", audio("audio/ogg")),
  begins("OpusHead", audio("audio/ogg")),
  begins("\x7fFLAC", audio("audio/ogg")),
  begins("\x80theora", refused("video", "Ogg video")),
];

/** `bytes` are the first of a file: FIRST_BYTES of them, or all where it has fewer. */
export function judgeFirstBytes(bytes: Uint8Array): FileVerdict {
  const tagBytes = id3Bytes(bytes);
  // Behind a tag with a picture the music is out of sight; nothing but music has such a tag in front.
  if (tagBytes > 0) return afterTag(bytes.subarray(tagBytes));
  if (hasText(bytes, 4, "ftyp")) return MP4_BRANDS[textAt(bytes, 8, 4)] ?? audio("audio/mp4");
  if (hasText(bytes, 0, "OggS")) return bySignature(bytes.subarray(27 + (bytes[26] ?? 0)), OGG_PACKETS);
  const form = textAt(bytes, 8, 4);
  if (["RIFF", "RF64", "BW64"].includes(textAt(bytes, 0, 4))) return RIFF_FORMS[form] ?? UNKNOWN;
  if (hasText(bytes, 0, "FORM")) return form === "AIFF" || form === "AIFC" ? audio("audio/aiff") : UNKNOWN;
  const known = bySignature(bytes, SIGNATURES);
  if (known.kind !== "unknown") return known;
  if (isTransportStream(bytes)) return refused("video", "an MPEG transport stream");
  const frames = byFrameHeader(bytes);
  if (frames.kind !== "unknown") return frames;
  return isText(bytes) ? refused("not-audio", "a text") : UNKNOWN;
}

function afterTag(rest: Uint8Array): FileVerdict {
  if (hasText(rest, 0, "fLaC")) return audio("audio/flac");
  const frames = byFrameHeader(rest);
  return frames.kind === "unknown" ? audio("audio/mpeg") : frames;
}

function bySignature(bytes: Uint8Array, signatures: readonly Signature[]): FileVerdict {
  return signatures.find(({ at, text }) => hasText(bytes, at, text))?.verdict ?? UNKNOWN;
}

/** The length of an ID3v2 tag in front, beyond the bytes at hand where it is long; 0 where there is none. */
function id3Bytes(bytes: Uint8Array): number {
  if (!hasText(bytes, 0, "ID3") || bytes.length < 10) return 0;
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + ((bytes[at] ?? 0) & 0x7f), 0);
  return 10 + size;
}

/** An ADTS or MPEG Layer III header. Eleven set bits alone are little, so its other fields must make sense too. */
function byFrameHeader(bytes: Uint8Array): FileVerdict {
  const [sync = 0, kind = 0, rates = 0] = bytes;
  if (sync !== 0xff) return UNKNOWN;
  if ((kind & 0xf6) === 0xf0) return ((rates >> 2) & 0x0f) <= 12 ? audio("audio/aac") : UNKNOWN;
  const isLayer3 = (kind & 0xe0) === 0xe0 && (kind & 0x18) !== 0x08 && (kind & 0x06) === 0x02;
  const hasRates = rates >> 4 !== 0x0f && ((rates >> 2) & 3) !== 3;
  return isLayer3 && hasRates ? audio("audio/mpeg") : UNKNOWN;
}

const TRANSPORT_PACKET_BYTES = 188;

function isTransportStream(bytes: Uint8Array): boolean {
  return (
    bytes.length > 2 * TRANSPORT_PACKET_BYTES && [0, 1, 2].every((i) => bytes[i * TRANSPORT_PACKET_BYTES] === 0x47)
  );
}

const TEXT_BYTES_MIN = 16;

/** UTF-8 without control characters. The end may be cut within a character. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.length < TEXT_BYTES_MIN) return false;
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c))
    return false;
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return textAt(bytes, at, text.length) === text;
}
