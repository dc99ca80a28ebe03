/**
 * The files of this visit on their way to the service. The desk lives outside of any page, so that uploads go on
 * while the artist looks around in the studio; what has been announced survives a reload on the service's side.
 */
import type { Upload, UploadBody, UploadTicket } from "#workers/ingest/uploads/uploads-contract.ts";
import { call } from "../api/client.ts";
import { randomKey } from "../api/keys.ts";
import { ApiError } from "../api/problem.ts";
import { observable } from "../app/observable.ts";
import { contentTypeOf, inTrackOrder, titleOf } from "./file-facts.ts";
import { hashFile } from "./file-hash.ts";
import { startTransfer, type Transfer } from "./tus-transfer.ts";
import { isUnderWay, type LocalPhase, startable } from "./upload-turns.ts";

export interface TrackDraft {
  readonly title: string;
  readonly trackNumber: number;
  readonly isrc: string;
  readonly isExplicit: boolean;
}

export interface LocalUpload extends TrackDraft {
  readonly key: string;
  readonly releaseId: string;
  readonly file: File;
  readonly phase: LocalPhase;
  readonly hashedBytes: number;
  readonly sentBytes: number;
  readonly sha256: string | null;
  /** Known from when the service has agreed to take the file. */
  readonly upload: Upload | null;
  readonly error: Error | null;
  /** Sent though the release holds the very same file: the artist has said so. */
  readonly allowsDuplicate: boolean;
  /** Names the announcement: another title or number is another one. */
  readonly idempotencyKey: string;
}

export const uploads = observable<{ readonly list: readonly LocalUpload[] }>({ list: [] });
const transfers = new Map<string, Transfer>();
const knownTracks = new Map<string, readonly KnownTrack[]>();

/** A track that the release has, with the file it came from. */
export interface KnownTrack {
  readonly sha256: string;
  readonly title: string;
  readonly trackNumber: number;
}

export class DuplicateFile extends Error {
  constructor(trackNumber: number, title: string) {
    super(`These are the very bytes of track ${trackNumber}, “${title}”.`);
    this.name = "DuplicateFile";
  }
}

/** What the release has by now, so that the same file is not sent twice by mistake. */
export function noteKnownTracks(releaseId: string, tracks: readonly KnownTrack[]): void {
  knownTracks.set(releaseId, tracks);
}

/** Puts files on the desk as drafts, in the order of their names, numbered on from a track. */
export function addFiles(releaseId: string, files: readonly File[], firstTrackNumber: number): void {
  const drafts = inTrackOrder(files).map((file, index) =>
    draft(releaseId, file, {
      title: titleOf(file.name),
      trackNumber: firstTrackNumber + index,
      isrc: "",
      isExplicit: false,
    }),
  );
  uploads.set({ list: [...uploads.get().list, ...drafts] });
}

/** A new file for a track whose file was rejected. */
export function addReplacement(releaseId: string, file: File, track: TrackDraft): void {
  uploads.set({ list: [...uploads.get().list, draft(releaseId, file, track)] });
}

/** Goes on with an upload of an earlier visit, whose bytes are not all there. */
export function resumeUpload(upload: Upload, file: File, trackNumber: number): void {
  const track = { title: upload.title, trackNumber, isrc: "", isExplicit: false };
  const item: LocalUpload = { ...draft(upload.release_id, file, track), upload, phase: "queued" };
  uploads.set({ list: [...uploads.get().list, item] });
  pump();
}

export function editDraft(key: string, change: Partial<TrackDraft>): void {
  patch(key, { ...change, idempotencyKey: randomKey(), error: null });
}

/** Starts all drafts of a release. What failed is started again one by one: its row says why, and what to change. */
export function startAll(releaseId: string): void {
  for (const item of uploads.get().list) {
    if (item.releaseId === releaseId && item.phase === "draft") patch(item.key, { phase: "queued", error: null });
  }
  pump();
}

export function retry(key: string): void {
  patch(key, { phase: "queued", error: null });
  pump();
}

/** After the warning of a duplicate. */
export function sendAllTheSame(key: string): void {
  patch(key, { allowsDuplicate: true });
  retry(key);
}

export function pause(key: string): void {
  transfers.get(key)?.pause();
  patch(key, { phase: "paused" });
  pump();
}

/** In its turn: others may have taken its place meanwhile. */
export function resume(key: string): void {
  patch(key, { phase: "queued" });
  pump();
}

/** Takes a file off the desk. The service gives up an announced upload by itself when no bytes come any more. */
export function remove(key: string): void {
  transfers.get(key)?.pause();
  transfers.delete(key);
  uploads.set({ list: uploads.get().list.filter((item) => item.key !== key) });
  pump();
}

function draft(releaseId: string, file: File, track: TrackDraft): LocalUpload {
  return {
    ...track,
    key: randomKey(),
    releaseId,
    file,
    phase: "draft",
    hashedBytes: 0,
    sentBytes: 0,
    sha256: null,
    upload: null,
    error: null,
    allowsDuplicate: false,
    idempotencyKey: randomKey(),
  };
}

function find(key: string): LocalUpload | undefined {
  return uploads.get().list.find((item) => item.key === key);
}

function patch(key: string, change: Partial<LocalUpload>): void {
  uploads.set({ list: uploads.get().list.map((item) => (item.key === key ? { ...item, ...change } : item)) });
}

/** Starts queued files while there is room. */
function pump(): void {
  for (const { key } of startable(uploads.get().list)) {
    const transfer = transfers.get(key);
    if (transfer === undefined) {
      patch(key, { phase: "hashing" });
      void process(key);
    } else {
      patch(key, { phase: "sending" });
      transfer.resume();
    }
  }
}

/** Hash, announce, send. A file that fails says so beside itself and leaves the others alone. */
async function process(key: string): Promise<void> {
  try {
    const sha256 = await hashed(key);
    const ticket = await announced(key, sha256);
    if (ticket === null) return pump();
    patch(key, { upload: ticket.upload, phase: "sending" });
    send(key, ticket);
  } catch (error) {
    fail(key, error);
  }
}

async function hashed(key: string): Promise<string> {
  const item = find(key);
  if (item === undefined) return "";
  if (item.sha256 !== null) return item.sha256;
  const sha256 = await hashFile(item.file, (hashedBytes) => patch(key, { hashedBytes }));
  patch(key, { sha256 });
  return sha256;
}

/** Null where the file has been taken off the desk meanwhile. */
async function announced(key: string, sha256: string): Promise<UploadTicket | null> {
  const item = find(key);
  if (item === undefined) return null;
  if (item.upload === null && !item.allowsDuplicate) refuseDuplicate(item, sha256);
  patch(key, { phase: "announcing" });
  const ticket = item.upload === null ? await announce(item, sha256) : await renewTicket(item.upload, sha256);
  return find(key) === undefined ? null : ticket;
}

/** Throws DuplicateFile where the same bytes are in the release, or on the way to it, already. */
function refuseDuplicate(item: LocalUpload, sha256: string): void {
  const local = uploads.get().list.filter((other) => other.key !== item.key && other.releaseId === item.releaseId);
  const twins = [...(knownTracks.get(item.releaseId) ?? []), ...local.filter((other) => other.phase !== "failed")];
  const twin = twins.find((other) => other.sha256 === sha256);
  if (twin !== undefined) throw new DuplicateFile(twin.trackNumber, twin.title);
}

function announce(item: LocalUpload, sha256: string): Promise<UploadTicket> {
  const { file, title, trackNumber, isrc, isExplicit, releaseId, idempotencyKey } = item;
  const body: UploadBody = {
    release_id: releaseId,
    track: {
      title: title.trim(),
      track_number: trackNumber,
      explicit: isExplicit,
      ...(isrc.trim() === "" ? {} : { isrc: isrc.trim() }),
    },
    file: { name: file.name, size_bytes: file.size, content_type: contentTypeOf(file.name), sha256 },
  };
  return call("post /v1/ingest/uploads", { body, idempotencyKey });
}

function renewTicket(upload: Upload, sha256: string): Promise<UploadTicket> {
  if (upload.file.sha256 !== sha256) {
    throw new ApiError({
      kind: "conflict",
      status: 409,
      title: "This is another file",
      detail: `The upload was begun with other bytes of “${upload.file.name}”. Choose that file, or add this one as a new track.`,
    });
  }
  return call("post /v1/ingest/uploads/:id/url", { params: { id: upload.id } });
}

function send(key: string, ticket: UploadTicket): void {
  const item = find(key);
  if (item === undefined) return;
  const renewUrl = async () => {
    const renewed = await call("post /v1/ingest/uploads/:id/url", { params: { id: ticket.upload.id } });
    return renewed.upload_url;
  };
  const transfer = startTransfer({
    file: item.file,
    url: ticket.upload_url,
    renewUrl,
    onProgress: (sentBytes) => patch(key, { sentBytes }),
    onDone() {
      transfers.delete(key);
      patch(key, { phase: "sent", sentBytes: item.file.size });
      pump();
    },
    onFailed: (error) => fail(key, error),
  });
  transfers.set(key, transfer);
}

function fail(key: string, error: unknown): void {
  transfers.delete(key);
  patch(key, { phase: "failed", error: error instanceof Error ? error : new Error(String(error)) });
  pump();
}

/** Leaving the page would stop what is under way: the browser asks first. */
addEventListener("beforeunload", (event) => {
  if (uploads.get().list.some(isUnderWay)) event.preventDefault();
});
