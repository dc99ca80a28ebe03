import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WAVEFORM_PEAKS } from "#domain/delivery/waveform.ts";
import { type FixtureFolder, fixtureFolder, music } from "./audio-fixtures.ts";
import { checkMaster } from "./check-master.ts";
import { loudestStretch, profileSound, SoundMeter, type SoundProfile } from "./sound-profile.ts";

// Minutes of sound are made and read, on machines that do other things besides.
vi.setConfig({ testTimeout: 30_000 });

const never = new AbortController().signal;
let folder: FixtureFolder;

beforeAll(() => {
  folder = fixtureFolder();
});
afterAll(() => folder.remove());

async function profileOf(path: string): Promise<SoundProfile> {
  const master = await checkMaster(path, statSync(path).size, never);
  if (!master.ok) throw new Error(master.error.detail);
  return profileSound(master.value, never);
}

function numbersOf({ fingerprint }: SoundProfile): Uint32Array {
  const bytes = Buffer.from(fingerprint?.fingerprint ?? "", "base64");
  return Uint32Array.from({ length: bytes.length / 4 }, (_unused, index) => bytes.readUInt32LE(index * 4));
}

/** The share of bits in which two fingerprints differ, as far as both go. */
function bitErrorRate(one: Uint32Array, other: Uint32Array): number {
  const length = Math.min(one.length, other.length);
  let different = 0;
  for (let i = 0; i < length; i++) {
    for (let bits = ((one[i] ?? 0) ^ (other[i] ?? 0)) >>> 0; bits !== 0; bits &= bits - 1) different += 1;
  }
  return different / (length * 32);
}

/** Notes that follow one another as chance has it, the same for the same seed. */
function melody(seed: number, seconds = 20): string[] {
  const note = `(200+40*floor(8*mod(sin(floor(2*t+${seed})*12.9898)*43758.5453\\,1)))`;
  return ["-f", "lavfi", "-i", `aevalsrc=0.4*sin(2*PI*${note}*t)+0.2*sin(2*PI*1.5*${note}*t):s=44100:d=${seconds}`];
}

describe("a waveform", () => {
  it("has a peak for each part, as loud as the recording is there [TRC-22]", async () => {
    const path = folder.make(
      "w.wav",
      "-f",
      "lavfi",
      "-i",
      "aevalsrc=if(lt(t\\,5)\\,0.1\\,0.8)*sin(2*PI*200*t):s=44100:d=10",
    );
    const { waveform } = await profileOf(path);
    expect(waveform).toHaveLength(WAVEFORM_PEAKS);
    for (const [place, level] of [
      [250, 0.1],
      [750, 0.8],
    ] as const)
      expect(Math.abs((waveform[place] ?? 0) / 255 - level)).toBeLessThan(0.03);
  });

  it("is whole for recordings with fewer samples than expected, or more [TRC-22]", () => {
    const meter = new SoundMeter(2_000);
    const samples = Buffer.alloc(2 * 2_010);
    for (let i = 0; i < 2_010; i++) samples.writeInt16LE(i % 2 === 0 ? -32_768 : 16_000, i * 2);
    // Cut within a sample, as a pipe does.
    for (const [from, to] of [
      [0, 1_001],
      [1_001, 4_020],
    ])
      meter.take(samples.subarray(from, to));
    expect([...meter.waveform()].every((peak) => peak === 255)).toBe(true);
  });
});

describe("a fingerprint", () => {
  it("is the same each time, and says how much was listened to [TRC-23]", async () => {
    const path = folder.make("f.wav", ...melody(1));
    const [first, second] = [await profileOf(path), await profileOf(path)];
    expect(first.fingerprint).toMatchObject({ algorithm: "chromaprint-2", duration_ms: 20_000 });
    expect(first.fingerprint).toEqual(second.fingerprint);
    expect(numbersOf(first).length).toBeGreaterThan(100);
  });

  it("stays nearly the same through a lossy codec, and is another for other music [TRC-23]", async () => {
    const path = folder.make("o.wav", ...melody(1));
    const original = numbersOf(await profileOf(path));
    const lossy = numbersOf(await profileOf(folder.make("l.mp3", "-i", path, "-b:a", "96k")));
    const other = numbersOf(await profileOf(folder.make("x.wav", ...melody(77))));
    expect(bitErrorRate(original, lossy)).toBeLessThan(0.1);
    expect(bitErrorRate(original, other)).toBeGreaterThan(0.25);
  });

  it("is of the first two minutes of what is longer, and of nothing where there is too little [TRC-23]", async () => {
    const long = await profileOf(folder.make("long.flac", ...melody(3, 130)));
    expect(long.fingerprint?.duration_ms).toBe(120_000);
    // The number that fpcalc gives for two minutes.
    expect(numbersOf(long)).toHaveLength(948);
    expect((await profileOf(folder.make("short.wav", ...music(1)))).fingerprint).toBeNull();
  });
});

describe("the stretch of a preview", () => {
  it("is the loudest one [TRC-20]", () => {
    expect(loudestStretch([1, 1, 5, 6, 1, 1], 2)).toBe(2);
    expect(loudestStretch([9, 1, 1], 2)).toBe(0);
    expect(loudestStretch([1, 1, 1, 1], 2)).toBe(0);
  });

  it("is the beginning of what is shorter [TRC-20]", () => {
    expect(loudestStretch([1, 2], 60)).toBe(0);
    expect(loudestStretch([], 60)).toBe(0);
  });

  it("is where the music is loud in a recording [TRC-20]", async () => {
    const loud = "if(between(t\\,20\\,52)\\,0.7\\,0.05)";
    const path = folder.make("chorus.wav", "-f", "lavfi", "-i", `aevalsrc=${loud}*sin(2*PI*300*t):s=44100:d=90`);
    const { previewStartFrame } = await profileOf(path);
    expect(previewStartFrame / 44_100).toBeGreaterThanOrEqual(20);
    expect(previewStartFrame / 44_100).toBeLessThanOrEqual(22);
  });
});
