import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { type FixtureFolder, ffmpeg, fixtureFolder, music } from "./audio-fixtures.ts";
import { completeFragments } from "./complete-fragments.ts";
import { Mp4FragmentScanner } from "./scan/mp4-fragments.ts";
import { scanFile } from "./scan/scanner.ts";

const SECONDS = 9.3;
const FLAGS = ["-movflags", "+dash+global_sidx+delay_moov+skip_trailer", "-frag_duration", "4000000"];
/** The system's build, where there is one, and that of the package, which writes an index at the end. */
const PACKAGED = (createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg") as { path: string }).path;
const BUILDS = [...new Set([ffmpegPath(), PACKAGED])].filter(existsSync);
const never = new AbortController().signal;

let folder: FixtureFolder;

beforeAll(() => {
  folder = fixtureFolder();
  // The package's install script, which would set the mode, does not run here.
  if (existsSync(PACKAGED)) chmodSync(PACKAGED, 0o755);
});
afterAll(() => folder.remove());

function encode(build: string): string {
  const wav = folder.make("master.wav", ...music(SECONDS));
  const made = folder.file("made.m4a");
  execFileSync(build, ["-v", "error", "-nostdin", "-i", wav, "-c:a", "aac", "-b:a", "96k", ...FLAGS, "-y", made]);
  return made;
}

async function layoutOf(path: string) {
  const scanned = await scanFile(path, new Mp4FragmentScanner(statSync(path).size));
  if (!scanned.ok) throw new Error(scanned.error);
  return scanned.value;
}

describe.each(BUILDS)("a file of %s", (build) => {
  it("says how long it is, ends with its last fragment, and is otherwise as it was [TRC-25]", async () => {
    const path = encode(build);
    const [before, layout, sound] = [readFileSync(path), await layoutOf(path), ffmpeg("-i", path, "-f", "s16le", "-")];
    await completeFragments(path, SECONDS, never);
    const after = readFileSync(path);
    const at = after.indexOf("mehd");
    expect(after.readUInt32BE(at + 8)).toBe(SECONDS * 1_000);
    expect(after.includes("mfra")).toBe(false);

    const addedBytes = after.readUInt32BE(at - 4);
    const complete = await layoutOf(path);
    expect(complete).toEqual({
      ...layout,
      headerBytes: layout.headerBytes + addedBytes,
      seekPoints: layout.seekPoints.map(([timeMs, offset]) => [timeMs, offset + addedBytes]),
    });
    const indexAt = before.indexOf("mfra") - 4;
    const end = indexAt < 0 ? before.length : indexAt;
    expect(after.subarray(complete.headerBytes).equals(before.subarray(layout.headerBytes, end))).toBe(true);
    expect(ffmpeg("-i", path, "-f", "s16le", "-").equals(sound)).toBe(true);

    await completeFragments(path, SECONDS, never);
    expect(readFileSync(path).equals(after)).toBe(true);
  });
});

describe("a file that is none of fragments", () => {
  it.each<[string, (path: string) => Buffer]>([
    ["nothing", () => Buffer.alloc(0)],
    ["three bytes", () => Buffer.from("ftyp".slice(0, 3))],
    ["a WAV file", (path) => readFileSync(path.replace("made.m4a", "master.wav"))],
    ["the first bytes of one", (path) => readFileSync(path).subarray(0, 300)],
    [
      "one without a place for the length",
      (path) => Buffer.from(readFileSync(path).toString("latin1").replace("mvex", "free"), "latin1"),
    ],
    [
      "one whose movie says a wrong size",
      (path) => {
        const bytes = readFileSync(path);
        bytes.writeUInt32BE(0xffff_ffff, bytes.indexOf("moov") - 4);
        return bytes;
      },
    ],
  ])("stays as it is: %s [TRC-25]", async (_what, make) => {
    const bytes = make(encode(ffmpegPath()));
    const path = folder.file("other.m4a");
    writeFileSync(path, bytes);
    await completeFragments(path, SECONDS, never);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});
