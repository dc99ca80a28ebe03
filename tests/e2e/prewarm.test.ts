/** The prewarm job as its user runs it, against the whole system: what it has warmed is there at the first range. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";
import type { SearchAnswer } from "#workers/api/catalog/catalog-contract.ts";
import type { Playback } from "#workers/api/plays/plays-contract.ts";
import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import { accessTokenOf, accountOf, ask, askJson } from "./service-fixtures.ts";

const { url } = inject("system");
const run = promisify(execFile);
/** A rung that no other test asks for. */
const PROFILE = "mp3-320";

interface Ended {
  readonly event: string;
  readonly present: number;
  readonly filled: number;
  readonly unkept: number;
  readonly failed: number;
}

async function prewarm(...args: readonly string[]): Promise<Ended> {
  const { email, password } = accountOf("job");
  const { stdout } = await run(
    process.execPath,
    ["jobs/prewarm/main.ts", "--url", url, "--profiles", PROFILE, "--json", ...args],
    { env: { ...process.env, RIMSHOT_JOB_EMAIL: email, RIMSHOT_JOB_PASSWORD: password } },
  );
  const lines = stdout.trimEnd().split("\n");
  return JSON.parse(lines.at(-1) ?? "") as Ended;
}

async function firstRange(trackId: string): Promise<Response> {
  const token = await accessTokenOf("listener");
  const playback = await askJson<Playback>("/v1/playbacks", { method: "POST", token, body: { track_id: trackId } });
  const rendition = playback.renditions.find(({ profile }) => profile === PROFILE);
  const answer = await ask(rendition?.url ?? "", { headers: { range: "bytes=0-1023" } });
  await answer.arrayBuffer();
  return answer;
}

describe("npm run prewarm", () => {
  it("has a release in the cache before anybody asks for it, and a second run finds it there [DLV-40]", async () => {
    const found = await askJson<SearchAnswer>("/v1/search?q=windfall&type=track");
    const track = found.tracks?.items[0];
    const releaseId = track?.album.id ?? "";
    const first = await prewarm("--release", releaseId);
    expect(first).toMatchObject({ event: "ended", present: 0, unkept: 0, failed: 0 });
    expect(first.filled).toBeGreaterThan(0);
    expect(await prewarm("--release", releaseId)).toMatchObject({ present: first.filled, filled: 0 });
    const answer = await firstRange(track?.id ?? "");
    expect([answer.status, answer.headers.get("server-timing")]).toEqual([
      206,
      expect.stringContaining("cache;desc=hit"),
    ]);
  });

  it("has what comes out later in the cache while it is refused to listeners [DLV-36] [DLV-40]", async () => {
    const asArtist = { token: await accessTokenOf("artist") };
    const { items } = await askJson<{ items: StudioRelease[] }>("/v1/ingest/releases", asArtist);
    const release = items.find(({ release_at }) => Date.parse(release_at) > Date.now());
    const [track] = release?.tracks ?? [];
    const ended = await prewarm("--release", release?.id ?? "");
    expect(ended).toMatchObject({ event: "ended", filled: 1, failed: 0 });
    const asked = { method: "POST", token: await accessTokenOf("listener"), body: { track_id: track?.id } };
    expect((await ask("/v1/playbacks", asked)).status).toBeGreaterThanOrEqual(400);
  });
});
