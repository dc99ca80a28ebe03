/**
 * Appends to an upload: what comes in goes out to R2 in equal parts as it comes, and what is left over at the end of a
 * request is kept aside for the next. At any moment everything up to the recorded offset is stored, so a cut loses at
 * most what was in flight. The first bytes are looked at before any is stored.
 */

import { err, ok, type Result } from "#domain/foundation/result.ts";
import { FIRST_BYTES, judgeFirstBytes } from "#domain/ingest/first-bytes.ts";
import {
  type UploadPart,
  type UploadProgress,
  type UploadWrite,
  WRITE_RENEW_MS,
  type WriteAnswer,
} from "#durable-objects/ingest/upload-protocol.ts";
import { type ChunkChecksum, ChunkDigest } from "./chunk-checksum.ts";
import { masterUploadKey, tailsPrefix } from "./upload-keys.ts";
import type { Rejection } from "./uploads-store.ts";

/** R2 wants equal parts of at least 5 MiB; an isolate holds one part of each upload it serves. */
export const PART_BYTES = 8 * 1024 ** 2;
/**
 * What is still taken of the body of a file that is refused. Answered at once, a browser that is sending would see a
 * broken connection instead of the reason.
 */
const REFUSED_BODY_BYTES_MAX = PART_BYTES;

export type AppendFault =
  | Exclude<WriteAnswer, { readonly kind: "granted" }>
  | { readonly kind: "too-large" }
  | { readonly kind: "lock-lost" }
  | { readonly kind: "checksum-mismatch" }
  | { readonly kind: "refused"; readonly rejection: Rejection };

type WriteOutcome = { readonly kind: "written" } | Exclude<AppendFault, WriteAnswer>;

const WRITTEN = { kind: "written" } as const;
const LOCK_LOST = { kind: "lock-lost" } as const;

export interface AppendedBytes {
  readonly body: ReadableStream<Uint8Array> | null;
  /** With one, the bytes count as a whole or not at all. */
  readonly checksum: ChunkChecksum | null;
}

/** How far the upload is after the request: what is stored, also where the body was cut short. */
export async function appendToUpload(
  env: IngestEnv,
  uploadId: string,
  offsetBytes: number,
  bytes: AppendedBytes,
): Promise<Result<UploadProgress, AppendFault>> {
  const answer = await env.UPLOADS.getByName(uploadId).beginWrite(offsetBytes);
  return answer.kind === "granted" ? writeAs(env, answer, bytes) : err(answer);
}

/** Takes the whole file from its first byte on. One that is here already is left as it is. */
export async function writeWholeUpload(
  env: IngestEnv,
  uploadId: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<Result<UploadProgress, AppendFault>> {
  const answer = await env.UPLOADS.getByName(uploadId).beginWholeWrite();
  if (answer.kind === "whole") return ok(answer.progress);
  return answer.kind === "granted" ? writeAs(env, answer, { body, checksum: null }) : err(answer);
}

async function writeAs(
  env: IngestEnv,
  { lock, progress }: Extract<WriteAnswer, { readonly kind: "granted" }>,
  { body, checksum }: AppendedBytes,
): Promise<Result<UploadProgress, AppendFault>> {
  try {
    const writer = new PartWriter(env, lock, progress, checksum);
    const outcome = await writer.write(body);
    return outcome.kind === "written" ? ok(writer.progress) : err(outcome);
  } finally {
    await env.UPLOADS.getByName(progress.uploadId).endWrite(lock);
  }
}

class PartWriter {
  readonly #env: IngestEnv;
  readonly #lock: string;
  /** As the object knows it. */
  #recorded: UploadProgress;
  /** With what is stored and not to count before its checksum is seen to be right. */
  #progress: UploadProgress;
  #digest: ChunkDigest | null;
  #heldAt = Date.now();
  readonly #buffer = new Uint8Array(PART_BYTES);
  #buffered = 0;
  #isJudged: boolean;

  constructor(env: IngestEnv, lock: string, progress: UploadProgress, checksum: ChunkChecksum | null) {
    this.#env = env;
    this.#lock = lock;
    this.#recorded = progress;
    this.#progress = progress;
    this.#digest = checksum === null ? null : new ChunkDigest(checksum);
    this.#isJudged = progress.offsetBytes >= this.#firstBytes();
  }

  get progress(): UploadProgress {
    return this.#progress;
  }

  async write(body: ReadableStream<Uint8Array> | null): Promise<WriteOutcome> {
    await this.#loadTail();
    const { sizeBytes, offsetBytes } = this.#progress;
    let received = offsetBytes;
    let refusal: WriteOutcome | null = null;
    for await (const chunk of untilCut(body)) {
      received += chunk.byteLength;
      if (received > sizeBytes) return { kind: "too-large" };
      if (refusal === null) {
        const outcome = await this.#take(chunk);
        if (outcome.kind === "lock-lost") return outcome;
        if (outcome.kind !== "written") refusal = outcome;
      } else if (received - offsetBytes > REFUSED_BODY_BYTES_MAX) break;
    }
    if (refusal !== null) return refusal;
    if (!(await this.#isAsSummed())) return { kind: "checksum-mismatch" };
    if (received === offsetBytes) return WRITTEN;
    return (await this.#flush(received)) ? WRITTEN : LOCK_LOST;
  }

  /** From here on what was stored counts. */
  async #isAsSummed(): Promise<boolean> {
    const digest = this.#digest;
    this.#digest = null;
    return digest === null || (await digest.isAsSummed());
  }

  async #take(chunk: Uint8Array): Promise<WriteOutcome> {
    // Asked before anything is stored: a writer that was silent for too long must not write over another's part.
    if (Date.now() - this.#heldAt >= WRITE_RENEW_MS && !(await this.#record({}))) return LOCK_LOST;
    await this.#digest?.take(chunk);
    let taken = 0;
    while (taken < chunk.byteLength) {
      const room = Math.min(PART_BYTES - this.#buffered, chunk.byteLength - taken);
      this.#buffer.set(chunk.subarray(taken, taken + room), this.#buffered);
      this.#buffered += room;
      taken += room;
      const rejection = this.#judge();
      if (rejection !== null) return { kind: "refused", rejection };
      if (this.#buffered === PART_BYTES && !(await this.#storePart())) return LOCK_LOST;
    }
    return WRITTEN;
  }

  /** As soon as the first bytes of the file are here, which are then in the buffer: a part holds far more. */
  #judge(): Rejection | null {
    if (this.#isJudged || this.#buffered < this.#firstBytes()) return null;
    this.#isJudged = true;
    const verdict = judgeFirstBytes(this.#buffer.subarray(0, this.#firstBytes()));
    return verdict.kind === "refused" ? verdict : null;
  }

  #firstBytes(): number {
    return Math.min(FIRST_BYTES, this.#progress.sizeBytes);
  }

  /** What is left in the buffer: the last part where the upload is whole, else the tail. */
  async #flush(receivedBytes: number): Promise<boolean> {
    // Nothing is left over; parts that waited for their checksum are still to be counted.
    if (this.#buffered === 0) return this.#progress === this.#recorded || this.#record({});
    if (receivedBytes === this.#progress.sizeBytes) return this.#storePart();
    // Named by the lock: a writer that lost it cannot put its tail in the place of the one that counts.
    const tail = { key: tailsPrefix(this.#progress.uploadId) + this.#lock, sizeBytes: this.#buffered };
    await this.#env.MASTERS.put(tail.key, this.#buffer.subarray(0, this.#buffered));
    const isRecorded = await this.#record({ tail, offsetBytes: this.#partBytes() + this.#buffered });
    if (!isRecorded) await this.#env.MASTERS.delete(tail.key);
    return isRecorded;
  }

  async #storePart(): Promise<boolean> {
    const upload = await this.#multipart();
    if (upload === null) return false;
    const partNumber = this.#progress.parts.length + 1;
    const part = await upload.uploadPart(partNumber, this.#buffer.subarray(0, this.#buffered));
    const parts: UploadPart[] = [...this.#progress.parts, { partNumber, etag: part.etag }];
    const offsetBytes = this.#partBytes() + this.#buffered;
    this.#buffered = 0;
    return this.#record({ parts, offsetBytes, tail: null });
  }

  /** Every part but the last has the full size. */
  #partBytes(): number {
    return this.#progress.parts.length * PART_BYTES;
  }

  /** Recorded before the first part is sent, so that one which is cut off there is known and cleared away. */
  async #multipart(): Promise<R2MultipartUpload | null> {
    const key = masterUploadKey(this.#progress.uploadId);
    const { multipartId } = this.#progress;
    if (multipartId !== null) return this.#env.MASTERS.resumeMultipartUpload(key, multipartId);
    const upload = await this.#env.MASTERS.createMultipartUpload(key);
    if (await this.#record({ multipartId: upload.uploadId })) return upload;
    await upload.abort();
    return null;
  }

  async #loadTail(): Promise<void> {
    const { tail } = this.#progress;
    if (tail === null) return;
    const object = await this.#env.MASTERS.get(tail.key);
    if (object === null || object.size !== tail.sizeBytes) throw new Error("the tail of an upload is not there");
    this.#buffer.set(new Uint8Array(await object.arrayBuffer()));
    this.#buffered = object.size;
  }

  async #record(change: Partial<UploadWrite>): Promise<boolean> {
    const before = this.#recorded;
    const next = { ...this.#progress, ...change };
    // Before its checksum is seen to be right, nothing of a chunk counts but where its parts are, to be cleared away.
    const counted = this.#digest === null ? next : { ...before, multipartId: next.multipartId };
    if (!(await this.#env.UPLOADS.getByName(before.uploadId).recordWrite(this.#lock, counted))) return false;
    this.#heldAt = Date.now();
    this.#progress = next;
    this.#recorded = this.#digest === null ? next : counted;
    // What is not deleted here is when the upload is settled.
    const { tail } = before;
    if (tail !== null && tail.key !== this.#recorded.tail?.key) await this.#env.MASTERS.delete(tail.key);
    return true;
  }
}

/**
 * What arrives of a body. A connection that is cut ends it like any other: what has come is as good, and the client
 * resumes behind it.
 */
async function* untilCut(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const next = await reader.read().catch(() => null);
      if (next === null || next.done) return;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
