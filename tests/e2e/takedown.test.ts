/** How long a takedown takes to be in force for whoever is listening already, measured on the whole system. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ServiceClient } from "#jobs/client/service-client.ts";
import { uploadTrack } from "#jobs/client/upload-track.ts";
import { sha256OfFile } from "#jobs/file-sha256.ts";
import { type FixtureFolder, fixtureFolder, music } from "#jobs/transcode/audio-fixtures.ts";
import type { Playback, startPlayback } from "#workers/api/plays/plays-contract.ts";
import type { createRelease, putArtist } from "#workers/ingest/catalog/catalog-contract.ts";
import type { createTakedowns, liftTakedown, Takedown } from "#workers/ingest/takedowns/takedowns-contract.ts";
import type { getUpload } from "#workers/ingest/uploads/uploads-contract.ts";
import { accessTokenOf, accountOf, ask, eventually } from "./service-fixtures.ts";

const system = inject("system");
const ASK_EVERY_MS = 250;
/** What is promised. */
const IN_FORCE_MS_MAX = 60_000;
/** What was refused everywhere stays so: an older copy somewhere would show within this time. */
const STAYS_MS = 8_000;
const PUBLISH_MS = 90_000;
const TEST_MS = 240_000;

let folder: FixtureFolder;
let artist: ServiceClient;
let listener: ServiceClient;
let trackId: string;
let playback: Playback;
/** All that was signed for it: its renditions, and what players of others are told, for the length of the track. */
let urls: readonly string[];
let takedown: Takedown;

beforeAll(async () => {
  folder = fixtureFolder();
  artist = new ServiceClient(system.url, accountOf("artist"));
  listener = new ServiceClient(system.url, accountOf("listener"));
  trackId = await publishTrack();
  playback = await listener.call<typeof startPlayback>("post", "/v1/playbacks", { body: { track_id: trackId } });
  urls = [...playback.renditions.map(({ url }) => url), ...(await manifestUrls())];
}, TEST_MS);

afterAll(() => folder.remove());

/** A track of its own, which no other test listens to. */
async function publishTrack(): Promise<string> {
  const { id } = await artist.call<typeof putArtist>("post", "/v1/ingest/artists", { body: { name: "The Withdrawn" } });
  const release = await artist.call<typeof createRelease>("post", "/v1/ingest/releases", {
    headers: { "idempotency-key": `takedown-${randomUUID()}` },
    body: { artist_id: id, title: "Taken Back", release_at: "2020-01-01T00:00:00Z" },
  });
  const filePath = folder.make("taken.flac", ...music(8 + Math.random()));
  const { id: uploadId, track_id: track } = await uploadTrack(artist, {
    releaseId: release.id,
    track: { title: "Taken Back", track_number: 1 },
    filePath,
    contentType: "audio/flac",
    sha256: await sha256OfFile(filePath),
  });
  const params = { id: uploadId };
  const upload = await eventually(
    () => artist.call<typeof getUpload>("get", "/v1/ingest/uploads/:id", { params }),
    ({ state }) => state === "PUBLISHED" || state === "REJECTED",
    PUBLISH_MS,
  );
  expect(upload).toMatchObject({ state: "PUBLISHED", reason: null });
  return track;
}

async function manifestUrls(): Promise<string[]> {
  const manifest = await (await ask(playback.manifests?.dash ?? "")).text();
  return [...manifest.matchAll(/<BaseURL[^>]*>([^<]+)</g)].map(([, url = ""]) => url);
}

interface Heard {
  /** `206 cache`, or the status and the problem. */
  readonly what: string;
  readonly elapsedMs: number;
}

/** A range of each, as their listeners' players ask for them. */
async function askAll(sinceMs: number): Promise<Heard[]> {
  return Promise.all(
    urls.map(async (url) => {
      const answer = await ask(url, { headers: { range: "bytes=0-499" } });
      const elapsedMs = performance.now() - sinceMs;
      if (answer.ok) {
        const { byteLength } = await answer.arrayBuffer();
        const isCached = answer.headers.get("server-timing")?.includes("cache;desc=hit") === true;
        return { what: `${answer.status} ${byteLength} ${isCached ? "cache" : "bucket"}`, elapsedMs };
      }
      const { type } = (await answer.json()) as { type: string };
      return { what: `${answer.status} ${type.split(":").at(-1)}`, elapsedMs };
    }),
  );
}

const HEARD = "206 500 cache";
const REFUSED = "451 taken-down";

/** Asks for all of them at each tick. The milliseconds until none is answered in another way than `wanted` any more. */
async function untilAll(wanted: string, sinceMs: number): Promise<number> {
  let allSinceMs: number | null = null;
  let last: Heard[] = [];
  for (;;) {
    const elapsedMs = performance.now() - sinceMs;
    if (allSinceMs !== null && elapsedMs - allSinceMs > STAYS_MS) return allSinceMs;
    if (elapsedMs > IN_FORCE_MS_MAX + STAYS_MS) throw new Error(`after a minute: ${JSON.stringify(last)}`);
    last = await askAll(sinceMs);
    const isAll = last.every(({ what }) => what === wanted);
    if (!isAll) allSinceMs = null;
    else allSinceMs ??= Math.max(...last.map((one) => one.elapsedMs));
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

describe("a takedown of a track that somebody listens to", { timeout: TEST_MS }, () => {
  it("is in force for every URL signed before and for bytes in caches within a minute of the call [RGT-25]", async () => {
    expect(urls.length).toBeGreaterThan(playback.renditions.length);
    const cached = await eventually(
      () => askAll(performance.now()),
      (heard) => heard.every(({ what }) => what === HEARD),
    );
    expect(cached.map(({ what }) => what)).toEqual(urls.map(() => HEARD));

    const calledAt = performance.now();
    const answered = artist.call<typeof createTakedowns>("post", "/v1/ingest/takedowns", {
      body: { track_id: trackId, reason: "the test takes it down" },
    });
    // The listener goes on listening, before, during and after the call.
    const refused = untilAll(REFUSED, calledAt);
    const [{ items }] = await Promise.all([answered, refused.catch(() => null)]);
    const [item] = items;
    if (item === undefined) throw new Error("the answer has no takedown");
    takedown = item;
    const tookMs = await refused;
    console.info(`a takedown was in force for ${urls.length} signed URLs after ${seconds(tookMs)} s`);
    expect(tookMs).toBeLessThanOrEqual(IN_FORCE_MS_MAX);
    // And nothing new is signed.
    const token = await accessTokenOf("listener");
    for (const path of ["/v1/playbacks", `/v1/playbacks/${playback.id}/renew`]) {
      const answer = await ask(path, { method: "POST", token, body: { track_id: trackId } });
      expect([404, 451], path).toContain(answer.status);
    }
  });

  it("is over within a minute of lifting it, for the very same URLs [RGT-22]", async () => {
    const liftedAt = performance.now();
    await artist.call<typeof liftTakedown>("delete", "/v1/ingest/takedowns/:id", { params: { id: takedown.id } });
    const tookMs = await untilAll(HEARD, liftedAt);
    console.info(`it was heard again ${seconds(tookMs)} s after lifting it`);
    expect(tookMs).toBeLessThanOrEqual(IN_FORCE_MS_MAX);
    await listener.call<typeof startPlayback>("post", "/v1/playbacks", { body: { track_id: trackId } });
  });
});
