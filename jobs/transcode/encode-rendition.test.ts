import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readSeekTable, type SeekPoint } from "#domain/delivery/seek-table.ts";
import { type LadderProfile, ladderProfile, MADE_PROFILES, PREVIEW } from "#domain/ingest/ladder.ts";
import { decodedFrames, type FixtureFolder, ffmpeg, fixtureFolder, music } from "./audio-fixtures.ts";
import { type CheckedMaster, checkMaster } from "./check-master.ts";
import { encodeRendition } from "./encode-rendition.ts";
import { measureLoudness, parseLoudness } from "./measure-loudness.ts";
import { excerptOf, renditionRate } from "./rendition-arguments.ts";

// Some rungs are encoded up to six times, on machines that do other things besides.
vi.setConfig({ testTimeout: 30_000 });

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

function encode(profile: LadderProfile, master: CheckedMaster, name: string) {
  return encodeRendition({ profile, master, folder: subfolder(name) }, never);
}

function seekPoints({ report }: Awaited<ReturnType<typeof encode>>): readonly SeekPoint[] {
  return readSeekTable(report.seek_table ?? "");
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

describe.each(MADE_PROFILES)("$id", (profile) => {
  it("comes out the same twice, as long as its master, and as reported [TRC-10] [TRC-11] [TRC-13]", async () => {
    const master = await checked(folder.make("m.wav", ...music(4.2), "-metadata", "title=Secret"));
    const first = await encode(profile, master, "one");
    const second = await encode(profile, master, "two");
    const { report } = first;
    expect(second.report).toEqual(report);
    expect(readFileSync(second.path).equals(readFileSync(first.path))).toBe(true);
    expect(readFileSync(first.path).includes("Secret")).toBe(false);
    const rate = profile.codec === "opus" ? 48_000 : 44_100;
    expect(report).toMatchObject({ profile: profile.id, sample_rate: rate, channels: 2, total_frames: 4.2 * rate });
    expect(report.start_skip_frames).toBe({ mp3: 1_105, aac: 1_024, opus: 312, vorbis: 0, flac: 0 }[profile.codec]);
    expect(report.size_bytes).toBe(statSync(first.path).size);
    expect(report.bitrate_kbps).toBe(Math.round((report.size_bytes * 8) / 4_200));
    const points = seekPoints(first);
    expect(points[0]?.[0]).toBe(0);
    expect(points.length).toBeGreaterThanOrEqual(profile.codec === "aac" ? 1 : 5);
    // In fragmented MP4 the index follows the header, elsewhere the first sound does.
    const after = profile.codec === "aac" ? readFileSync(first.path).indexOf("sidx") - 4 : points[0]?.[1];
    expect(report.header_bytes).toBe(after);
  });

  it("makes stereo of six channels, and keeps within 48 kHz what is lossy [TRC-9]", async () => {
    const master = await checked(folder.make("s.wav", ...music(1.5, 96_000, "5.1")));
    const { report } = await encode(profile, master, "surround");
    const rate = profile.codec === "flac" ? 96_000 : 48_000;
    expect(report).toMatchObject({ channels: 2, sample_rate: rate, total_frames: 1.5 * rate });
  });

  it("takes mono at an odd rate [TRC-9]", async () => {
    const master = await checked(folder.make("o.wav", ...music(1.5, 22_050, "mono")));
    const { path, report } = await encode(profile, master, "odd");
    const isLossless = profile.codec === "flac";
    const lossyRate = profile.codec === "opus" ? 48_000 : 44_100;
    expect(report).toMatchObject({ channels: isLossless ? 1 : 2, sample_rate: isLossless ? 22_050 : lossyRate });
    expect(Math.abs(level(path) - level(master.path))).toBeLessThan(0.5);
  });
});

it.each([
  ["16", "pcm_s16le"],
  ["24", "pcm_s24le"],
])("the lossless rung has every bit of a %s-bit master [TRC-9]", async (_bits, codec) => {
  const path = folder.make(`${codec}.wav`, ...music(2, 48_000), "-c:a", codec);
  const { path: flac } = await encode(rung("flac"), await checked(path), codec);
  const samples = (file: string) => ffmpeg("-i", file, "-f", "md5", "-c:a", codec, "-").toString();
  expect(samples(flac)).toBe(samples(path));
});

it("a lossy master becomes a 16-bit copy, without what its codec put around it [TRC-9] [TRC-11]", async () => {
  const ogg = folder.make("lossy.ogg", ...music(3), "-c:a", "libvorbis");
  const { path, report } = await encode(rung("flac"), await checked(ogg), "lossy");
  expect(report.total_frames).toBe(3 * 44_100);
  expect(decodedFrames(path)).toBe(3 * 44_100);
  expect(readFileSync(path).readUInt8(20) & 1).toBe(0);
});

it("sound begins early in an Ogg file: its pages are short [TRC-12]", async () => {
  const master = await checked(folder.make("q.wav", ...music(3)));
  const { path } = await encode(rung("vorbis-160"), master, "pages");
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

it("seek points stand at most a second apart in a recording of hours, too [TRC-12]", { timeout: 60_000 }, async () => {
  const seconds = 2 * 3_600;
  const master = await checked(folder.make("hours.flac", "-f", "lavfi", "-i", `sine=r=8000:d=${seconds}`));
  const made = await encode(rung("flac"), master, "hours");
  const times = [...seekPoints(made).map(([timeMs]) => timeMs), seconds * 1_000];
  expect(times.length).toBeGreaterThan(seconds);
  expect(Math.max(...times.slice(1).map((timeMs, index) => timeMs - (times[index] ?? 0)))).toBeLessThanOrEqual(1_000);
});

describe.each([96, 160, 320])("Vorbis at %i kbit/s", (kbps) => {
  it.each([
    ["sparse", "0.2*sin(2*PI*220*t)*(1+sin(3*t))+0.03*(random(0)-0.5)"],
    ["dense", "0.25*(random(0)-0.5)+0.3*sin(2*PI*(440+200*sin(9*t))*t)"],
  ])("meets its tier where the music is %s [TRC-21]", async (name, left) => {
    const source = `aevalsrc=${left}|0.8*(${left.replace("random(0)", "random(1)")}):s=44100:d=12`;
    const master = await checked(folder.make(`${name}.wav`, "-f", "lavfi", "-i", source));
    const made = await encode(rung(`vorbis-${kbps}`), master, `${name}-${kbps}`);
    const headerKbps = ((made.report.header_bytes ?? 0) * 8) / 12_000;
    const off = (made.report.bitrate_kbps - headerKbps) / kbps - 1;
    expect(Math.abs(off)).toBeLessThan(0.05);
    expect(readdirSync(dirname(made.path)).filter((file) => file.startsWith(`vorbis-${kbps}`))).toHaveLength(1);
  });
});

it("a preview is the stretch it was asked for, and begins and ends softly [TRC-20]", async () => {
  const tone = "0.5*sin(2*PI*400*t)";
  const master = await checked(folder.make("p.wav", "-f", "lavfi", "-i", `aevalsrc=${tone}|${tone}:s=44100:d=40`));
  const stretch = excerptOf(master, 5 * 44_100, 30);
  const { path, report } = await encodeRendition(
    { profile: PREVIEW, master, folder: subfolder("preview"), stretch },
    never,
  );
  expect(report).toMatchObject({ total_frames: 30 * 44_100, bitrate_kbps: 96 });
  const samples = ffmpeg("-i", path, "-ac", "1", "-f", "f32le", "-");
  const peakAt = (second: number) => {
    const part = Array.from({ length: 441 }, (_unused, i) => samples.readFloatLE((second * 44_100 + i) * 4));
    return Math.max(...part.map(Math.abs));
  };
  expect(peakAt(15)).toBeGreaterThan(0.45);
  for (const second of [0, 29.95]) expect(peakAt(second)).toBeLessThan(0.1);
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
