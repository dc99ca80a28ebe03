import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type FixtureFolder, fixtureFolder, music, silence } from "./audio-fixtures.ts";
import { checkMaster } from "./check-master.ts";

let folder: FixtureFolder;
let wav: string;
const never = new AbortController().signal;

beforeAll(() => {
  folder = fixtureFolder();
  wav = folder.make("master.wav", ...music(3));
});
afterAll(() => folder.remove());

async function verdict(path: string): Promise<string> {
  const checked = await checkMaster(path, statSync(path).size, never);
  return checked.ok ? "ok" : checked.error.code;
}

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(folder.file(name), bytes);
  return folder.file(name);
}

describe("takes what is music", () => {
  it.each([
    ["a.wav", [], "pcm_s16le", "wav"],
    ["deep.wav", ["-c:a", "pcm_s24le"], "pcm_s24le", "wav"],
    ["a.aiff", [], "pcm_s16be", "aiff"],
    ["a.flac", [], "flac", "flac"],
    ["a.mp3", [], "mp3", "mp3"],
    ["a.ogg", ["-c:a", "libvorbis"], "vorbis", "ogg"],
    ["a.opus", ["-c:a", "libopus"], "opus", "ogg"],
    ["a.m4a", ["-c:a", "aac"], "aac", "mp4"],
    ["lossless.m4a", ["-c:a", "alac"], "alac", "mp4"],
    ["a.aac", ["-c:a", "aac"], "aac", "aac"],
  ] as const)("%s [TRC-5]", async (name, args, codec, format) => {
    const path = folder.make(name, "-i", wav, ...args);
    const checked = await checkMaster(path, statSync(path).size, never);
    if (!checked.ok) throw new Error(`${checked.error.code}: ${checked.error.detail}`);
    const { stream, totalFrames } = checked.value;
    expect(checked.value.format).toBe(format);
    expect(stream.codec).toBe(codec);
    expect(stream.bitsPerSample).toBe(name === "deep.wav" ? 24 : 16);
    // AAC carries its delay and padding along; everything else is exact.
    expect(Math.abs(totalFrames / stream.sampleRate - 3)).toBeLessThan(codec === "aac" ? 0.1 : 1e-9);
  });

  it("an MP3 with a cover, under a name that says otherwise [TRC-5]", async () => {
    const cover = folder.make("cover.jpg", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1");
    const both = ["-i", wav, "-i", cover, "-map", "0:a", "-map", "1:v", "-c:v", "copy"];
    const mp3 = folder.make("cover.mp3", ...both, "-c:a", "libmp3lame");
    expect(await verdict(written("cover.txt", readFileSync(mp3)))).toBe("ok");
  });

  it("a WAV whose writer could not go back to fill in the length", async () => {
    const bytes = Buffer.from(readFileSync(wav));
    bytes.writeUInt32LE(0xffff_ffff, 4);
    bytes.writeUInt32LE(0xffff_ffff, bytes.indexOf("data") + 4);
    expect(await verdict(written("streamed.wav", bytes))).toBe("ok");
  });
});

describe("refuses what is not, and says why", () => {
  const text = Buffer.from("This is a text, and no music at all.\n".repeat(400));

  it.each([
    ["nothing", () => Buffer.alloc(0), "empty"],
    ["a header and no music", () => readFileSync(wav).subarray(0, readFileSync(wav).indexOf("data") + 4), "empty"],
    ["random bytes", () => randomBytes(200_000), "not-audio"],
    ["a text", () => text, "not-audio"],
    ["zeroes", () => Buffer.alloc(100_000), "not-audio"],
    [
      "a picture",
      () => readFileSync(folder.make("p.png", "-f", "lavfi", "-i", "color=red", "-frames:v", "1")),
      "not-audio",
    ],
  ] as const)("%s [TRC-6]", async (name, bytes, code) => {
    const content = name === "a header and no music" ? Buffer.concat([bytes(), Buffer.alloc(4)]) : bytes();
    expect(await verdict(written("refused.bin", content))).toBe(code);
  });

  it("a film, with sound or without [TRC-6]", async () => {
    const film = ["-f", "lavfi", "-i", "testsrc=d=2:s=64x64"];
    expect(await verdict(folder.make("silent.mp4", ...film))).toBe("video");
    expect(await verdict(folder.make("sound.mp4", ...film, "-i", wav, "-shortest", "-c:a", "aac"))).toBe("video");
  });

  it.each([
    ["t.wav", []],
    ["t.aiff", []],
    ["t.flac", []],
    ["t.mp3", []],
    ["t.ogg", ["-c:a", "libvorbis"]],
    ["t.m4a", ["-c:a", "aac"]],
    ["t.aac", ["-c:a", "aac"]],
  ] as const)("the first two thirds of %s [TRC-6]", async (name, args) => {
    const whole = readFileSync(folder.make(name, "-i", wav, ...args));
    expect(await verdict(written(name, whole.subarray(0, Math.floor((whole.length * 2) / 3))))).toBe("truncated");
  });

  it("a FLAC that lacks its last bytes [TRC-6]", async () => {
    const whole = readFileSync(folder.make("l.flac", "-i", wav));
    expect(await verdict(written("l.flac", whole.subarray(0, -3)))).toBe("truncated");
  });

  it.each([0.1, 0.31, 0.5, 0.77, 0.95])("a FLAC with a damaged place at %f of its length [TRC-6]", async (part) => {
    const bytes = Buffer.from(readFileSync(folder.make("c.flac", "-i", wav)));
    const at = Math.floor(bytes.length * part);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
    expect(await verdict(written("c.flac", bytes))).toBe("corrupt");
  });

  it("what is too short, and what is silent [TRC-6]", async () => {
    expect(await verdict(folder.make("short.wav", ...music(0.5)))).toBe("too-short");
    expect(await verdict(folder.make("second.wav", ...music(1)))).toBe("ok");
    expect(await verdict(folder.make("silent.wav", ...silence(2)))).toBe("silent");
    expect(await verdict(folder.make("quiet.wav", "-f", "lavfi", "-i", "sine=d=2", "-af", "volume=-40dB"))).toBe("ok");
  });

  it("what is longer than six hours [TRC-6]", { timeout: 60_000 }, async () => {
    const long = folder.make("long.flac", ...silence(21_602));
    expect(await verdict(long)).toBe("too-long");
  });
});

describe("a decoder that does not live to say what is wrong", () => {
  /** Stands in for a build of ffmpeg that a file breaks. */
  async function verdictBy(script: string): Promise<string> {
    const program = written("broken-ffmpeg", Buffer.from(`#!/bin/sh\n${script}\n`));
    chmodSync(program, 0o755);
    vi.stubEnv("RIMSHOT_FFMPEG", program);
    try {
      const checked = await checkMaster(wav, statSync(wav).size, never, { cpuSeconds: 1, wallSeconds: 60 });
      return checked.ok ? "ok" : checked.error.code;
    } finally {
      vi.unstubAllEnvs();
    }
  }

  it.runIf(process.platform === "linux").each([
    ["crashes", "kill -SEGV $$"],
    ["gives itself up", "kill -ABRT $$"],
    ["never comes to an end", "while :; do :; done"],
  ])("is the file's fault where it %s [TRC-24]", async (_what, script) => {
    expect(await verdictBy(script)).toBe("corrupt");
  });

  it("is ours where somebody else ended it, or it had no memory: the work is tried again [TRC-24]", async () => {
    await expect(verdictBy("kill -KILL $$")).rejects.toThrow("SIGKILL");
    await expect(verdictBy("echo 'Cannot allocate memory' >&2; exit 1")).rejects.toThrow("memory");
  });
});

it("ends at once when the work is to end [TRC-1]", { timeout: 30_000 }, async () => {
  const stop = new AbortController();
  const long = folder.make("stop.flac", ...silence(10_000));
  const checking = checkMaster(long, statSync(long).size, stop.signal);
  setTimeout(() => stop.abort(new Error("lease lost")), 20);
  await expect(checking).rejects.toThrow("lease lost");
});
