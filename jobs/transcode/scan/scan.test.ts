import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodedFrames, type FixtureFolder, ffmpeg, fixtureFolder, music } from "../audio-fixtures.ts";
import { FlacFrameScanner, isWholeFlacFrame } from "./flac-frames.ts";
import { Mp3FrameScanner } from "./mp3-frames.ts";
import { OggPageScanner } from "./ogg-pages.ts";
import { type Scanner, scanFile } from "./scanner.ts";
import type { SeekPoint } from "./seek-table.ts";

const SECONDS = 7.3;
const RATE = 44_100;
const FRAMES = Math.round(SECONDS * RATE);
const SPACING_MS = 1_000;

let folder: FixtureFolder;
let wav: string;

beforeAll(() => {
  folder = fixtureFolder();
  wav = folder.make("master.wav", ...music(SECONDS));
});
afterAll(() => folder.remove());

function bytesAt(path: string, offset: number, length: number): Buffer {
  const file = openSync(path, "r");
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, offset);
  closeSync(file);
  return bytes;
}

/** Headers and everything from a seek point on, as a player fetches them. */
function tailFrom(path: string, headerBytes: number, offset: number, name: string): string {
  const bytes = readFileSync(path);
  const tail = folder.file(name);
  writeFileSync(tail, Buffer.concat([bytes.subarray(0, headerBytes), bytes.subarray(offset)]));
  return tail;
}

function expectSpacing(points: readonly SeekPoint[], durationMs: number): void {
  const times = [...points.map(([timeMs]) => timeMs), durationMs];
  expect(times[0]).toBe(0);
  for (let i = 1; i < times.length; i++) {
    const gapMs = (times[i] ?? 0) - (times[i - 1] ?? 0);
    expect(gapMs).toBeGreaterThanOrEqual(0);
    expect(gapMs).toBeLessThanOrEqual(SPACING_MS + 1);
  }
  const offsets = points.map(([, offset]) => offset);
  expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
}

/** The same scanner over small pieces must see what it sees over a large one. */
function scanInPieces<Found>(path: string, scanner: Scanner<Found>, pieceBytes: number): Found {
  const sizeBytes = statSync(path).size;
  let position = 0;
  while (position < sizeBytes) {
    const piece = bytesAt(path, position, Math.min(pieceBytes, sizeBytes - position));
    const done = scanner.consume(piece, position);
    if (done <= 0) break;
    position += done;
  }
  return scanner.finish();
}

describe("Ogg Vorbis", () => {
  it("counts the frames and finds pages to begin at, at most a second apart [TRC-11] [TRC-12]", async () => {
    const path = folder.make("a.ogg", "-i", wav, "-c:a", "libvorbis", "-b:a", "160k", "-page_duration", "200000");
    const { audio, isCutShort } = await scanFile(path, new OggPageScanner(SPACING_MS));
    expect(audio).toMatchObject({ codec: "vorbis", sampleRate: RATE, channels: 2, totalFrames: FRAMES });
    expect(isCutShort).toBe(false);
    const points = audio?.seekPoints ?? [];
    expectSpacing(points, SECONDS * 1_000);
    for (const [timeMs, offset] of points) {
      const page = bytesAt(path, offset, 27);
      expect(page.toString("latin1", 0, 4)).toBe("OggS");
      expect(page.readUInt8(5) & 1).toBe(0);
      const tail = tailFrom(path, points[0]?.[1] ?? 0, offset, "tail.ogg");
      const left = decodedFrames(tail) / RATE;
      // The first packet after a cut only primes the decoder, and the last block may be decoded to its end.
      expect(Math.abs(left - (SECONDS - timeMs / 1_000))).toBeLessThan(0.06);
    }
    expect(scanInPieces(path, new OggPageScanner(SPACING_MS), 70_000)).toEqual({
      ...(await scanFile(path, new OggPageScanner(SPACING_MS))),
    });
  });

  it("sees a cut within a page, and between two pages [TRC-6]", async () => {
    const whole = readFileSync(folder.make("b.ogg", "-i", wav, "-c:a", "libvorbis"));
    const lastPage = whole.lastIndexOf("OggS");
    for (const [name, end] of [
      ["page.ogg", lastPage],
      ["within.ogg", lastPage + 40],
    ] as const) {
      writeFileSync(folder.file(name), whole.subarray(0, end));
      expect(await scanFile(folder.file(name), new OggPageScanner(SPACING_MS))).toMatchObject({ isCutShort: true });
    }
  });
});

describe("Ogg Opus", () => {
  it("counts what is audible and finds pages to begin at, at most a second apart [TRC-11] [TRC-12]", async () => {
    const path = folder.make("o.ogg", "-i", wav, "-c:a", "libopus", "-b:a", "24k", "-page_duration", "500000");
    const { audio } = await scanFile(path, new OggPageScanner(SPACING_MS));
    const totalFrames = Math.round(SECONDS * 48_000);
    expect(audio).toMatchObject({ codec: "opus", sampleRate: 48_000, channels: 2, startSkipFrames: 312, totalFrames });
    const points = audio?.seekPoints ?? [];
    expectSpacing(points, SECONDS * 1_000);
    for (const [timeMs, offset] of points) {
      const page = bytesAt(path, offset, 27);
      expect(page.toString("latin1", 0, 4)).toBe("OggS");
      expect(page.readUInt8(5) & 1).toBe(0);
      const left = decodedFrames(tailFrom(path, points[0]?.[1] ?? 0, offset, "opus-tail.ogg")) / 48_000;
      // A decoder that is put here skips its start once more, and packets are a fiftieth of a second.
      expect(Math.abs(left - (SECONDS - timeMs / 1_000))).toBeLessThan(0.06);
    }
  });
});

describe("FLAC", () => {
  it("finds frames to begin at, at most a second apart [TRC-11] [TRC-12]", async () => {
    const path = folder.make("a.flac", "-i", wav, "-c:a", "flac");
    const flac = await scanFile(path, new FlacFrameScanner(SPACING_MS));
    expect(flac).toMatchObject({
      sampleRate: RATE,
      channels: 2,
      totalFrames: FRAMES,
      foundFrames: FRAMES,
      missingBlocks: 0,
    });
    const points = flac?.seekPoints ?? [];
    expectSpacing(points, SECONDS * 1_000);
    for (const [timeMs, offset] of points) {
      expect(bytesAt(path, offset, 2).toString("hex")).toBe("fff8");
      const left = decodedFrames(tailFrom(path, points[0]?.[1] ?? 0, offset, "tail.flac"), "-xerror");
      expect(Math.abs(left / RATE - (SECONDS - timeMs / 1_000))).toBeLessThan(0.002);
    }
    expect(scanInPieces(path, new FlacFrameScanner(SPACING_MS), 9_000)).toEqual(flac);
  });

  it.each([192, 1_024, 4_608, 300, 1])("counts a last block of %i frames", async (lastBlock) => {
    const trim = ["-af", `atrim=end_sample=${4_608 * 2 + lastBlock}`];
    const path = folder.make("last.flac", "-i", wav, ...trim, "-c:a", "flac", "-frame_size", "4608");
    const flac = await scanFile(path, new FlacFrameScanner(SPACING_MS));
    expect(flac?.foundFrames).toBe(4_608 * 2 + lastBlock);
    const last = readFileSync(path).subarray(flac?.lastBlockOffset);
    expect(isWholeFlacFrame(last)).toBe(true);
    expect(isWholeFlacFrame(last.subarray(0, -1))).toBe(false);
  });

  it("steps over a tag and a large picture [TRC-5]", async () => {
    const cover = folder.make(
      "cover.png",
      "-f",
      "lavfi",
      "-i",
      "nullsrc=s=1200x1200,geq=random(1)*255:128:128",
      "-frames:v",
      "1",
    );
    const picture = ["-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"];
    const path = folder.make("cover.flac", "-i", wav, "-i", cover, ...picture, "-c:a", "flac");
    expect(statSync(cover).size).toBeGreaterThan(1024 ** 2);
    expect(await scanFile(path, new FlacFrameScanner(SPACING_MS))).toMatchObject({ foundFrames: FRAMES });
  });
});

describe("MP3", () => {
  it("knows delay and padding, and finds frames to begin at [TRC-11] [TRC-12]", async () => {
    const path = folder.make("a.mp3", "-i", wav, "-c:a", "libmp3lame", "-b:a", "320k", "-write_xing", "1");
    const mp3 = await scanFile(path, new Mp3FrameScanner(SPACING_MS));
    expect(mp3).toMatchObject({ sampleRate: RATE, channels: 2, isCutShort: false });
    expect(mp3?.gapless).toEqual({ totalFrames: FRAMES, startSkipFrames: 1_105 });
    expect(mp3?.mpegFrames).toBe(mp3?.declaredMpegFrames);
    expect(decodedFrames(path)).toBe(FRAMES);
    const points = mp3?.seekPoints ?? [];
    expectSpacing(points, SECONDS * 1_000);
    for (const [timeMs, offset] of points) {
      expect(bytesAt(path, offset, 2).readUInt16BE() & 0xffe0).toBe(0xffe0);
      const left = decodedFrames(tailFrom(path, 0, offset, "tail.mp3"));
      // Padding at the end is decoded with it: 0.05 s at most, and one frame primes the decoder.
      expect(Math.abs(left / RATE - (SECONDS - timeMs / 1_000))).toBeLessThan(0.08);
    }
    expect(scanInPieces(path, new Mp3FrameScanner(SPACING_MS), 5_000)).toEqual(mp3);
  });

  it("is not misled by tags before and behind the music, nor by variable rates", async () => {
    const vbr = readFileSync(
      folder.make("v.mp3", "-i", wav, "-c:a", "libmp3lame", "-q:a", "4", "-metadata", "title=T"),
    );
    const path = folder.file("tagged.mp3");
    writeFileSync(path, Buffer.concat([vbr, Buffer.from(`TAG${"\xff".repeat(125)}`, "latin1")]));
    const mp3 = await scanFile(path, new Mp3FrameScanner(SPACING_MS));
    expect(mp3).toMatchObject({ isCutShort: false, gapless: { totalFrames: FRAMES } });
    expect(mp3?.mpegFrames).toBe(mp3?.declaredMpegFrames);
  });

  it("finds nothing in bytes that are no frames", async () => {
    writeFileSync(folder.file("noise.bin"), ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=1", "-f", "f32le", "-"));
    expect(await scanFile(folder.file("noise.bin"), new Mp3FrameScanner(SPACING_MS))).toBeNull();
  });
});
