/** Brings one planned release into the service: finds or makes it, its cover, and each of its tracks. */
import { createHash } from "node:crypto";
import { nameKey } from "#domain/catalog/name-key.ts";
import { REJECT_REASONS } from "#domain/ingest/upload-states.ts";
import type { ServiceClient } from "#jobs/client/service-client.ts";
import { ServiceError } from "#jobs/client/service-error.ts";
import { resumeUpload, uploadTrack } from "#jobs/client/upload-track.ts";
import { sha256OfFile } from "#jobs/file-sha256.ts";
import type { Slots } from "#jobs/slots.ts";
import { messageOf } from "#jobs/terminal/failure-text.ts";
import type { createRelease, putArtist, putCover, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { findCover } from "./cover-art.ts";
import type { FileOutcome } from "./file-outcome.ts";
import type { ImportReport } from "./import-report.ts";
import type { PlannedRelease, PlannedTrack } from "./plan-releases.ts";
import { placeKey, type TrackPlace, takeFreeNumber } from "./track-numbers.ts";
import type { AudioFile } from "./walk-folder.ts";

export interface ImportContext {
  readonly client: ServiceClient;
  readonly report: ImportReport;
  /** Files sent at a time, over all releases. */
  readonly transfers: Slots;
  readonly signal: AbortSignal;
  readonly nowMs: number;
  /** The account's releases as they were when the import began; new ones are added. */
  readonly releases: StudioRelease[];
  readonly artistIds: Map<string, Promise<string>>;
  settle(file: AudioFile, outcome: FileOutcome): void;
  /** A file that is there, and waits to be transcoded. */
  follow(file: AudioFile, upload: Upload, success: "imported" | "already-there"): void;
}

/** A cover that the service has drawn itself is none. */
const GENERATED_COVER = /\/covers\/generated\//;
/** Rejections that say nothing against the file. */
const WORTH_A_NEW_TRY: readonly string[] = [
  "transcode-failed",
  "abandoned",
  "cancelled",
  "checksum-mismatch",
  "too-large",
];

export async function importRelease(context: ImportContext, plan: PlannedRelease): Promise<void> {
  const release = await attempt(context, plan, () => findOrCreate(context, plan));
  if (release === null) return;
  await sendCover(context, release, plan);
  const state = { release, taken: takenPlaces(release), sha256s: new Set<string>() };
  await Promise.all(plan.tracks.map((track) => context.transfers.run(() => importTrack(context, state, track))));
}

/** Null where the release cannot be had: then none of its files can be imported, and each says why. */
async function attempt<T>(context: ImportContext, plan: PlannedRelease, action: () => Promise<T>): Promise<T | null> {
  try {
    return await action();
  } catch (error) {
    for (const { file } of plan.tracks) context.settle(file, outcomeOfError(context, error));
    return null;
  }
}

async function findOrCreate(context: ImportContext, plan: PlannedRelease): Promise<StudioRelease> {
  const artistId = await artistIdOf(context, plan.artist);
  const known = context.releases.find((release) => isSameRelease(release, artistId, plan));
  if (known !== undefined) return known;
  const created = await context.client.call<typeof createRelease>(
    "post",
    "/v1/ingest/releases",
    {
      headers: { "idempotency-key": releaseKey(artistId, plan) },
      body: {
        artist_id: artistId,
        title: plan.title,
        type: plan.type,
        release_at: releaseAt(plan, context.nowMs),
        label: plan.label,
        ...(plan.upc === null ? {} : { upc: plan.upc }),
      },
    },
    { signal: context.signal },
  );
  context.releases.push(created);
  return created;
}

function isSameRelease(release: StudioRelease, artistId: string, plan: PlannedRelease): boolean {
  const isSameName = release.artist.id === artistId && nameKey(release.title) === nameKey(plan.title);
  // Editions of different years are different releases; without a year any will do.
  return isSameName && (plan.year === null || release.release_at.startsWith(String(plan.year)));
}

function releaseKey(artistId: string, plan: PlannedRelease): string {
  const parts = [artistId, nameKey(plan.title), plan.year ?? ""];
  return `import-${createHash("sha256").update(parts.join("\n")).digest("hex")}`;
}

function releaseAt(plan: PlannedRelease, nowMs: number): string {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const date = plan.date ?? (plan.year === null ? today : `${String(plan.year).padStart(4, "0")}-01-01`);
  return `${date}T00:00:00Z`;
}

function artistIdOf(context: ImportContext, name: string): Promise<string> {
  const key = nameKey(name);
  const known = context.artistIds.get(key);
  if (known !== undefined) return known;
  const options = { signal: context.signal, isRepeatable: true };
  const asked = context.client
    .call<typeof putArtist>("post", "/v1/ingest/artists", { body: { name } }, options)
    .then(({ id }) => id);
  context.artistIds.set(key, asked);
  // What failed once may pass for the artist's next release.
  asked.catch(() => context.artistIds.delete(key));
  return asked;
}

/** A release without its picture is better than none: what goes wrong here is only said. */
async function sendCover(context: ImportContext, release: StudioRelease, plan: PlannedRelease): Promise<void> {
  if (!GENERATED_COVER.test(release.cover_url)) return;
  try {
    const cover = await findCover(plan.tracks.map(({ file }) => file.path));
    if (cover === null) return;
    const bytes = new Blob([new Uint8Array(cover.bytes)]);
    const options = { bytes, contentType: cover.mimeType, signal: context.signal };
    const params = { id: release.id };
    await context.client.call<typeof putCover>("put", "/v1/ingest/releases/:id/cover", { params }, options);
  } catch (error) {
    context.report.notice(`${plan.artist} - ${plan.title}: the cover could not be sent: ${messageOf(error)}`);
  }
}

interface ReleaseState {
  readonly release: StudioRelease;
  readonly taken: Set<string>;
  /** Files of this run: the same bytes under two names are one track. */
  readonly sha256s: Set<string>;
}

/** A place whose upload was rejected is free for another file. */
function takenPlaces(release: StudioRelease): Set<string> {
  const standing = release.tracks.filter(({ upload }) => upload?.state !== "REJECTED");
  return new Set(standing.map((track) => placeKey(track.disc_number, track.track_number)));
}

async function importTrack(context: ImportContext, state: ReleaseState, track: PlannedTrack): Promise<void> {
  const { file } = track;
  try {
    context.signal.throwIfAborted();
    if (file.sizeBytes === 0) {
      context.settle(file, { kind: "refused", reason: REJECT_REASONS.empty });
      return;
    }
    const sha256 = await sha256OfFile(file.path, context.signal);
    const known = state.release.tracks.find(({ upload }) => upload?.file.sha256 === sha256)?.upload ?? null;
    if (state.sha256s.has(sha256)) {
      context.settle(file, { kind: "already-there" });
      return;
    }
    state.sha256s.add(sha256);
    if (known !== null && settleKnown(context, file, known)) return;
    const upload = await send(context, state, track, { sha256, known });
    context.follow(file, upload, "imported");
  } catch (error) {
    context.settle(file, outcomeOfError(context, error));
  }
}

/** True where nothing is left to send of a file that the release has already. */
function settleKnown(context: ImportContext, file: AudioFile, known: Upload): boolean {
  if (known.state === "PENDING") return false;
  if (known.state !== "REJECTED") {
    const isSettled = known.state === "READY" || known.state === "PUBLISHED";
    if (isSettled) context.settle(file, { kind: "already-there" });
    else context.follow(file, known, "already-there");
    return true;
  }
  if (known.reason === null || WORTH_A_NEW_TRY.includes(known.reason.code)) return false;
  context.settle(file, { kind: "refused", reason: reasonOf(known) });
  return true;
}

export function reasonOf(upload: Upload): string {
  const { message = "It was rejected.", detail = "" } = upload.reason ?? {};
  return detail === "" ? message : `${message} (${detail})`;
}

async function send(
  context: ImportContext,
  state: ReleaseState,
  track: PlannedTrack,
  { sha256, known }: { readonly sha256: string; readonly known: Upload | null },
): Promise<Upload> {
  const { file } = track;
  const onProgress = (sentBytes: number) => context.report.sent(file, sentBytes);
  const transfer = { filePath: file.path, onProgress, signal: context.signal };
  if (known?.state === "PENDING") return resumeUpload(context.client, known.id, transfer);
  const place = takePlace(state, track);
  const artistIds = await Promise.all(track.artists.map((name) => artistIdOf(context, name)));
  return uploadTrack(context.client, {
    ...transfer,
    releaseId: state.release.id,
    track: {
      title: track.title,
      disc_number: place.discNumber,
      track_number: place.trackNumber,
      explicit: track.isExplicit,
      ...(track.isrc === null ? {} : { isrc: track.isrc }),
      ...(artistIds.length === 0 ? {} : { artist_ids: artistIds }),
    },
    contentType: file.contentType,
    sha256,
    ...(known === null ? {} : { insteadOf: known.id }),
  });
}

/** The track's own place, or where another has it, one behind it. */
function takePlace({ taken }: ReleaseState, { discNumber, trackNumber }: PlannedTrack): TrackPlace {
  const key = placeKey(discNumber, trackNumber);
  if (taken.has(key)) return { discNumber, trackNumber: takeFreeNumber(taken, discNumber) };
  taken.add(key);
  return { discNumber, trackNumber };
}

/** The service's word on a request is about the file; everything else may pass. */
function outcomeOfError(context: ImportContext, error: unknown): FileOutcome {
  if (context.signal.aborted) return { kind: "interrupted" };
  const reason = messageOf(error);
  const isRefusal = error instanceof ServiceError && [400, 409, 413, 415, 422].includes(error.status);
  return isRefusal ? { kind: "refused", reason } : { kind: "failed", reason };
}
