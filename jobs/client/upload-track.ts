/**
 * A master on its way to the service: announced once under a key that says what it is, then sent by tus, so that a
 * cut costs no more than the bytes on the wire. Sending the same file for the same place again sends nothing.
 */
import { createHash } from "node:crypto";
import { createReadStream, ReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { DetailedError, Upload as TusUpload } from "tus-js-client";
import type {
  createUpload,
  getUpload,
  renewUploadUrl,
  Upload,
  UploadBody,
  UploadTicket,
} from "#workers/ingest/uploads/uploads-contract.ts";
import type { ServiceClient } from "./service-client.ts";
import { ServiceError } from "./service-error.ts";

/**
 * A multiple of the service's part size (PART_BYTES of tus-append.ts), so that each request fills whole parts. Of
 * another size uploads are as right, and slower.
 */
const CHUNK_BYTES = 8 * 1024 ** 2;
const RETRY_DELAYS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
/** A signed URL can end during a long upload; each new one resumes where the last one stopped. */
const RENEWALS_MAX = 10;

export type UploadSource =
  | { readonly filePath: string; readonly bytes?: never }
  | { readonly bytes: Buffer; readonly filePath?: never };

export type TrackUpload = UploadSource & {
  readonly releaseId: string;
  readonly track: UploadBody["track"];
  readonly contentType: UploadBody["file"]["content_type"];
  /** Of the whole file, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Defaults to the name in `filePath`. */
  readonly fileName?: string;
  /** The id of an upload of the same file that was rejected through no fault of the file. */
  readonly insteadOf?: string;
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
};

export type ResumedUpload = UploadSource & Pick<TrackUpload, "onProgress" | "signal">;

/** Announces a track and sends its file. The upload as it is when all bytes are there. Throws ServiceError. */
export async function uploadTrack(client: ServiceClient, upload: TrackUpload): Promise<Upload> {
  const file = {
    name: upload.fileName ?? (upload.filePath === undefined ? "master" : basename(upload.filePath)),
    size_bytes: await sizeOf(upload),
    content_type: upload.contentType,
    sha256: upload.sha256,
  };
  const ticket = await client.call<typeof createUpload>(
    "post",
    "/v1/ingest/uploads",
    {
      headers: { "idempotency-key": uploadKey(upload) },
      body: { release_id: upload.releaseId, track: upload.track, file },
    },
    signalOption(upload.signal),
  );
  return sendBytes(client, ticket, upload);
}

/** Sends the rest of a file that was announced earlier. */
export async function resumeUpload(client: ServiceClient, uploadId: string, upload: ResumedUpload): Promise<Upload> {
  const ticket = await renewTicket(client, uploadId, upload.signal);
  return "upload_url" in ticket ? sendBytes(client, ticket, upload) : ticket;
}

/** Names one intended effect: this file at this place of this release. */
function uploadKey(upload: TrackUpload): string {
  const { disc_number: disc = 1, track_number: number } = upload.track;
  const parts = [upload.releaseId, disc, number, upload.sha256, upload.insteadOf ?? ""];
  return `upload-${createHash("sha256").update(parts.join("\n")).digest("hex")}`;
}

async function sendBytes(client: ServiceClient, first: UploadTicket, upload: ResumedUpload): Promise<Upload> {
  let ticket = first;
  for (let renewals = 0; ; renewals++) {
    if (ticket.upload.state !== "PENDING") return ticket.upload;
    try {
      await sendByTus(new URL(ticket.upload_url, client.url).href, await sizeOf(upload), upload);
      break;
    } catch (error) {
      // Its first bytes gave the file away: what is wrong with it stands in the upload.
      if (error instanceof ServiceError && error.status === 415) break;
      if (!isRefusedUrl(error) || renewals >= RENEWALS_MAX) throw error;
      const renewed = await renewTicket(client, ticket.upload.id, upload.signal);
      if (!("upload_url" in renewed)) return renewed;
      ticket = renewed;
    }
  }
  return fetchUpload(client, ticket.upload.id, upload.signal);
}

/** A fresh signed URL, or the upload itself where it needs no more bytes. */
async function renewTicket(client: ServiceClient, id: string, signal?: AbortSignal): Promise<UploadTicket | Upload> {
  try {
    const options = { ...signalOption(signal), isRepeatable: true };
    return await client.call<typeof renewUploadUrl>("post", "/v1/ingest/uploads/:id/url", { params: { id } }, options);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 409) throw error;
    return fetchUpload(client, id, signal);
  }
}

function fetchUpload(client: ServiceClient, id: string, signal?: AbortSignal): Promise<Upload> {
  return client.call<typeof getUpload>("get", "/v1/ingest/uploads/:id", { params: { id } }, signalOption(signal));
}

function signalOption(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

async function sizeOf(source: UploadSource): Promise<number> {
  return source.filePath === undefined ? source.bytes.length : (await stat(source.filePath)).size;
}

function sendByTus(url: string, sizeBytes: number, upload: ResumedUpload): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const source = upload.filePath === undefined ? upload.bytes : createReadStream(upload.filePath).on("error", reject);
  const tus = new TusUpload(source, {
    uploadUrl: url,
    uploadSize: sizeBytes,
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    onProgress: (sentBytes, totalBytes) => upload.onProgress?.(sentBytes, totalBytes),
    onSuccess: () => resolve(),
    onError: (error) => reject(serviceErrorOf(error)),
  });
  const stop = () => {
    void tus.abort().finally(() => reject(upload.signal?.reason));
  };
  upload.signal?.addEventListener("abort", stop, { once: true });
  if (upload.signal?.aborted === true) stop();
  else tus.start();
  return promise.finally(() => {
    upload.signal?.removeEventListener("abort", stop);
    // The library leaves the file open where it gives up.
    if (source instanceof ReadStream) source.destroy();
  });
}

function serviceErrorOf(error: Error): Error {
  if (!(error instanceof DetailedError)) return error;
  const status = error.originalResponse?.getStatus() ?? 0;
  const fields = {
    status,
    type: status === 0 ? "network" : "unnamed",
    title: "The file could not be sent",
    detail: detailOf(error),
    errors: [],
    retryAfterMs: null,
  } as const;
  return new ServiceError(fields);
}

/** The service's words where it gave a problem. The library's own words name the signed URL: they are not for logs. */
function detailOf(error: DetailedError): string {
  const body = error.originalResponse?.getBody() ?? "";
  const said = /"detail"\s*:\s*"([^"]*)"/.exec(body)?.[1];
  return said ?? (error.originalResponse === null ? "the connection broke" : `at ${error.originalRequest.getMethod()}`);
}

/** A HEAD answer has no body to say why it is refused, so every 403 counts as an end of the URL's time. */
function isRefusedUrl(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 403;
}
