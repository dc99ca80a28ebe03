/** Watches what was sent until every file of it is published, ready for its day, or rejected. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceClient } from "#jobs/client/service-client.ts";
import type { getRelease, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import type { FileOutcome } from "./file-outcome.ts";
import { reasonOf } from "./import-release.ts";
import type { AudioFile } from "./walk-folder.ts";

export interface FollowedFile {
  readonly file: AudioFile;
  readonly uploadId: string;
  readonly releaseId: string;
  /** What it is called once it is there: a file that an earlier run has sent is not imported again. */
  readonly success: "imported" | "already-there";
}

const POLL_MS = 1_000;
/** With no change for this long, nothing transcodes; the files are safe, and the next run finds them. */
const STANDSTILL_MS = 3 * 60_000;
/** Between READY and PUBLISHED of a release whose day has come. */
const PUBLISH_GRACE_MS = 15_000;

/** Settles each file once; those that nothing happens to any more stay on their way. */
export async function awaitOutcomes(
  client: ServiceClient,
  followed: readonly FollowedFile[],
  settle: (file: AudioFile, outcome: FileOutcome) => void,
  signal: AbortSignal,
): Promise<void> {
  let open = [...followed];
  let changedAtMs = performance.now();
  let lastSeen = "";
  while (open.length > 0 && performance.now() - changedAtMs < STANDSTILL_MS && !signal.aborted) {
    const uploads = await fetchUploads(client, open, signal);
    const stillOpen = open.filter(({ file, uploadId, success }) => {
      const found = uploads.get(uploadId);
      const outcome = found === undefined ? null : outcomeOf(found.upload, found.release, Date.now(), success);
      if (outcome !== null) settle(file, outcome);
      return outcome === null;
    });
    const seen = JSON.stringify([...uploads.values()].map(({ upload }) => [upload.state, upload.transcode_progress]));
    if (seen !== lastSeen) changedAtMs = performance.now();
    lastSeen = seen;
    open = stillOpen;
    if (open.length > 0) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

interface FoundUpload {
  readonly upload: Upload;
  readonly release: StudioRelease;
}

async function fetchUploads(
  client: ServiceClient,
  open: readonly FollowedFile[],
  signal: AbortSignal,
): Promise<Map<string, FoundUpload>> {
  const found = new Map<string, FoundUpload>();
  for (const id of new Set(open.map(({ releaseId }) => releaseId))) {
    const release = await client.call<typeof getRelease>(
      "get",
      "/v1/ingest/releases/:id",
      { params: { id } },
      { signal },
    );
    for (const { upload } of release.tracks) if (upload !== null) found.set(upload.id, { upload, release });
  }
  return found;
}

/** Null while it is still on its way. */
export function outcomeOf(
  upload: Upload,
  release: StudioRelease,
  nowMs: number,
  success: FollowedFile["success"],
): FileOutcome | null {
  if (upload.state === "PUBLISHED") return { kind: success };
  if (upload.state === "REJECTED") return { kind: "refused", reason: reasonOf(upload) };
  if (upload.state !== "READY") return null;
  const isForLater = Date.parse(release.release_at) > nowMs;
  return isForLater || nowMs - Date.parse(upload.updated_at) > PUBLISH_GRACE_MS ? { kind: success } : null;
}
