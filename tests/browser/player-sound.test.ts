/** How our own player gets at the sound, in a real Chromium: by which file, in how many requests, and from which host. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { accountOf } from "#tests/e2e/service-fixtures.ts";
import type { Playback } from "#workers/api/plays/plays-contract.ts";
import { type AudioHost, closedOrigin, startAudioHost } from "./audio-host.ts";
import { launchBrowser } from "./browser.ts";
import { signIn } from "./pages.ts";

const { url } = inject("system");
/** Twice what AAC at 160 kbit/s needs: a file of a minute is half a minute on its way. */
const SLOW_BYTES_PER_SECOND = 40_000;

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

interface Listening {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the service granted, in order. */
  readonly playbacks: Playback[];
  /** The URLs of the sound that were asked for, in order. */
  readonly asked: string[];
}

/** Somebody's page, with the hosts that the service would name if AUDIO_ORIGINS did. */
async function listen(origins: readonly string[] | null, options: { bypassCSP?: boolean } = {}): Promise<Listening> {
  const context = await browser.newContext(options);
  const page = await signIn(context, url, accountOf("listener"));
  const playbacks: Playback[] = [];
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/audio/")) asked.push(request.url());
  });
  await page.route(/\/v1\/playbacks(\/[^/]+\/renew)?$/, async (route) => {
    const response = await route.fetch();
    const json = (await response.json()) as Playback;
    if (origins !== null) json.audio_origins = [...origins];
    if (route.request().url().endsWith("/playbacks")) playbacks.push(json);
    await route.fulfill({ response, json });
  });
  return { context, page, playbacks, asked };
}

async function playFirstHit(page: Page): Promise<void> {
  await page.goto(`${url}/search?q=harbour`);
  await page.getByTestId("track-row").first().getByTestId("play-button").click();
}

/** Of the element that is heard. */
function clock(page: Page): Promise<number> {
  return page.evaluate(() => {
    const [heard] = [...document.querySelectorAll("audio")].filter((audio) => !audio.paused);
    return heard?.currentTime ?? 0;
  });
}

async function expectSoundAfter(page: Page, seconds: number, timeout = 20_000): Promise<void> {
  await expect.poll(() => clock(page), { timeout, interval: 100 }).toBeGreaterThan(seconds);
}

async function seekTo(page: Page, share: number): Promise<void> {
  const box = await page.getByTestId("seek-slider").first().boundingBox();
  if (box === null) throw new Error("the seek slider is not shown");
  await page.mouse.click(box.x + box.width * share, box.y + box.height / 2);
}

describe("the player", { timeout: 120_000 }, () => {
  it("plays AAC in one request and one for a jump, and hands over to the next track [PLB-1] [PLB-3]", async () => {
    const { context, page, playbacks, asked } = await listen(null);
    await playFirstHit(page);
    await expectSoundAfter(page, 1);
    const [first] = playbacks;
    const file = first?.renditions.find(({ profile }) => profile === "aac-160")?.url ?? "none";
    expect(new Set(asked)).toEqual(new Set([url + file]));
    const duration = await page.evaluate(() =>
      Math.max(...[...document.querySelectorAll("audio")].map((a) => a.duration || 0)),
    );
    expect(Math.abs(duration - (first?.duration_ms ?? 0) / 1_000)).toBeLessThan(0.05);

    await page.evaluate(() => {
      const heard = window as unknown as { endedAt: number; soundedAt: number };
      for (const audio of document.querySelectorAll("audio")) {
        audio.addEventListener("ended", () => {
          heard.endedAt = performance.now();
        });
        audio.addEventListener("playing", () => {
          heard.soundedAt = performance.now();
        });
      }
    });
    await seekTo(page, 0.9);
    await expectSoundAfter(page, duration * 0.9 - 1);
    expect(asked.filter((one) => one === url + file).length).toBeLessThanOrEqual(2);
    await expect.poll(() => playbacks.length, { timeout: 20_000 }).toBe(2);
    await expect.poll(() => clock(page), { timeout: 20_000, interval: 50 }).toBeLessThan(5);
    await expectSoundAfter(page, 0.5);
    const gapMs = await page.evaluate(() => {
      const { endedAt, soundedAt } = window as unknown as { endedAt: number; soundedAt: number };
      return soundedAt - endedAt;
    });
    expect(gapMs).toBeGreaterThan(0);
    expect(gapMs).toBeLessThan(250);
    await context.close();
  });

  it("leaves a host that is dead, and begins with the preferred one at the next visit [PLB-4] [PLB-6]", async () => {
    // Over https, as the page's own policy wants it of other hosts.
    const dead = (await closedOrigin()).replace("http:", "https:");
    const { context, page, playbacks, asked } = await listen([dead, url]);
    await playFirstHit(page);
    await expectSoundAfter(page, 3);
    expect(new URL(asked[0] ?? "").origin).toBe(dead);
    expect(playbacks).toHaveLength(1);

    const askedBefore = asked.length;
    await page.getByTestId("track-row").nth(1).getByTestId("play-button").click();
    await expect.poll(() => playbacks.length).toBe(2);
    await expect.poll(() => clock(page), { interval: 50 }).toBeLessThan(2);
    await expectSoundAfter(page, 2);
    expect(asked.slice(askedBefore).filter((one) => one.startsWith(dead))).toEqual([]);

    const askedOnFirstVisit = asked.length;
    await playFirstHit(page);
    await expectSoundAfter(page, 1);
    expect(new URL(asked[askedOnFirstVisit] ?? "").origin).toBe(dead);
    await context.close();
  });

  it("leaves a host that takes the request and never answers [PLB-4]", async () => {
    const silent = await startAudioHost(url, 0);
    const { context, page, playbacks } = await listen([silent.origin, url], { bypassCSP: true });
    await playFirstHit(page);
    await expectSoundAfter(page, 2);
    expect(silent.asked()).toBeGreaterThan(0);
    expect(playbacks).toHaveLength(1);
    await context.close();
    await silent.die();
  });

  it("goes on at its place when a host dies in the middle of a track [PLB-4]", async () => {
    const mortal: AudioHost = await startAudioHost(url, SLOW_BYTES_PER_SECOND);
    // The policy of the page lets http hosts in nowhere.
    const { context, page, playbacks, asked } = await listen([mortal.origin, url], { bypassCSP: true });
    await playFirstHit(page);
    await expectSoundAfter(page, 3);
    expect(asked.every((one) => one.startsWith(mortal.origin))).toBe(true);
    await mortal.die();
    const diedAt = await clock(page);
    // More than was here.
    await expectSoundAfter(page, diedAt + 15, 60_000);
    expect(await clock(page)).toBeLessThan(diedAt + 40);
    expect(asked.at(-1)?.startsWith(`${url}/audio/`)).toBe(true);
    expect(playbacks).toHaveLength(1);
    await context.close();
  });
});
