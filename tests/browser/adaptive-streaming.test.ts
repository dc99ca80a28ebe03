/**
 * HLS and DASH in players that are not ours, in a real Chromium and from the command line; and ranges over a slow
 * network. The players' builds come from node_modules: the page loads nothing but what the service serves.
 */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { accessTokenOf, askJson } from "#tests/e2e/service-fixtures.ts";
import type { SearchAnswer } from "#workers/api/catalog/catalog-contract.ts";
import type { Playback } from "#workers/api/plays/plays-contract.ts";
import { ADAPTIVE_PLAYERS, type AdaptivePlayer } from "./adaptive-players.ts";
import { closedOrigin, startAudioHost } from "./audio-host.ts";
import { launchBrowser } from "./browser.ts";

const { url } = inject("system");
const HIGHEST_TIER = 2;
/** A phone at the edge of its cell. */
const SLOW_NETWORK = { offline: false, latency: 40, downloadThroughput: 50_000, uploadThroughput: 50_000 };
/** A second of the lowest tier in a third of one. */
const MORTAL_BYTES_PER_SECOND = 40_000;
const run = promisify(execFile);

let browser: Browser;
let token: string;
let trackId: string;

beforeAll(async () => {
  browser = await launchBrowser();
  token = await accessTokenOf("listener");
  const found = await askJson<SearchAnswer>("/v1/search?q=neon&type=track");
  trackId = found.tracks?.items[0]?.id ?? "";
});

afterAll(async () => {
  await browser.close();
});

function begin(): Promise<Playback> {
  return askJson<Playback>("/v1/playbacks", { method: "POST", token, body: { track_id: trackId } });
}

/**
 * A page of the service's origin with an audio element, and one of the libraries. It is one that the service does serve:
 * from a page that comes from nowhere, Chromium lets nothing ask for another host of this machine.
 */
async function openPage(script?: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${url}/healthz`);
  await page.setContent("<!doctype html><title>test</title><audio></audio>");
  await page.evaluate(() => {
    window.faults = [];
    document.querySelector("audio")?.addEventListener("error", () => window.faults.push("the element failed"));
  });
  if (script !== undefined) await page.addScriptTag({ path: script });
  return page;
}

function clock(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelector("audio")?.currentTime ?? 0);
}

/** The element has data at its place and goes on from there. */
async function expectSoundAfter(page: Page, seconds: number, timeout = 15_000): Promise<void> {
  await expect.poll(() => clock(page), { timeout, interval: 100 }).toBeGreaterThan(seconds);
}

async function seek(page: Page, seconds: number): Promise<void> {
  await page.evaluate((time) => {
    (document.querySelector("audio") as HTMLAudioElement).currentTime = time;
  }, seconds);
}

async function expectNoFault(page: Page): Promise<void> {
  const state = await page.evaluate(() => [window.faults, document.querySelector("audio")?.error?.message ?? null]);
  expect(state).toEqual([[], null]);
}

/** Four seconds of the lowest tier have ten times as many; an initialization segment or an index has less. */
const SEGMENT_BYTES_MIN = 4_096;

function isSegment(request: Request): boolean {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers()["range"] ?? "") ?? [];
  return Number(last) - Number(first) >= SEGMENT_BYTES_MIN;
}

/** The tiers of the segments that the page has asked for so far. */
function watchTiers(page: Page, { renditions }: Playback): string[] {
  const tiers: string[] = [];
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    const rendition = renditions.find((one) => one.url.startsWith(`${path}?`));
    if (rendition !== undefined && isSegment(request)) tiers.push(rendition.profile);
  });
  return tiers;
}

function manifestOf({ manifests }: Playback, format: "hls" | "dash"): string {
  if (manifests === null) throw new Error("the playback has no manifests");
  return manifests[format];
}

describe.each(ADAPTIVE_PLAYERS)("$name", (player: AdaptivePlayer) => {
  it("plays our manifest, goes to another tier and seeks, without an error [MAN-13]", async () => {
    const playback = await begin();
    const page = await openPage(player.script);
    const tiers = watchTiers(page, playback);
    await player.open(page, manifestOf(playback, player.manifest));
    await expectSoundAfter(page, 1);
    expect(new Set(tiers)).toEqual(new Set(["aac-96"]));
    const duration = await page.evaluate(() => document.querySelector("audio")?.duration ?? 0);
    expect(Math.abs(duration - playback.duration_ms / 1_000)).toBeLessThan(0.1);

    await page.evaluate((tier) => window.switchTo(tier), HIGHEST_TIER);
    await expect.poll(() => tiers.at(-1), { timeout: 10_000, interval: 100 }).toBe("aac-256");
    await expectSoundAfter(page, (await clock(page)) + 1);

    await seek(page, 40);
    await expectSoundAfter(page, 41);
    await seek(page, 10);
    await expectSoundAfter(page, 10.5);
    expect(await clock(page)).toBeLessThan(30);
    await expectNoFault(page);
    await page.close();
  });
});

describe("over a slow network", () => {
  async function openSlowly(script?: string): Promise<Page> {
    const page = await openPage(script);
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", SLOW_NETWORK);
    return page;
  }

  it.each(["aac-160", "vorbis-160", "flac"])(
    "%s seeks in an audio element without an error [MAN-14]",
    async (profile) => {
      const { renditions } = await begin();
      const source = renditions.find((one) => one.profile === profile)?.url ?? "";
      const page = await openSlowly();
      await page.evaluate(async (src) => {
        const audio = document.querySelector("audio") as HTMLAudioElement;
        audio.src = src;
        await audio.play();
      }, source);
      await expectSoundAfter(page, 0.5, 30_000);
      for (const place of [40, 15]) {
        await seek(page, place);
        await expectSoundAfter(page, place + 0.3, 40_000);
        expect(await clock(page)).toBeLessThan(place + 15);
      }
      await expectNoFault(page);
      await page.close();
    },
  );

  it("an HLS stream seeks without an error [MAN-14]", async () => {
    const [player] = ADAPTIVE_PLAYERS;
    if (player === undefined) throw new Error("no player");
    const page = await openSlowly(player.script);
    await player.open(page, manifestOf(await begin(), player.manifest));
    await expectSoundAfter(page, 0.5, 30_000);
    for (const place of [40, 15]) {
      await seek(page, place);
      await expectSoundAfter(page, place + 0.3, 30_000);
    }
    await expectNoFault(page);
    await page.close();
  });
});

describe("an audio origin", () => {
  /** A manifest of these origins, written from the service's own as the api writes it for AUDIO_ORIGINS. */
  async function serveManifest(page: Page, player: AdaptivePlayer, origins: readonly string[]): Promise<void> {
    const text = await (await fetch(url + manifestOf(await begin(), player.manifest))).text();
    if (player.manifest === "dash") {
      const places = origins.map((origin) => `<BaseURL serviceLocation="${origin.slice(7)}">${origin}/</BaseURL>`);
      const body = text.replace("<Period", `${places.join("")}<Period`);
      await page.route("**/two-origins", (route) => route.fulfill({ contentType: "application/dash+xml", body }));
      return;
    }
    const contentType = "application/vnd.apple.mpegurl";
    const [head = "", ...variants] = text.split(/(?=#EXT-X-STREAM-INF)/);
    const placed = origins.flatMap((_origin, i) => variants.map((variant) => `${variant.trimEnd()}&place=${i}\n`));
    const body = head + placed.join("");
    await page.route("**/two-origins", (route) => route.fulfill({ contentType, body }));
    await page.route("**/*&place=*", async (route) => {
      const [signed = "", place] = route.request().url().split("&place=");
      const playlist = await (await fetch(signed)).text();
      await route.fulfill({ contentType, body: playlist.replaceAll("/audio/", `${origins[Number(place)]}/audio/`) });
    });
  }

  // dash.js gives up then: it asks no second origin for the index of a file.
  const cases = ADAPTIVE_PLAYERS.filter(({ name }) => name !== "dash.js");

  it.each(cases)("that is dead is left for the next by $name [MAN-16]", async (player) => {
    const dead = await closedOrigin();
    const page = await openPage(player.script);
    let lost = 0;
    page.on("requestfailed", (request) => {
      if (request.url().startsWith(dead)) lost += 1;
    });
    await serveManifest(page, player, [dead, url]);
    await player.open(page, `${url}/two-origins`, true);
    await expectSoundAfter(page, 1, 60_000);
    expect(lost).toBeGreaterThan(0);
    await page.close();
  });

  it.each(ADAPTIVE_PLAYERS)("that dies is left for the next by $name [MAN-16]", async (player) => {
    const mortal = await startAudioHost(url, MORTAL_BYTES_PER_SECOND);
    const page = await openPage(player.script);
    await serveManifest(page, player, [mortal.origin, url]);
    await player.open(page, `${url}/two-origins`, true);
    await expectSoundAfter(page, 1, 60_000);
    expect(mortal.asked()).toBeGreaterThan(0);
    await mortal.die();
    const next = page.waitForRequest((request) => request.url().startsWith(`${url}/audio/`), { timeout: 60_000 });
    // Further than any of them loads ahead.
    await seek(page, 50);
    await expectSoundAfter(page, 51, 60_000);
    await next;
    await page.close();
  });
});

/** Whether a program is on this machine: those of Debian are no part of the packages. */
function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

describe.each(["hls", "dash"] as const)("the signed %s URL", (format) => {
  it.skipIf(!isInstalled("ffprobe"))("is read by ffprobe, with every tier [MAN-15]", { timeout: 60_000 }, async () => {
    const playback = await begin();
    const shown = ["-show_entries", "stream=codec_name,sample_rate,channels:format=duration", "-of", "json"];
    const { stdout, stderr } = await run("ffprobe", ["-v", "error", ...shown, url + manifestOf(playback, format)]);
    expect(stderr).toBe("");
    const { streams, format: container } = JSON.parse(stdout) as {
      streams: { codec_name: string; sample_rate: string; channels: number }[];
      format: { duration: string };
    };
    expect(streams).toEqual(Array(3).fill({ codec_name: "aac", sample_rate: "44100", channels: 2 }));
    // Of a DASH manifest ffprobe reads whole seconds.
    expect(Math.abs(Number(container.duration) - playback.duration_ms / 1_000)).toBeLessThan(1);
  });

  it.skipIf(!isInstalled("mpv"))("is played by mpv [MAN-15]", { timeout: 60_000 }, async () => {
    const quiet = ["--no-config", "--no-video", "--ao=null", "--msg-level=all=warn", "--length=2"];
    // Into HLS of fragmented MP4, that of ffmpeg's own muxer too, mpv of 2022 cannot seek.
    const start = format === "dash" ? ["--start=30"] : [];
    const { stdout, stderr } = await run("mpv", [...quiet, ...start, url + manifestOf(await begin(), format)]);
    expect(stdout + stderr).not.toMatch(/error|fail/i);
  });
});
