/** Two tabs on one playlist: what is done in one is seen in the other, without a reload. */
import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { accessTokenOf, accountOf, ask, askJson } from "#tests/e2e/service-fixtures.ts";
import type { SearchAnswer } from "#workers/api/catalog/catalog-contract.ts";
import type { PlaylistRef } from "#workers/api/playlists/playlists-contract.ts";
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

async function newPlaylist(): Promise<PlaylistRef> {
  const token = await accessTokenOf("listener");
  const headers = { "idempotency-key": randomUUID() };
  const body = { name: "Two tabs", public: true };
  const playlist = await askJson<PlaylistRef>("/v1/me/playlists", { method: "POST", token, headers, body });
  const found = await askJson<SearchAnswer>("/v1/search?q=harbour&type=track");
  const uris = (found.tracks?.items ?? []).slice(0, 3).map((track) => track.uri);
  const added = await ask(`/v1/playlists/${playlist.id}/tracks`, { method: "POST", token, body: { uris } });
  expect(added.status).toBe(201);
  return playlist;
}

function titlesOf(page: Page): Promise<string[]> {
  return page
    .getByTestId("track-row")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-track-id") ?? ""));
}

describe("a playlist in two tabs", () => {
  it("shows in each what was done in the other", { timeout: 60_000 }, async () => {
    const { id } = await newPlaylist();
    const context = await browser.newContext();
    const first = await signIn(context, url, accountOf("listener"));
    const second = await context.newPage();
    for (const page of [first, second]) {
      await page.goto(`${url}/playlist/${id}`);
      await expect.poll(() => page.getByTestId("track-row").count(), { timeout: 10_000 }).toBe(3);
    }
    const before = await titlesOf(first);

    await first
      .getByRole("button", { name: /^Move / })
      .first()
      .focus();
    await first.keyboard.press("ArrowDown");
    const moved = [before[1], before[0], before[2]];
    await expect.poll(() => titlesOf(first), { timeout: 5_000 }).toEqual(moved);
    await expect.poll(() => titlesOf(second), { timeout: 5_000 }).toEqual(moved);

    await second
      .getByRole("button", { name: /^More for / })
      .first()
      .click();
    await second.getByRole("menuitem", { name: "Remove from this playlist" }).click();
    await expect.poll(() => titlesOf(first), { timeout: 5_000 }).toEqual(moved.slice(1));
    await context.close();
  });
});
