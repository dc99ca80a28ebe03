import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Result } from "#domain/foundation/result.ts";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { type FixtureFolder, fixtureFolder, music } from "../audio-fixtures.ts";
import { type FragmentedMp4, Mp4FragmentScanner } from "./mp4-fragments.ts";
import { scanFile } from "./scanner.ts";

const SECONDS = 14.2;
const RATE = 44_100;
const FRAMES = Math.round(SECONDS * RATE);
const DELAY_FRAMES = 1_024;
const FLAGS = ["-movflags", "+dash+global_sidx+delay_moov+skip_trailer", "-frag_duration", "4000000"];

/** The system's build, where there is one, and that of the package, which is of 2018 and writes one box more. */
const PACKAGED = (createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg") as { path: string }).path;
const BUILDS = [...new Set([ffmpegPath(), PACKAGED])].filter(existsSync).map((path) => ({ path }));

let folder: FixtureFolder;
let wav: string;
const files = new Map<string, Buffer>();

beforeAll(() => {
  folder = fixtureFolder();
  // The package's install script, which would set the mode, does not run here.
  if (existsSync(PACKAGED)) chmodSync(PACKAGED, 0o755);
  wav = folder.make("master.wav", ...music(SECONDS));
  for (const [index, { path }] of BUILDS.entries()) {
    const made = folder.file(`${index}.m4a`);
    const input = ["-v", "error", "-nostdin", "-i", wav, "-fflags", "+bitexact", "-flags:a", "+bitexact"];
    execFileSync(path, [...input, "-c:a", "aac", "-b:a", "96k", ...FLAGS, "-f", "mp4", made]);
    files.set(path, readFileSync(made));
  }
});
afterAll(() => folder.remove());

function madeBy(path: string): Buffer {
  return Buffer.from(files.get(path) ?? Buffer.alloc(0));
}

const system = () => madeBy(ffmpegPath());

function scan(bytes: Uint8Array): Promise<Result<FragmentedMp4, string>> {
  const path = folder.file("scanned.m4a");
  writeFileSync(path, bytes);
  return scanFile(path, new Mp4FragmentScanner(bytes.length));
}

interface Box {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** An own walk over the outermost boxes, to hold the scanner's against. */
function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let offset = 0; offset < bytes.length; offset += bytes.readUInt32BE(offset)) {
    boxes.push({
      name: bytes.toString("latin1", offset + 4, offset + 8),
      offset,
      sizeBytes: bytes.readUInt32BE(offset),
    });
  }
  return boxes;
}

function boxNamed(bytes: Buffer, name: string): Box {
  const box = boxesOf(bytes).find((one) => one.name === name);
  if (box === undefined) throw new Error(`no ${name}`);
  return box;
}

async function faultOf(bytes: Buffer): Promise<string> {
  const scanned = await scan(bytes);
  return scanned.ok ? "none" : scanned.error;
}

describe.each(BUILDS)("a fragmented file by $path", ({ path }) => {
  it("has one index that agrees with its fragments, and the encoder's delay in its edit list [TRC-17]", async () => {
    const bytes = madeBy(path);
    const scanned = await scan(bytes);
    const sidx = boxNamed(bytes, "sidx");
    const moofs = boxesOf(bytes).filter(({ name }) => name === "moof");
    expect(scanned).toMatchObject({
      ok: true,
      value: { sampleRate: RATE, channels: 2, totalFrames: FRAMES, startSkipFrames: DELAY_FRAMES },
    });
    if (!scanned.ok) return;
    const { headerBytes, seekPoints } = scanned.value;
    expect(headerBytes).toBe(sidx.offset);
    expect(seekPoints.map(([, offset]) => offset)).toEqual(moofs.map(({ offset }) => offset));
    expect(seekPoints[0]).toEqual([0, sidx.offset + sidx.sizeBytes]);
    // Fragments are as long as whole packets allow; the last takes what is left.
    const starts = seekPoints.map(([timeMs]) => timeMs);
    expect(starts).toHaveLength(4);
    for (const [index, startMs] of starts.entries()) expect(Math.abs(startMs - index * 4_000)).toBeLessThan(70);
  });

  it("is read the same in small pieces, without its samples [TRC-17]", async () => {
    const bytes = madeBy(path);
    const scanner = new Mp4FragmentScanner(bytes.length);
    let read = 0;
    for (let position = 0; position < bytes.length; ) {
      const piece = bytes.subarray(position, position + 1_000);
      const done = scanner.consume(piece, position);
      if (done <= 0) break;
      read += Math.min(done, piece.length);
      position += done;
    }
    expect(scanner.finish()).toEqual(await scan(bytes));
    expect(read).toBeLessThan(bytes.length / 8);
  });
});

describe("what is no whole fragmented file", () => {
  it("is refused wherever it is cut [TRC-18]", async () => {
    const bytes = system();
    const step = Math.ceil(bytes.length / 150);
    // Without the trailing index of random access that the older build writes, all of the sound is still there.
    const boxes = boxesOf(bytes).filter(({ name }) => name !== "mfra");
    const ends = [...boxes.map(({ offset }) => offset), ...Array.from({ length: 149 }, (_, i) => (i + 1) * step)];
    for (const end of ends.filter((one) => one < bytes.length)) {
      expect((await scan(bytes.subarray(0, end))).ok, String(end)).toBe(false);
    }
    expect(await faultOf(Buffer.concat([bytes, Buffer.alloc(9)]))).toMatch(/length/);
  });

  it("is refused with the reason where the index and the fragments differ [TRC-18]", async () => {
    const { offset } = boxNamed(system(), "sidx");
    const changed = (at: number, change: (old: number) => number) => {
      const bytes = system();
      bytes.writeUInt32BE(change(bytes.readUInt32BE(at)) >>> 0, at);
      return faultOf(bytes);
    };
    const firstReference = offset + 8 + 32;
    expect(await changed(offset + 16, (scale) => scale * 2)).toMatch(/does not count frames/);
    expect(await changed(offset + 24, () => 5)).toMatch(/does not count frames/);
    expect(await changed(firstReference, (size) => size + 1)).toMatch(/not as the segment index says/);
    expect(await changed(firstReference + 4, (frames) => frames + 1)).toMatch(/not as the segment index says/);
    expect(await changed(firstReference + 8, () => 0)).toMatch(/not as the segment index says/);
    expect(await changed(firstReference, (size) => size + 0x8000_0000)).toMatch(/not readable/);
    expect(await changed(firstReference - 4, (count) => count + 1)).toMatch(/not readable/);
  });

  it("is refused where boxes lie about their length, come twice or in another order [TRC-18]", async () => {
    const bytes = system();
    const sidx = boxNamed(bytes, "sidx");
    const index = bytes.subarray(sidx.offset, sidx.offset + sidx.sizeBytes);
    const twice = Buffer.concat([bytes.subarray(0, sidx.offset), index, bytes.subarray(sidx.offset)]);
    expect(await faultOf(twice)).toMatch(/"sidx".*behind "sidx"/);
    const without = Buffer.concat([bytes.subarray(0, sidx.offset), bytes.subarray(sidx.offset + sidx.sizeBytes)]);
    expect(await faultOf(without)).toMatch(/"moof".*behind "moov"/);
    for (const length of [0, 1, 7]) {
      const lying = system();
      lying.writeUInt32BE(length, boxNamed(lying, "moov").offset);
      expect((await scan(lying)).ok, String(length)).toBe(false);
    }
    const huge = system();
    huge.writeUInt32BE(0xffff_fff0, boxNamed(huge, "mdat").offset);
    expect((await scan(huge)).ok).toBe(false);
    for (const nothing of [Buffer.alloc(0), Buffer.alloc(4), Buffer.alloc(3_000), Buffer.from("not a box at all")]) {
      expect((await scan(nothing)).ok).toBe(false);
    }
  });

  it("never fails in another way, whatever byte of its structure is changed [TRC-18]", () => {
    const bytes = system();
    const structure = boxesOf(bytes).filter(({ name }) => name !== "mdat");
    for (const { offset, sizeBytes } of structure.slice(0, 4)) {
      for (let at = offset; at < offset + sizeBytes; at++) {
        for (const value of [0x00, 0x7f, 0xff]) {
          const was = bytes.readUInt8(at);
          bytes.writeUInt8(value, at);
          const scanner = new Mp4FragmentScanner(bytes.length);
          let position = 0;
          for (let steps = 0; position < bytes.length; steps++) {
            expect(steps).toBeLessThan(64);
            const done = scanner.consume(bytes.subarray(position), position);
            if (done <= 0) break;
            position += done;
          }
          const { ok } = scanner.finish();
          expect(typeof ok).toBe("boolean");
          bytes.writeUInt8(was, at);
        }
      }
    }
  });
});
