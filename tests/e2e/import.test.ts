/** A folder as people have them, brought in by the importer, twice. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ServiceClient } from "#jobs/client/service-client.ts";
import { type FixtureFolder, fixtureFolder, music } from "#jobs/transcode/audio-fixtures.ts";
import type { listReleases, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";

const system = inject("system");

interface Outcome {
  readonly event: string;
  readonly file: string;
  readonly kind: string;
  readonly reason?: string;
}

interface Run {
  readonly exitCode: number | null;
  /** The last word on each file. */
  readonly files: ReadonlyMap<string, Outcome>;
  readonly summary: Readonly<Record<string, number>>;
}

let folder: FixtureFolder;
let client: ServiceClient;
let known: ReadonlySet<string>;
let first: Run;
let second: Run;
let releases: readonly StudioRelease[];

function account() {
  const found = system.accounts.find(({ role }) => role === "artist");
  if (found === undefined) throw new Error("the system has no artist");
  return found;
}

function make(path: string, seconds: number, tags: Record<string, string> = {}, args: readonly string[] = []): string {
  mkdirSync(dirname(folder.file(path)), { recursive: true });
  const metadata = Object.entries(tags).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]);
  return folder.make(path, ...music(seconds), ...args, ...metadata);
}

function makeMusic(): void {
  const tagged = { artist: "Import Trio", album: "Mixed Formats", date: "2018-03-02" };
  make("in/Mixed/a.flac", 1.1, { ...tagged, title: "Flac", track: "1", ISRC: "GB-AYE-06-01498" });
  make("in/Mixed/b.mp3", 1.2, { ...tagged, title: "Mp3", track: "2" });
  make("in/Mixed/c.ogg", 1.3, { ...tagged, title: "Ogg", track: "3" }, ["-c:a", "libvorbis"]);
  make("in/Mixed/d.opus", 1.4, { ...tagged, title: "Opus", track: "4" }, ["-c:a", "libopus"]);
  make("in/Mixed/e.m4a", 1.5, { ...tagged, title: "M4a", track: "5" }, ["-c:a", "aac"]);
  make("in/Кино - Группа крови (1988)/CD1/01 - Группа крови.wav", 1.6);
  make("in/Кино - Группа крови (1988)/CD2/01. Спокойная ночь.mp3", 1.7);
  make("in/椎名林檎/x.flac", 1.8, {
    artist: "椎名林檎",
    album: "無罪モラトリアム",
    title: "丸ノ内サディスティック",
    track: "3/11",
  });
  make("in/loose.wav", 1.9);
  writeFileSync(folder.file("in/fake.mp3"), "This is a text that calls itself music.");
  writeFileSync(folder.file("in/empty.wav"), "");
  writeFileSync(folder.file("in/notes.txt"), "no music");
  writeFileSync(folder.file("in/Mixed/._a.flac"), "what macOS leaves");
  const whole = readFileSync(make("whole.flac", 2));
  writeFileSync(folder.file("in/cut.flac"), whole.subarray(0, whole.length / 2));
  const picture = folder.make("cover.png", "-f", "lavfi", "-i", "color=blue:s=80x80", "-frames:v", "1");
  const both = ["-i", picture, "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"];
  make("in/Pictured/01 - Cover.flac", 2.1, { artist: "Import Painter", album: "Pictured" }, both);
}

async function runImport(): Promise<Run> {
  const { email, password } = account();
  const args = ["scripts/import.ts", folder.file("in"), "--url", system.url, "--email", email, "--json"];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, RIMSHOT_PASSWORD: password },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of child.stdout) output += String(chunk);
  const exitCode = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once("exit", resolve)));
  const events = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
  const files = new Map(events.filter(({ event }) => event === "file").map((event) => [event.file, event]));
  const summary = events.at(-1) as unknown as Record<string, number>;
  return { exitCode, files, summary };
}

async function listAll(): Promise<StudioRelease[]> {
  const found: StudioRelease[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query: { cursor?: string } = cursor === undefined ? {} : { cursor };
    const page = await client.call<typeof listReleases>("get", "/v1/ingest/releases", { query });
    found.push(...page.items);
    cursor = page.next_cursor;
  }
  return found;
}

function releaseOf(title: string): StudioRelease {
  const found = releases.filter((release) => release.title === title);
  expect(found).toHaveLength(1);
  return found[0] as StudioRelease;
}

beforeAll(async () => {
  folder = fixtureFolder();
  makeMusic();
  client = new ServiceClient(system.url, account());
  known = new Set((await listAll()).map(({ id }) => id));
  first = await runImport();
  second = await runImport();
  releases = (await listAll()).filter(({ id }) => !known.has(id));
});

afterAll(() => folder.remove());

describe("the first run", () => {
  it("imports what is music, and says of the rest why not", () => {
    expect(first.summary).toMatchObject({ event: "summary", imported: 10, refused: 3, failed: 0, interrupted: 0 });
    expect(first.exitCode).toBe(1);
    expect(first.files.get("fake.mp3")).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/not an audio file/),
    });
    expect(first.files.get("empty.wav")).toMatchObject({ kind: "refused", reason: expect.stringMatching(/empty/) });
    expect(first.files.get("cut.flac")).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/ends before/),
    });
    expect([...first.files.keys()].some((name) => name.includes("._") || name.endsWith(".txt"))).toBe(false);
  });

  it("takes five formats for one album, by their tags", () => {
    const release = releaseOf("Mixed Formats");
    expect(release).toMatchObject({
      artist: { name: "Import Trio" },
      release_at: "2018-03-02T00:00:00.000Z",
      type: "ep",
    });
    const tracks = release.tracks.map(({ title, track_number: number, isrc }) => [number, title, isrc]);
    expect(tracks).toEqual([
      [1, "Flac", "GBAYE0601498"],
      [2, "Mp3", null],
      [3, "Ogg", null],
      [4, "Opus", null],
      [5, "M4a", null],
    ]);
    for (const { upload, duration_ms: durationMs, track_number: number } of release.tracks) {
      expect(upload).toMatchObject({ state: "PUBLISHED", reason: null });
      expect(Math.abs((durationMs ?? 0) - (1_000 + number * 100))).toBeLessThan(60);
    }
  });

  it("reads names in other scripts, from tags and from paths", () => {
    const kino = releaseOf("Группа крови");
    expect(kino).toMatchObject({ artist: { name: "Кино" }, release_at: "1988-01-01T00:00:00.000Z" });
    expect(kino.tracks.map(({ disc_number: disc, track_number: number, title }) => [disc, number, title])).toEqual([
      [1, 1, "Группа крови"],
      [2, 1, "Спокойная ночь"],
    ]);
    const sheena = releaseOf("無罪モラトリアム");
    expect(sheena.artist.name).toBe("椎名林檎");
    expect(sheena.tracks).toMatchObject([{ title: "丸ノ内サディスティック", track_number: 3 }]);
  });

  it("names the unknown after their folder", () => {
    const release = releaseOf("in");
    expect(release.artist.name).toBe("Unknown Artist");
    expect(release.tracks.filter(({ upload }) => upload?.state === "PUBLISHED")).toMatchObject([{ title: "loose" }]);
  });

  it("takes the picture out of the file", async () => {
    const { cover_url: url } = releaseOf("Pictured");
    const cover = await fetch(new URL(url, system.url));
    expect(cover.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await cover.arrayBuffer()).equals(readFileSync(folder.file("cover.png")))).toBe(true);
  });
});

describe("the second run", () => {
  it("imports nothing, and says the same of what was refused", () => {
    expect(second.summary).toMatchObject({ imported: 0, "already-there": 10, refused: 3, failed: 0 });
    expect(second.files.get("cut.flac")).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/ends before/),
    });
    expect(second.exitCode).toBe(1);
  });

  it("leaves each release and track once", () => {
    expect(releases).toHaveLength(5);
    const places = releases.flatMap((release) =>
      release.tracks
        .filter(({ upload }) => upload?.state === "PUBLISHED")
        .map((track) => `${release.title} ${track.disc_number}-${track.track_number}`),
    );
    expect(new Set(places).size).toBe(10);
    expect(places).toHaveLength(10);
  });
});
