/** Two tabs of one account: the one where play was pressed last is heard, and the other says so and can take over. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { accountOf } from "#tests/e2e/service-fixtures.ts";
import { launchBrowser } from "./browser.ts";
import { signIn } from "./pages.ts";

const { url } = inject("system");

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

async function playFirstHit(page: Page): Promise<void> {
  await page.goto(`${url}/search?q=harbour`);
  const row = page.getByTestId("track-row").first();
  await row.getByTestId("play-button").click();
  await expect.poll(() => isSounding(page), { timeout: 20_000 }).toBe(true);
}

function isSounding(page: Page): Promise<boolean> {
  return page.evaluate(() => [...document.querySelectorAll("audio")].some((audio) => !audio.paused));
}

describe("one account in two tabs", () => {
  it("is heard in the one where play was pressed last, and the other can take it back [STR-15]", {
    timeout: 90_000,
  }, async () => {
    const context = await browser.newContext();
    const first = await signIn(context, url, accountOf("listener"));
    const second = await context.newPage();
    await playFirstHit(first);
    await playFirstHit(second);

    const banner = first.getByTestId("stream-displaced");
    await banner.waitFor({ timeout: 20_000 });
    expect(await banner.getAttribute("role")).toBe("alert");
    expect(await banner.textContent()).toContain("Playing on another device");
    await expect.poll(() => isSounding(first), { timeout: 5_000 }).toBe(false);
    expect(await isSounding(second)).toBe(true);

    await banner.getByRole("button", { name: "Play here instead" }).focus();
    await first.keyboard.press("Enter");
    await expect.poll(() => isSounding(first), { timeout: 20_000 }).toBe(true);
    await second.getByTestId("stream-displaced").waitFor({ timeout: 20_000 });
    await expect.poll(() => isSounding(second), { timeout: 5_000 }).toBe(false);
    await context.close();
  });
});
