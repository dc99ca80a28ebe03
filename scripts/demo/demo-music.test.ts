import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFile } from "music-metadata";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY_MS } from "#domain/foundation/time.ts";
import { FFMPEG_VARIABLE, ffmpegPath } from "#jobs/ffmpeg-binary.ts";
import { composeDemo } from "./compose-demo.ts";
import { type CompositionBrief, composeScore, harmonyAt } from "./composer.ts";
import { playsIn } from "./composition/form.ts";
import { sitsWell } from "./composition/harmony.ts";
import { STYLE_NAMES, type StyleName } from "./composition/style.ts";
import { type DemoFormat, demoCatalog } from "./demo-catalog.ts";
import { encodeTrack } from "./encode-track.ts";
import { gainOfDb, SAMPLE_RATE_HZ, silentStereo } from "./sound/audio-format.ts";
import { integratedLoudnessLufs } from "./sound/loudness.ts";
import { PEAK_CEILING_DBFS } from "./sound/mastering.ts";
import { renderScore } from "./synth.ts";

const NOW_MS = Date.UTC(2026, 10, 23, 15, 30);
const RELEASES = demoCatalog(NOW_MS);
const TRACKS = RELEASES.flatMap((release) => release.tracks);
const FULL_SCALE = 32_768;

function render(brief: CompositionBrief): Int16Array {
  return renderScore(composeScore(brief), brief.seed);
}

/** A short piece in a style, in the key and tempo of the catalog. */
function sketch(style: StyleName): CompositionBrief {
  const track = TRACKS.find((candidate) => candidate.style === style);
  if (!track) throw new Error(`no track in the style ${style}`);
  return { ...track, lengthSeconds: 12 };
}

describe("the demo catalog", () => {
  it("has enough artists, releases and tracks to look like a service", () => {
    expect(new Set(RELEASES.map((release) => release.artist)).size).toBeGreaterThanOrEqual(4);
    expect(RELEASES.length).toBeGreaterThanOrEqual(5);
    expect(TRACKS.length).toBeGreaterThanOrEqual(13);
    expect(new Set(TRACKS.map((track) => track.style))).toEqual(new Set(STYLE_NAMES));
  });

  it("has exactly one release that is still to come, and starts with one that all the world may hear", () => {
    const future = RELEASES.filter((release) => release.releaseAt > NOW_MS);
    expect(future).toHaveLength(1);
    expect(future[0]?.releaseAt).toBe(Date.UTC(2026, 11, 7));
    expect(RELEASES[0]?.releaseAt).toBeLessThan(NOW_MS);
    expect(RELEASES[0]?.deals).toEqual([{ territories: ["Worldwide"], excludedTerritories: [] }]);
    expect(RELEASES.every((release) => release.releaseAt % DAY_MS === 0)).toBe(true);
  });

  it("keeps one release from Germany and gives one to a few countries only", () => {
    const deals = RELEASES.map((release) => release.deals[0]);
    expect(deals.filter((deal) => deal?.excludedTerritories.includes("DE"))).toHaveLength(1);
    expect(deals.filter((deal) => deal && !deal.territories.includes("Worldwide"))).toHaveLength(1);
  });

  it("gives each track an ISRC of its own, valid in form and of a country that is never assigned", () => {
    expect(new Set(TRACKS.map((track) => track.isrc)).size).toBe(TRACKS.length);
    for (const track of TRACKS) expect(track.isrc).toMatch(/^ZZ[A-Z0-9]{3}\d{7}$/);
  });

  it("has pieces of about a minute and a short one, each different from all others", () => {
    const seconds = TRACKS.map((track) => composeScore(track).lengthSeconds);
    expect(seconds.filter((length) => length >= 33 && length <= 36)).toHaveLength(1);
    for (const length of seconds.filter((other) => other > 36)) {
      expect(length).toBeGreaterThanOrEqual(50);
      expect(length).toBeLessThanOrEqual(75);
    }
    const tunes = TRACKS.map((track) => JSON.stringify(composeScore(track).tune));
    expect(new Set(tunes).size).toBe(TRACKS.length);
  });
});

describe("the composer", () => {
  it.each(TRACKS.map((track) => [track.title, track] as const))("keeps the tune of %s free of clashes", (_, track) => {
    const score = composeScore(track);
    const rubs = score.tune.filter((note) => {
      const isStrong = Number.isInteger(note.startBeat) || note.beats >= 0.75;
      return isStrong && !sitsWell(note.pitch % 12, harmonyAt(score, note.startBeat));
    });
    expect(rubs).toEqual([]);
    expect(score.tune.length).toBeGreaterThan(12);
  });

  it("ends on the tonic or the fifth, with every held part on the final chord", () => {
    for (const track of TRACKS) {
      const score = composeScore(track);
      const last = score.tune.at(-1);
      expect(last?.startBeat).toBe(score.form.finalBeat);
      expect([score.key.tonic, score.key.scale[4]]).toContain((last?.pitch ?? 0) % 12);
      const held = score.pitchedParts.filter((part) => playsIn(part.layer.sections, "ending"));
      for (const part of held) {
        const latest = Math.max(...part.notes.map((note) => note.startSeconds));
        expect(latest).toBeGreaterThan(score.finalChordSeconds - 0.1);
      }
    }
  });

  it("starts every note inside the piece", () => {
    for (const track of TRACKS) {
      const score = composeScore(track);
      const notes = score.pitchedParts.flatMap((part) => part.notes);
      for (const note of notes) {
        expect(note.startSeconds).toBeGreaterThanOrEqual(0);
        expect(note.startSeconds).toBeLessThan(score.lengthSeconds);
        expect(note.durationSeconds).toBeGreaterThan(0);
      }
    }
  });
});

describe("the loudness meter", () => {
  it("reads a sine of 997 Hz at -20 dBFS on both sides as -20 LUFS, as the standard defines", () => {
    const sine = silentStereo(SAMPLE_RATE_HZ * 3);
    for (let index = 0; index < sine.left.length; index++) {
      const sample = gainOfDb(-20) * Math.sin((2 * Math.PI * 997 * index) / SAMPLE_RATE_HZ);
      sine.left[index] = sample;
      sine.right[index] = sample;
    }
    expect(integratedLoudnessLufs(sine)).toBeCloseTo(-20, 1);
  });
});

describe("the synth", { timeout: 30_000 }, () => {
  it("gives the same samples for the same seed, and others for another", () => {
    const brief = { ...sketch("folk"), lengthSeconds: 6 };
    const samples = render(brief);
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(render(brief).buffer))).toBe(0);
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(render({ ...brief, seed: 6 }).buffer))).not.toBe(0);
  });

  it.each(STYLE_NAMES)("renders %s without clipping, offset or holes, at the loudness of its neighbours", (style) => {
    const samples = render(sketch(style));
    const frames = samples.length / 2;
    let peak = 0;
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    const peakDbfs = 20 * Math.log10(peak / FULL_SCALE);
    expect(peakDbfs).toBeLessThanOrEqual(PEAK_CEILING_DBFS + 0.01);
    expect(peakDbfs).toBeGreaterThan(-4);
    for (const channel of [0, 1]) {
      let sum = 0;
      for (let index = channel; index < samples.length; index += 2) sum += samples[index] ?? 0;
      expect(Math.abs(sum / frames / FULL_SCALE)).toBeLessThan(0.001);
    }
    const mix = silentStereo(frames);
    for (let index = 0; index < frames; index++) {
      mix.left[index] = (samples[2 * index] ?? 0) / FULL_SCALE;
      mix.right[index] = (samples[2 * index + 1] ?? 0) / FULL_SCALE;
    }
    const loudnessLufs = integratedLoudnessLufs(mix);
    expect(loudnessLufs).toBeGreaterThan(-16);
    expect(loudnessLufs).toBeLessThan(-12);
    const quiet = quietRuns(mix.left, 0.003);
    expect(quiet.beforeFirstSoundSeconds).toBeLessThan(0.3);
    expect(quiet.longestSeconds).toBeLessThan(1.5);
  });
});

describe("the files", { timeout: 30_000 }, () => {
  let folder = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rimshot-demo-"));
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  it("are yielded one by one, written and tagged", async () => {
    const iterator = composeDemo({ outDir: join(folder, "new"), nowMs: NOW_MS });
    const { value } = await iterator.next();
    await iterator.return(undefined);
    expect(value?.release).toEqual(RELEASES[0]);
    expect(value?.contentType).toBe("audio/flac");
    const { common, format } = await parseFile(value?.path ?? "");
    expect(common).toMatchObject({ title: value?.track.title, artist: value?.release.artist, date: "2026-11-20" });
    expect(format.duration).toBeGreaterThan(50);
    expect(format).toMatchObject({ sampleRate: 44_100, bitsPerSample: 16, numberOfChannels: 2 });
  });

  it.each<[DemoFormat, string]>([
    ["flac", "FLAC"],
    ["wav", "WAVE"],
    ["mp3", "MPEG"],
    ["ogg", "Ogg"],
  ])("carry title, artist, album, number, date and ISRC as %s", async (format, container) => {
    const path = join(folder, `tone.${format}`);
    const tags = {
      title: "雨",
      artist: "Nachtfähre",
      album: "Überfahrt",
      track: "2/5",
      isrc: "ZZRIM2600199",
      date: "2026-11-23",
    };
    await encodeTrack(path, format, new Int16Array(SAMPLE_RATE_HZ * 2), tags);
    const read = await parseFile(path);
    expect(read.format.container).toContain(container);
    expect(read.format.duration).toBeCloseTo(1, 0);
    const { title, artist, album } = tags;
    expect(read.common).toMatchObject({ title, artist, album, date: tags.date, isrc: [tags.isrc] });
    expect(read.common.track.no).toBe(2);
  });

  it("are not written by another ffmpeg than the one that is asked for", async () => {
    vi.stubEnv(FFMPEG_VARIABLE, join(folder, "missing"));
    expect(() => ffmpegPath()).toThrow("not an executable file");
    const tags = { title: "", artist: "", album: "", track: "1/1", isrc: "ZZRIM2600199", date: "2026-11-23" };
    await expect(encodeTrack(join(folder, "a.ogg"), "ogg", new Int16Array(2), tags)).rejects.toThrow(FFMPEG_VARIABLE);
  });

  it("are missed with ffmpeg's own words where they cannot be written", async () => {
    const tags = { title: "", artist: "", album: "", track: "1/1", isrc: "ZZRIM2600199", date: "2026-11-23" };
    const path = join(folder, "no-such-folder", "a.flac");
    await expect(encodeTrack(path, "flac", new Int16Array(2), tags)).rejects.toThrow("No such file or directory");
  });
});

/** In windows of 10 ms, leaving out the last four seconds, where the piece fades. */
function quietRuns(channel: Float32Array, threshold: number) {
  const windowSamples = SAMPLE_RATE_HZ / 100;
  const windows = Math.floor(channel.length / windowSamples) - 400;
  let longest = 0;
  let current = 0;
  let beforeFirstSound: number | null = null;
  for (let window = 0; window < windows; window++) {
    let power = 0;
    for (let index = window * windowSamples; index < (window + 1) * windowSamples; index++) {
      power += (channel[index] ?? 0) ** 2;
    }
    const isQuiet = Math.sqrt(power / windowSamples) < threshold;
    if (!isQuiet) beforeFirstSound ??= window;
    current = isQuiet ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return {
    beforeFirstSoundSeconds: (beforeFirstSound ?? windows) / 100,
    longestSeconds: longest / 100,
  };
}
