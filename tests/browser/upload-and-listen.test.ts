/**
 * What the service is for, as two people do it in a browser: an artist brings music in, a listener finds it, hears it,
 * and it is counted. Nothing here talks to the service but the pages.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { composeScore } from "#scripts/demo/composer.ts";
import { encodeTrack } from "#scripts/demo/encode-track.ts";
import { renderScore } from "#scripts/demo/synth.ts";
import { accountOf } from "#tests/e2e/service-fixtures.ts";
import type { PlayEventWire } from "#workers/api/plays/plays-contract.ts";
import { launchBrowser } from "./browser.ts";
import { signIn } from "./pages.ts";

const { url } = inject("system");
const PUBLISH_TIMEOUT_MS = 90_000;
const QUALIFYING_MS = 30_000;
const ARTIST = `Tin Roof ${Date.now()}`;
const TITLES = ["Gutter Waltz", "Downpipe"] as const;

let browser: Browser;
let files: string;

beforeAll(async () => {
  browser = await launchBrowser();
  files = await mkdtemp(join(tmpdir(), "rimshot-browser-"));
  await compose(TITLES[0], "flac", 9_001);
  await compose(TITLES[1], "mp3", 9_002);
});

afterAll(async () => {
  await browser.close();
  await rm(files, { recursive: true, force: true });
});

/** A piece of music that no other run has sent. */
async function compose(title: string, format: "flac" | "mp3", seed: number): Promise<void> {
  const piece = {
    style: "folk",
    key: "G major",
    tempoBpm: 92,
    seed: seed + (Date.now() % 100_000),
    lengthSeconds: 48,
  } as const;
  const samples = renderScore(composeScore(piece), piece.seed);
  const tags = { title, artist: ARTIST, album: "Rainwater", track: "1/2", isrc: "ZZRIM2699901", date: "2026-01-01" };
  await encodeTrack(join(files, `${title}.${format}`), format, samples, tags);
}

/** Seconds on the audio element's own clock. */
function audioClock(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(...[...document.querySelectorAll("audio")].map((audio) => audio.currentTime)));
}

async function playCountOf(page: Page, title: string): Promise<number> {
  const row = page.getByTestId("track-row").filter({ hasText: title });
  return Number((await row.getByTestId("play-count").textContent()) || "0");
}

describe("an artist and a listener", () => {
  it("bring music from a file to a counted play", { timeout: 240_000 }, async () => {
    const studio = await browser.newContext();
    await upload(await signIn(studio, url, accountOf("artist")));
    await studio.close();

    const context = await browser.newContext();
    const problems: string[] = [];
    const page = await signIn(context, url, accountOf("listener"));
    page.on("pageerror", (error) => problems.push(error.message));
    await listen(page);
    expect(problems).toEqual([]);
    await context.close();
  });
});

async function upload(page: Page): Promise<void> {
  await page.goto(`${url}/studio`);
  await page.getByRole("button", { name: "New release" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Artist").fill(ARTIST);
  await dialog.getByLabel("Title").fill("Rainwater");
  await dialog.getByRole("button", { name: "Create the release" }).click();
  await page
    .getByTestId("upload-input")
    .setInputFiles(TITLES.map((title, i) => join(files, `${title}.${i === 0 ? "flac" : "mp3"}`)));
  await page.getByTestId("start-uploads").click();
  const published = page.locator('[data-testid="upload-row"][data-state="PUBLISHED"]');
  await expect.poll(() => published.count(), { timeout: PUBLISH_TIMEOUT_MS, interval: 500 }).toBe(TITLES.length);
}

/** The events of each report that the page sends. */
function reportsOf(page: Page): PlayEventWire[][] {
  const reports: PlayEventWire[][] = [];
  page.on("request", (request) => {
    if (request.method() !== "POST" || !request.url().endsWith("/v1/me/play-events")) return;
    reports.push((request.postDataJSON() as { events: PlayEventWire[] }).events);
  });
  return reports;
}

async function find(page: Page, query: string, title: string): Promise<Locator> {
  await page.getByTestId("search-input").first().fill(query);
  const found = page.getByTestId("search-results").getByTestId("track-row").filter({ hasText: title });
  await found.first().waitFor();
  return found.first();
}

async function listen(page: Page): Promise<void> {
  const reports = reportsOf(page);
  const found = await find(page, "gutter wal", TITLES[0]);
  const before = await playCountOf(page, TITLES[0]);
  await found.getByTestId("play-button").click();
  await page.getByTestId("player-bar").waitFor();
  await expect.poll(() => audioClock(page), { timeout: 10_000 }).toBeGreaterThan(0.5);
  const startedAt = Date.now();

  await seekTo(page, 0.2);
  const afterSeek = await audioClock(page);
  expect(afterSeek).toBeGreaterThan(8);
  await expect.poll(() => audioClock(page), { timeout: 10_000 }).toBeGreaterThan(afterSeek + 1);
  expect(
    await page.evaluate(() => [...document.querySelectorAll("audio")].every((audio) => audio.error === null)),
  ).toBe(true);
  // The timeline has the shape of the music that was uploaded.
  await page.getByTestId("waveform").first().waitFor();

  await page.waitForTimeout(Math.max(0, startedAt + QUALIFYING_MS + 4_000 - Date.now()));
  // What was heard waits in the page, also while the listener goes on to something else, and is one event of each song.
  await (await find(page, "downpipe", TITLES[1])).getByTestId("play-button").click();
  await page.waitForTimeout(3_000);
  expect(reports).toEqual([]);
  await page.reload();
  await expect.poll(() => reports.length, { timeout: 10_000 }).toBeGreaterThan(0);
  const [first, second, ...more] = reports[0] ?? [];
  expect({ kind: first?.kind, seq: first?.seq, more }).toEqual({ kind: "end", seq: 0, more: [] });
  expect(first?.spans.length).toBeGreaterThan(1);
  expect(second?.play_token).not.toBe(first?.play_token);
  await expect
    .poll(
      async () => {
        await page.reload();
        await find(page, "gutter wal", TITLES[0]);
        return playCountOf(page, TITLES[0]);
      },
      { timeout: 30_000, interval: 1_000 },
    )
    .toBe(before + 1);
}

/** By the keyboard and the slider's own range, as anyone would. */
async function seekTo(page: Page, share: number): Promise<void> {
  const slider = page.getByTestId("seek-slider").first();
  const box = await slider.boundingBox();
  if (box === null) throw new Error("the seek slider is not shown");
  await page.mouse.click(box.x + box.width * share, box.y + box.height / 2);
  await page.waitForTimeout(500);
}
