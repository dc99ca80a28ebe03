import { mkdirSync, readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LADDER, type LadderProfile, ladderProfile } from "#domain/ingest/ladder.ts";
import { decodedFrames, type FixtureFolder, ffmpeg, fixtureFolder, music } from "./audio-fixtures.ts";
import { type CheckedMaster, checkMaster } from "./check-master.ts";
import { encodeRendition, renditionRate, SEEK_SPACING_MS, seekSpacingMs } from "./encode-rendition.ts";
import { measureLoudness, parseLoudness } from "./measure-loudness.ts";

let folder: FixtureFolder;
const never = new AbortController().signal;

beforeAll(() => {
  folder = fixtureFolder();
});
afterAll(() => folder.remove());

async function checked(path: string): Promise<CheckedMaster> {
  const result = await checkMaster(path, statSync(path).size, never);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`);
  return result.value;
}

function rung(id: string): LadderProfile {
  const profile = ladderProfile(id);
  if (profile === undefined) throw new Error(`the ladder has no ${id}`);
  return profile;
}

function subfolder(name: string): string {
  mkdirSync(folder.file(name), { recursive: true });
  return folder.file(name);
}

/** The mean square of a file's samples, in dB. */
function level(path: string): number {
  const bytes = ffmpeg("-i", path, "-f", "f64le", "-");
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 8) sum += bytes.readDoubleLE(at) ** 2;
  return 10 * Math.log10((sum * 8) / bytes.length);
}

describe.each(LADDER)("$id", (profile) => {
  it("comes out the same twice, as long as its master, and as reported [TRC-10] [TRC-11] [TRC-13]", async () => {
    const master = await checked(folder.make("m.wav", ...music(4.2), "-metadata", "title=Secret"));
    const first = await encodeRendition(profile, master, subfolder("one"), never);
    const second = await encodeRendition(profile, master, subfolder("two"), never);
    const { report } = first;
    expect(second.report).toEqual(report);
    expect(readFileSync(second.path).equals(readFileSync(first.path))).toBe(true);
    expect(readFileSync(first.path).includes("Secret")).toBe(false);
    expect(report).toMatchObject({ profile: profile.id, sample_rate: 44_100, channels: 2, total_frames: 185_220 });
    expect(report.start_skip_frames).toBe({ mp3: 1_105, aac: 1_024, vorbis: 0, flac: 0 }[profile.codec]);
    expect(report.size_bytes).toBe(statSync(first.path).size);
    expect(report.bitrate_kbps).toBe(Math.round((report.size_bytes * 8) / 4_200));
    expect(report.seek_points[0]?.[0]).toBe(0);
    expect(report.seek_points.length).toBeGreaterThanOrEqual(profile.codec === "aac" ? 1 : 5);
  });

  it("makes stereo of six channels, and keeps within 48 kHz what is lossy [TRC-9]", async () => {
    const master = await checked(folder.make("s.wav", ...music(1.5, 96_000, "5.1")));
    const { report } = await encodeRendition(profile, master, subfolder("surround"), never);
    const rate = profile.codec === "flac" ? 96_000 : 48_000;
    expect(report).toMatchObject({ channels: 2, sample_rate: rate, total_frames: 1.5 * rate });
  });

  it("takes mono at an odd rate [TRC-9]", async () => {
    const master = await checked(folder.make("o.wav", ...music(1.5, 22_050, "mono")));
    const { path, report } = await encodeRendition(profile, master, subfolder("odd"), never);
    const isLossless = profile.codec === "flac";
    expect(report).toMatchObject({ channels: isLossless ? 1 : 2, sample_rate: isLossless ? 22_050 : 44_100 });
    expect(Math.abs(level(path) - level(master.path))).toBeLessThan(0.5);
  });
});

it.each([
  ["16", "pcm_s16le"],
  ["24", "pcm_s24le"],
])("the lossless rung has every bit of a %s-bit master [TRC-9]", async (_bits, codec) => {
  const path = folder.make(`${codec}.wav`, ...music(2, 48_000), "-c:a", codec);
  const { path: flac } = await encodeRendition(rung("flac"), await checked(path), subfolder(codec), never);
  const samples = (file: string) => ffmpeg("-i", file, "-f", "md5", "-c:a", codec, "-").toString();
  expect(samples(flac)).toBe(samples(path));
});

it("a lossy master becomes a 16-bit copy, without what its codec put around it [TRC-9] [TRC-11]", async () => {
  const ogg = folder.make("lossy.ogg", ...music(3), "-c:a", "libvorbis");
  const { path, report } = await encodeRendition(rung("flac"), await checked(ogg), subfolder("lossy"), never);
  expect(report.total_frames).toBe(3 * 44_100);
  expect(decodedFrames(path)).toBe(3 * 44_100);
  expect(readFileSync(path).readUInt8(20) & 1).toBe(0);
});

it("sound begins early in an Ogg file: its pages are short [TRC-12]", async () => {
  const master = await checked(folder.make("q.wav", ...music(3)));
  const { path } = await encodeRendition(rung("vorbis-160"), master, subfolder("pages"), never);
  const bytes = readFileSync(path);
  let pages = 0;
  for (let at = bytes.indexOf("OggS"); at >= 0; at = bytes.indexOf("OggS", at + 1)) pages += 1;
  expect(pages).toBeGreaterThan(12);
});

it("rates are kept where the codec has them, else the family's [TRC-9]", () => {
  const lossy = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
  expect(lossy.map((rate) => renditionRate(rung("mp3-320"), rate))).toEqual([
    48_000, 44_100, 44_100, 32_000, 44_100, 48_000, 44_100, 48_000, 44_100, 48_000,
  ]);
  expect([8_000, 96_000, 192_000, 384_000].map((rate) => renditionRate(rung("flac"), rate))).toEqual([
    8_000, 96_000, 192_000, 192_000,
  ]);
});

it("seek points stand a second apart for most of an hour, and wider beyond [TRC-12]", () => {
  expect(seekSpacingMs(3_000)).toBe(SEEK_SPACING_MS);
  expect(seekSpacingMs(6 * 3_600)).toBe(7_200);
});

describe("loudness", () => {
  it("of the reference tone is what EBU Tech 3341 says, mono or stereo [TRC-8]", async () => {
    // Case 1: a stereo sine of 1 kHz at -23 dBFS in each channel is -23 LUFS.
    const tone = (channels: string) => ["-f", "lavfi", "-i", `aevalsrc=${channels}:s=48000:d=6`];
    const sine = "0.0707946*sin(2*PI*1000*t)";
    for (const [name, channels] of [
      ["st.wav", `${sine}|${sine}`],
      ["mo.wav", sine],
    ] as const) {
      const loudness = await measureLoudness(await checked(folder.make(name, ...tone(channels))), never);
      expect(loudness.loudnessLufs).toBeCloseTo(-23, 0);
      expect(loudness.truePeakDbtp).toBeCloseTo(-23, 0);
    }
  });

  it("of what the gate lets nothing through of is not a number [TRC-8]", () => {
    const summary =
      "Summary:\n\n  Integrated loudness:\n    I:         -70.0 LUFS\n\n  True peak:\n    Peak:       -inf dBFS\n";
    expect(parseLoudness(summary)).toEqual({ loudnessLufs: null, truePeakDbtp: null });
  });
});
