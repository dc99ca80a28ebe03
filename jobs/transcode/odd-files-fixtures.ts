/**
 * Two hundred files as they come in when anybody may upload: sound in every form that we take, cut, damaged, forged,
 * empty, silent, or something else altogether, each with the verdict that it must get.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { deflateRawSync, gzipSync } from "node:zlib";
import type { RejectCode } from "#domain/ingest/upload-states.ts";
import { type FixtureFolder, music } from "./audio-fixtures.ts";
import { chunk, wavFile } from "./wav-fixtures.ts";

export interface OddFile {
  readonly name: string;
  readonly path: string;
  readonly verdict: "ok" | RejectCode;
}

type Verdict = OddFile["verdict"];

/** The forms that are made by an encoder, each of the same two seconds. */
const ENCODED: Readonly<Record<string, readonly string[]>> = {
  "m.aiff": [],
  "m.flac": [],
  "m.mp3": ["-b:a", "96k"],
  "m.ogg": ["-c:a", "libvorbis"],
  "m.opus": ["-c:a", "libopus"],
  "m.m4a": ["-c:a", "aac"],
  "alac.m4a": ["-c:a", "alac"],
  "m.aac": ["-c:a", "aac"],
};

export function makeOddFiles(folder: FixtureFolder): OddFile[] {
  const maker = new OddFileMaker(folder);
  for (const make of [goodFiles, goodLayouts, cutFiles, damagedFiles, otherFiles, archives, videos, forgedFiles]) {
    make(maker);
  }
  contentFaults(maker);
  return maker.files;
}

class OddFileMaker {
  readonly files: OddFile[] = [];
  readonly folder: FixtureFolder;
  readonly wav: string;
  readonly encoded: ReadonlyMap<string, Buffer>;

  constructor(folder: FixtureFolder) {
    this.folder = folder;
    this.wav = folder.make("master.wav", ...music(2, 44_100, "mono"));
    const encode = (name: string, args: readonly string[]) => readFileSync(folder.make(name, "-i", this.wav, ...args));
    this.encoded = new Map(Object.entries(ENCODED).map(([name, args]) => [name, encode(name, args)]));
  }

  bytes(name: string): Buffer {
    const bytes = this.encoded.get(name);
    if (bytes === undefined) throw new Error(`there is no ${name}`);
    return Buffer.from(bytes);
  }

  add(verdict: Verdict, name: string, content: Buffer | string): void {
    // A name of its own, so that no file takes another's place; and an ending that says nothing.
    const path = this.folder.file(`odd-${this.files.length}.bin`);
    writeFileSync(path, content);
    this.files.push({ name, path, verdict });
  }

  make(verdict: Verdict, name: string, ...args: string[]): void {
    this.files.push({ name, path: this.folder.make(`${this.files.length}-${name}`, ...args), verdict });
  }
}

function goodFiles(maker: OddFileMaker): void {
  for (const [name, bytes] of maker.encoded) maker.add("ok", `as it is: ${name}`, bytes);
  const input = ["-i", maker.wav];
  for (const rate of [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 48_000]) {
    maker.make("ok", `mp3-${rate}.mp3`, ...input, "-ar", String(rate));
  }
  for (const rate of [16_000, 48_000, 96_000]) maker.make("ok", `aac-${rate}.m4a`, ...input, "-ar", String(rate));
  for (const rate of [8_000, 96_000, 192_000]) maker.make("ok", `flac-${rate}.flac`, ...input, "-ar", String(rate));
  for (const channels of ["2", "6", "8"]) maker.make("ok", `flac-x${channels}.flac`, ...input, "-ac", channels);
  maker.make("ok", "vbr.mp3", ...input, "-q:a", "4");
  maker.make("ok", "untagged.mp3", ...input, "-write_xing", "0", "-id3v2_version", "0");
  maker.make("ok", "surround.ogg", ...input, "-ac", "6", "-c:a", "libvorbis");
  maker.make("ok", "deep.flac", ...input, "-sample_fmt", "s32");
  maker.make("ok", "fragmented.m4a", ...input, "-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov");
  maker.make("ok", "faststart.m4a", ...input, "-c:a", "aac", "-movflags", "+faststart");
  const cover = maker.folder.make("cover.png", "-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1");
  const withCover = [...input, "-i", cover, "-map", "0:a", "-map", "1:v", "-c:v", "copy"];
  for (const name of ["cover.mp3", "cover.flac", "cover.m4a"]) {
    maker.make("ok", name, ...withCover, "-disposition:v", "attached_pic");
  }
  const tagged = maker.bytes("m.mp3");
  maker.add("ok", "an MP3 with tags behind it", Buffer.concat([tagged, Buffer.from("TAG".padEnd(128, "\0"))]));
  maker.add("ok", "an MP3 with two tags before it", Buffer.concat([id3v2(40), id3v2(4_000), tagged]));
  maker.add("ok", "an MP3 behind a little junk", Buffer.concat([Buffer.alloc(300, 7), tagged]));
}

function goodLayouts(maker: OddFileMaker): void {
  for (const sampleRate of [8_000, 11_025, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 176_400, 192_000]) {
    maker.add("ok", `WAV at ${sampleRate} Hz`, wavFile({ sampleRate }));
  }
  for (const channels of [1, 2, 3, 4, 5, 6, 7, 8]) {
    maker.add("ok", `WAV of ${channels} channels`, wavFile({ channels, sampleRate: 22_050 }));
  }
  for (const bits of [8, 16, 24, 32] as const) maker.add("ok", `WAV of ${bits} bits`, wavFile({ bits }));
  maker.add("ok", "WAV in floating point", wavFile({ bits: 32, formatTag: 3 }));
  for (const formatTag of [6, 7]) maker.add("ok", `WAV of format ${formatTag}`, wavFile({ bits: 8, formatTag }));
  const list = chunk("LIST", Buffer.from(`INFO${"x".repeat(501)}`));
  maker.add("ok", "WAV with chunks before its data", wavFile({ extraChunks: list }));
  maker.add("ok", "WAV of a writer that could not go back", wavFile({ declaredBytes: 0xffff_ffff }));
  for (const sampleRate of [1_000, 7_999, 192_001, 384_000]) {
    maker.add("unusual-layout", `WAV at ${sampleRate} Hz`, wavFile({ sampleRate }));
  }
  for (const channels of [9, 12, 16]) {
    maker.add("unusual-layout", `WAV of ${channels} channels`, wavFile({ channels, sampleRate: 8_000 }));
  }
}

function cutFiles(maker: OddFileMaker): void {
  const wav = readFileSync(maker.wav);
  for (const [name, bytes] of [...maker.encoded, ["m.wav", wav] as const]) {
    for (const part of [0.4, 0.6, 0.8, 0.97]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      maker.add("truncated", `the first ${part} of ${name}`, cut);
    }
  }
  for (const name of ["m.flac", "m.ogg", "m.opus", "m.m4a", "alac.m4a", "m.aac", "m.mp3"]) {
    const bytes = maker.bytes(name);
    if (name !== "m.m4a" && name !== "alac.m4a")
      maker.add("truncated", `${name} without its last byte`, bytes.subarray(0, -1));
  }
}

function damagedFiles(maker: OddFileMaker): void {
  const flac = maker.bytes("m.flac");
  for (let part = 0.15; part < 0.96; part += 0.1) {
    const damaged = Buffer.from(flac);
    const at = Math.floor(damaged.length * part);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x20, at);
    maker.add("corrupt", `FLAC with one bit turned at ${part.toFixed(2)}`, damaged);
  }
  for (const name of ["m.flac", "m.ogg", "m.m4a", "alac.m4a"]) {
    for (const part of [0.4, 0.7]) {
      const damaged = maker.bytes(name);
      const at = Math.floor(damaged.length * part);
      // The same noise at each run: which bytes break a decoder must not be up to chance.
      for (let i = 0; i < 2_000; i++) damaged.writeUInt8((i * 197 + (i >> 3) * 89) & 0xff, at + i);
      maker.add("corrupt", `${name} with noise at ${part}`, damaged);
    }
  }
}

/** Things that people have on their disks and that are no sound at all. */
function otherFiles(maker: OddFileMaker): void {
  const texts = {
    "a text": "This is a text, and no music at all.\n".repeat(200),
    "a web page": `<!doctype html><title>404</title>${"<p>Not found</p>".repeat(100)}`,
    "a playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:4\nhttp://127.0.0.1:9/a.ts\n",
    "a list for ffmpeg": "ffconcat version 1.0\nfile '/etc/passwd'\n",
    JSON: JSON.stringify({ error: "expired", at: 1 }),
    "a drawing": `<svg xmlns="http://www.w3.org/2000/svg">${"<path/>".repeat(100)}</svg>`,
    "a cue sheet": 'FILE "album.wav" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "one letter": "x",
    "a PDF": `%PDF-1.7\n${"1 0 obj << >> endobj\n".repeat(200)}`,
  };
  for (const [name, text] of Object.entries(texts)) maker.add("not-audio", name, text);
  const marks = {
    "a program": "7f454c46020101",
    "a Windows program": "4d5a90000300",
    "a WebAssembly module": "0061736d01000000",
    "a GIF": "474946383961",
    "a JPEG": "ffd8ffe000104a464946",
    "a MIDI file": "4d546864000000060001",
    "a Windows Media file": "3026b2758e66cf11a6d900aa0062ce6c",
    "a CAF file": "63616666000100006465736300000000",
    "a WavPack file": "7776706b",
    "a Monkey's Audio file": "4d414320",
    "a RIFF of a picture": "524946460000000057454250",
  };
  for (const [name, mark] of Object.entries(marks)) {
    maker.add("not-audio", name, Buffer.concat([Buffer.from(mark, "hex"), Buffer.alloc(5_000, 0x31)]));
  }
  maker.add("not-audio", "zeroes", Buffer.alloc(50_000));
  maker.add("not-audio", "ones", Buffer.alloc(50_000, 0xff));
  maker.add("not-audio", "noise", randomBytes(100_000));
  maker.make("not-audio", "picture.png", "-f", "lavfi", "-i", "color=red", "-frames:v", "1");
}

function archives(maker: OddFileMaker): void {
  const wav = readFileSync(maker.wav);
  const mp3 = maker.bytes("m.mp3");
  maker.add("archive", "a zip with a WAV in it", zipOf("a.wav", wav));
  maker.add("archive", "an empty zip", Buffer.concat([Buffer.from("504b0506", "hex"), Buffer.alloc(18)]));
  maker.add("archive", "a WAV under gzip", gzipSync(wav));
  const tar = Buffer.alloc(512);
  tar.write("album/one.mp3");
  tar.write("ustar", 257);
  maker.add("archive", "a tar with an MP3 in it", Buffer.concat([tar, mp3]));
  for (const [name, mark] of Object.entries({
    bzip2: "425a6839314159265359",
    xz: "fd377a585a000004",
    zstd: "28b52ffd2458",
    "7z": "377abcaf271c0004",
    "RAR 4": "526172211a0700",
    "RAR 5": "526172211a070100",
  })) {
    maker.add("archive", name, Buffer.concat([Buffer.from(mark, "hex"), mp3]));
  }
}

function videos(maker: OddFileMaker): void {
  const film = ["-f", "lavfi", "-i", "testsrc=d=1.5:s=64x64:r=10"];
  const sound = ["-i", maker.wav, "-shortest"];
  maker.make("video", "silent.mp4", ...film);
  maker.make("video", "sound.mp4", ...film, ...sound, "-c:a", "aac");
  maker.make("video", "sound.mov", ...film, ...sound, "-c:a", "aac");
  maker.make("video", "sound.mkv", ...film, ...sound);
  maker.make("video", "sound.webm", ...film, ...sound, "-c:v", "libvpx", "-c:a", "libvorbis");
  maker.make("video", "sound.avi", ...film, ...sound);
  maker.make("video", "sound.mpg", ...film, ...sound, "-r", "25");
  maker.make("video", "sound.ts", ...film, ...sound);
  maker.make("video", "sound.flv", ...film, ...sound, "-ar", "44100");
  maker.make("video", "theora.ogg", ...film, ...sound, "-c:v", "libtheora", "-c:a", "libvorbis");
}

function forgedFiles(maker: OddFileMaker): void {
  for (const entry of ["enca", "drms"]) {
    for (const [name, own] of [
      ["m.m4a", "mp4a"],
      ["alac.m4a", "alac"],
    ] as const) {
      const bytes = maker.bytes(name);
      bytes.write(entry, bytes.indexOf(own), "latin1");
      maker.add("encrypted", `${name} under the key of ${entry}`, bytes);
    }
  }
  maker.add("truncated", "WAV that claims two gigabytes", wavFile({ declaredBytes: 0x7fff_fff0 }));
  const m4a = maker.bytes("m.m4a");
  const long = Buffer.from(m4a);
  long.writeUInt32BE(0x7fff_ffff, long.indexOf("moov") - 4);
  maker.add("truncated", "MP4 whose index claims two gigabytes", long);
  const flac = maker.bytes("m.flac");
  const endless = Buffer.from(flac);
  // The lowest bytes of the 36 bits that count samples (RFC 9639, section 8.2).
  endless.writeUInt32BE(0xffff_fff0, 22);
  maker.add("truncated", "FLAC that claims a day", endless);
  const giant = id3v2(0x0fff_ffff).subarray(0, 10);
  maker.add("not-audio", "a tag that claims 256 MB", Buffer.concat([giant, maker.bytes("m.mp3")]));
  maker.add("not-audio", "tags without end", Buffer.concat(Array.from({ length: 50 }, () => id3v2(20))));
  maker.add("not-audio", "a tag and nothing else", id3v2(100));
  maker.add("corrupt", "MP4 without an index", box("ftyp", Buffer.from("M4A \0\0\0\0M4A ")));
  maker.add(
    "not-audio",
    "MP4 with an empty index",
    Buffer.concat([box("ftyp", Buffer.from("M4A \0\0\0\0")), box("moov")]),
  );
  const nested = Array.from({ length: 3_000 }).reduce<Buffer>((inner) => box("moov", inner), Buffer.alloc(0));
  maker.add("corrupt", "MP4 of boxes in boxes", Buffer.concat([box("ftyp", Buffer.from("M4A \0\0\0\0")), nested]));
}

/** Whole files of nothing, of too little, of too much. */
function contentFaults(maker: OddFileMaker): void {
  maker.add("empty", "no bytes", Buffer.alloc(0));
  maker.add("empty", "a WAV header and no sound", wavFile({ seconds: 0 }));
  for (const seconds of [0.05, 0.5, 0.99]) maker.add("too-short", `WAV of ${seconds} s`, wavFile({ seconds }));
  maker.add("ok", "WAV of one second", wavFile({ seconds: 1 }));
  const short = ["-t", "0.6", "-i", maker.wav];
  for (const name of ["s.flac", "s.mp3", "s.aiff"]) maker.make("too-short", name, ...short);
  maker.make("too-short", "s.ogg", ...short, "-c:a", "libvorbis");
  for (const bits of [8, 16, 24] as const)
    maker.add("silent", `silence of ${bits} bits`, wavFile({ bits, amplitude: 0 }));
  maker.add("silent", "a tone below dither", wavFile({ bits: 24, amplitude: 0.000_05 }));
  maker.add("ok", "a tone that is just there", wavFile({ bits: 24, amplitude: 0.001 }));
  const nothing = ["-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-t", "2"];
  for (const name of ["n.flac", "n.mp3"]) maker.make("silent", name, ...nothing);
  maker.make("silent", "n.ogg", ...nothing, "-c:a", "libvorbis");
  maker.make("too-long", "hours.flac", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "21602");
}

/** A tag of so many bytes of padding (id3v2.4.0-structure, section 3). */
function id3v2(sizeBytes: number): Buffer {
  const header = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0]);
  for (let i = 0; i < 4; i++) header.writeUInt8((sizeBytes >> (7 * (3 - i))) & 0x7f, 6 + i);
  return Buffer.concat([header, Buffer.alloc(Math.min(sizeBytes, 1_000_000))]);
}

function box(name: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.length, 0);
  header.write(name, 4, "latin1");
  return Buffer.concat([header, body]);
}

/** One local entry: enough for anything that looks at the first bytes. */
function zipOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.write("PK\x03\x04", "latin1");
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), deflateRawSync(content)]);
}
