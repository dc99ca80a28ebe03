/**
 * WAV files with their tags in an ID3v2.4 chunk. ffmpeg writes RIFF INFO instead, which has no encoding but Latin-1
 * and no place for an ISRC.
 */
import { SAMPLE_RATE_HZ } from "./sound/audio-format.ts";
import type { TrackTags } from "./track-tags.ts";

const CHANNELS = 2;
const BYTES_PER_SAMPLE = 2;
const PCM = 1;
const FORMAT_CHUNK_BYTES = 16;
const ID3_HEADER_BYTES = 10;
const UTF_8 = 3;

const ID3_FRAMES = {
  title: "TIT2",
  artist: "TPE1",
  album: "TALB",
  track: "TRCK",
  isrc: "TSRC",
  date: "TDRC",
} as const satisfies Readonly<Record<keyof TrackTags, string>>;

/** `samples` are left and right in turn, at 44.1 kHz. */
export function wavFile(samples: Int16Array, tags: TrackTags): Uint8Array {
  const format = Buffer.alloc(FORMAT_CHUNK_BYTES);
  const frameBytes = CHANNELS * BYTES_PER_SAMPLE;
  format.writeUInt16LE(PCM, 0);
  format.writeUInt16LE(CHANNELS, 2);
  format.writeUInt32LE(SAMPLE_RATE_HZ, 4);
  format.writeUInt32LE(SAMPLE_RATE_HZ * frameBytes, 8);
  format.writeUInt16LE(frameBytes, 12);
  format.writeUInt16LE(BYTES_PER_SAMPLE * 8, 14);
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const chunks = [chunk("fmt ", format), chunk("data", data), chunk("id3 ", id3Tag(tags))];
  return chunk("RIFF", Buffer.concat([Buffer.from("WAVE", "latin1"), ...chunks]));
}

/** A chunk of odd length gets a byte of padding that its length does not count. */
function chunk(name: string, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(name, "latin1");
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
}

function id3Tag(tags: TrackTags): Buffer {
  const frames = (Object.keys(ID3_FRAMES) as (keyof TrackTags)[]).map((name) => {
    const text = Buffer.from(tags[name], "utf8");
    const flags = Buffer.alloc(2);
    return Buffer.concat([
      Buffer.from(ID3_FRAMES[name], "latin1"),
      synchsafe(text.length + 1),
      flags,
      Buffer.of(UTF_8),
      text,
    ]);
  });
  const body = Buffer.concat(frames);
  const header = Buffer.alloc(ID3_HEADER_BYTES);
  header.write("ID3\u0004", "latin1");
  synchsafe(body.length).copy(header, 6);
  return Buffer.concat([header, body]);
}

/** 28 bits in four bytes whose top bits are 0, so that no decoder takes them for the start of a frame. */
function synchsafe(value: number): Buffer {
  return Buffer.of((value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f);
}
