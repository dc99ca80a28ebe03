import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FixtureFolder, fixtureFolder, music, silence } from "./audio-fixtures.ts";
import { encoderBuild, inputArguments, lastLine, limitsFor, runFfmpeg } from "./ffmpeg.ts";

let folder: FixtureFolder;
const never = new AbortController().signal;
const roomy = limitsFor(60);
const endless = ["-f", "lavfi", "-i", "anoisesrc=r=192000", "-f", "null", "-"];

beforeAll(() => {
  folder = fixtureFolder();
});
afterAll(() => folder.remove());

it("is ended where it takes longer than it may [TRC-7]", async () => {
  await expect(runFfmpeg(endless, { cpuSeconds: 60, wallSeconds: 0.3 }, never)).rejects.toThrow(/SIGKILL/);
});

it.runIf(process.platform === "linux")("is ended where it computes more than it may [TRC-7]", async () => {
  await expect(runFfmpeg(endless, { cpuSeconds: 1, wallSeconds: 60 }, never)).rejects.toThrow(/SIGXCPU|SIGKILL/);
});

it("opens no other file, and nothing over a network [TRC-7]", async () => {
  folder.make("inner.wav", ...music(1));
  writeFileSync(folder.file("list.wav"), `ffconcat version 1.0\nfile '${folder.file("inner.wav")}'\n`);
  const run = async (path: string) => runFfmpeg([...inputArguments(path, "wav"), "-f", "null", "-"], roomy, never);
  expect((await run(folder.file("inner.wav"))).exitCode).toBe(0);
  expect((await run(folder.file("list.wav"))).exitCode).not.toBe(0);
  const remote = inputArguments(folder.file("inner.wav"), "wav").map((argument) =>
    argument.startsWith("file:") ? "http://127.0.0.1:9/x.wav" : argument,
  );
  const { exitCode, stderr } = await runFfmpeg([...remote, "-f", "null", "-"], roomy, never);
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/not on whitelist/);
});

it("does not read a file in another format than it was found to have [TRC-7]", async () => {
  const flac = folder.make("a.flac", ...silence(1));
  const { exitCode } = await runFfmpeg([...inputArguments(flac, "mp3"), "-f", "null", "-"], roomy, never);
  expect(exitCode).not.toBe(0);
});

it("gives its last words without the noise around them", () => {
  const said =
    "Input #0\n[flac @ 0x55] invalid residual\n[Parsed_volumedetect_1 @ 0x2] n_samples: 1\nConversion failed!\n";
  expect(lastLine(said)).toBe("invalid residual");
  expect(lastLine("")).toBe("it said nothing");
});

it("is named by its version and a hash of its build, the same each time [TRC-16]", async () => {
  const build = await encoderBuild(never);
  expect(build).toMatch(/^ffmpeg \S+ build [0-9a-f]{12}$/);
  expect(await encoderBuild(never)).toBe(build);
});

it("gives its output to whoever takes it, and ends where that one cannot [TRC-7]", async () => {
  const tone = ["-f", "lavfi", "-i", "anoisesrc=r=8000:d=3", "-f", "s16le", "pipe:1"];
  let bytes = 0;
  const { exitCode } = await runFfmpeg(tone, roomy, never, (piece) => {
    bytes += piece.length;
  });
  expect({ exitCode, bytes }).toEqual({ exitCode: 0, bytes: 3 * 8_000 * 2 });
  const broken = () => {
    throw new Error("no room for it");
  };
  await expect(runFfmpeg(tone, roomy, never, broken)).rejects.toThrow("no room for it");
});
