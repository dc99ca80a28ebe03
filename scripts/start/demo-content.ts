/** The demo catalog, composed here and sent the way an artist sends music: by the ingest API, piece by piece. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceClient } from "#jobs/client/service-client.ts";
import { uploadTrack } from "#jobs/client/upload-track.ts";
import { sha256OfFile } from "#jobs/file-sha256.ts";
import type { createRelease, getRelease, putArtist } from "#workers/ingest/catalog/catalog-contract.ts";
import { type ComposedTrack, composeDemo } from "../demo/compose-demo.ts";
import { type DemoRelease, demoCatalog } from "../demo/demo-catalog.ts";
import type { Progress } from "./progress.ts";
import type { LocalAccount, StateFolder } from "./state-folder.ts";

const DEMO_FILE = "demo.json";
const POLL_MS = 500;
const SETTLE_TIMEOUT_MS = 300_000;

interface DemoState {
  /** The catalog's dates hang on it, so a start that was cut goes on with the same. */
  readonly nowMs: number;
  readonly tracks: number | null;
}

/** Brings the demo catalog in, unless it is. Answers how many tracks of it can be played now. */
export async function ensureDemo(
  state: StateFolder,
  url: string,
  artist: LocalAccount,
  progress: Progress,
): Promise<number> {
  const known = await state.read<DemoState>(DEMO_FILE);
  if (known !== null && known.tracks !== null) return known.tracks;
  const nowMs = known?.nowMs ?? Date.now();
  await state.write(DEMO_FILE, { nowMs, tracks: null } satisfies DemoState);
  progress.begin("composing and uploading the demo catalog");
  const client = new ServiceClient(url, artist);
  const total = demoCatalog(nowMs).reduce((sum, release) => sum + release.tracks.length, 0);
  const outDir = await mkdtemp(join(tmpdir(), "rimshot-demo-"));
  const releaseIds = new Map<DemoRelease, Promise<string>>();
  const sending: Promise<void>[] = [];
  let sentCount = 0;
  try {
    for await (const composed of composeDemo({ outDir, nowMs })) {
      const releaseId = releaseIds.get(composed.release) ?? createDemoRelease(client, composed.release);
      releaseIds.set(composed.release, releaseId);
      const sent = sendTrack(client, await releaseId, composed).then(() => {
        sentCount += 1;
        progress.update(sentCount, total, composed.track.title);
      });
      // Waited for below, when all are on their way; until then its failure has nobody to tell.
      sent.catch(() => undefined);
      sending.push(sent);
    }
    await Promise.all(sending);
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
  progress.end(`${sentCount} tracks`);
  progress.begin("transcoding and publishing");
  const published = await untilSettled(client, await Promise.all(releaseIds.values()), (settled, playable) =>
    progress.update(settled, total, `${playable} playable`),
  );
  progress.end(`${published} tracks to play`);
  await state.write(DEMO_FILE, { nowMs, tracks: published } satisfies DemoState);
  return published;
}

async function createDemoRelease(client: ServiceClient, release: DemoRelease): Promise<string> {
  const artist = await client.call<typeof putArtist>("post", "/v1/ingest/artists", { body: { name: release.artist } });
  const created = await client.call<typeof createRelease>("post", "/v1/ingest/releases", {
    headers: { "idempotency-key": `demo-${createHash("sha256").update(release.title).digest("hex").slice(0, 32)}` },
    body: {
      artist_id: artist.id,
      title: release.title,
      type: release.type,
      label: release.label,
      release_at: new Date(release.releaseAt).toISOString(),
      deals: release.deals.map((deal) => ({
        territories: [...deal.territories],
        excluded_territories: [...deal.excludedTerritories],
      })),
    },
  });
  return created.id;
}

async function sendTrack(
  client: ServiceClient,
  releaseId: string,
  { track, path, contentType }: ComposedTrack,
): Promise<void> {
  await uploadTrack(client, {
    releaseId,
    track: { title: track.title, track_number: track.trackNumber, isrc: track.isrc },
    filePath: path,
    contentType,
    sha256: await sha256OfFile(path),
  });
}

/** Waits until nothing moves any more; answers how many are PUBLISHED. A rejected track is an error: it is our own. */
async function untilSettled(
  client: ServiceClient,
  releaseIds: readonly string[],
  onProgress: (settled: number, playable: number) => void,
): Promise<number> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const releases = await Promise.all(
      releaseIds.map((id) => client.call<typeof getRelease>("get", "/v1/ingest/releases/:id", { params: { id } })),
    );
    const uploads = releases
      .flatMap((release) => release.tracks.map((track) => track.upload))
      .filter((upload) => upload !== null);
    const rejected = uploads.find((upload) => upload.state === "REJECTED");
    if (rejected !== undefined) throw new Error(`${rejected.file.name} was rejected: ${rejected.reason?.detail}`);
    const published = uploads.filter((upload) => upload.state === "PUBLISHED").length;
    const settled = published + uploads.filter((upload) => upload.state === "READY").length;
    onProgress(settled, published);
    if (settled === uploads.length) return published;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("The demo catalog was not transcoded in time; see the transcode log.");
}
