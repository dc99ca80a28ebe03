/**
 * Appends to an upload: what comes in goes out to R2 in equal parts as it comes, and what is left over at the end of a
 * request is kept aside for the next. At any moment everything up to the recorded offset is stored, so a cut loses at
 * most what was in flight.
 */

import { err, ok, type Result } from "#domain/foundation/result.ts";
import {
  type UploadPart,
  type UploadProgress,
  type UploadWrite,
  WRITE_RENEW_MS,
} from "#durable-objects/ingest/upload-protocol.ts";
import { masterUploadKey, tailsPrefix } from "./upload-keys.ts";

/** R2 wants equal parts of at least 5 MiB; an isolate holds one part of each upload it serves. */
export const PART_BYTES = 8 * 1024 ** 2;

export type AppendFault =
  | { readonly kind: "unknown" }
  | { readonly kind: "locked" }
  | { readonly kind: "offset-mismatch"; readonly offsetBytes: number }
  | { readonly kind: "too-large" }
  | { readonly kind: "lock-lost" };

export type WriteOutcome = "written" | "too-large" | "lock-lost";

/** How far the upload is after the request: what is stored, also where the body was cut short. */
export async function appendToUpload(
  env: IngestEnv,
  uploadId: string,
  offsetBytes: number,
  body: ReadableStream<Uint8Array> | null,
): Promise<Result<UploadProgress, AppendFault>> {
  const object = env.UPLOADS.getByName(uploadId);
  const answer = await object.beginWrite(offsetBytes);
  if (answer.kind !== "granted") return err(answer);
  try {
    const writer = new PartWriter(env, answer.lock, answer.progress);
    const outcome = await writer.write(body);
    return outcome === "written" ? ok(writer.progress) : err({ kind: outcome });
  } finally {
    await object.endWrite(answer.lock);
  }
}

class PartWriter {
  readonly #env: IngestEnv;
  readonly #lock: string;
  #progress: UploadProgress;
  #heldAt = Date.now();
  readonly #buffer = new Uint8Array(PART_BYTES);
  #buffered = 0;

  constructor(env: IngestEnv, lock: string, progress: UploadProgress) {
    this.#env = env;
    this.#lock = lock;
    this.#progress = progress;
  }

  get progress(): UploadProgress {
    return this.#progress;
  }

  async write(body: ReadableStream<Uint8Array> | null): Promise<WriteOutcome> {
    await this.#loadTail();
    const { sizeBytes, offsetBytes } = this.#progress;
    let received = offsetBytes;
    for await (const chunk of untilCut(body)) {
      received += chunk.byteLength;
      if (received > sizeBytes) return "too-large";
      if (!(await this.#take(chunk))) return "lock-lost";
    }
    if (received === offsetBytes) return "written";
    return (await this.#flush(received)) ? "written" : "lock-lost";
  }

  async #take(chunk: Uint8Array): Promise<boolean> {
    // Asked before anything is stored: a writer that was silent for too long must not write over another's part.
    if (Date.now() - this.#heldAt >= WRITE_RENEW_MS && !(await this.#record({}))) return false;
    let taken = 0;
    while (taken < chunk.byteLength) {
      const room = Math.min(PART_BYTES - this.#buffered, chunk.byteLength - taken);
      this.#buffer.set(chunk.subarray(taken, taken + room), this.#buffered);
      this.#buffered += room;
      taken += room;
      if (this.#buffered === PART_BYTES && !(await this.#storePart())) return false;
    }
    return true;
  }

  /** What is left in the buffer: the last part where the upload is whole, else the tail. */
  async #flush(receivedBytes: number): Promise<boolean> {
    if (this.#buffered === 0) return true;
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
    const before = this.#progress;
    const next = { ...before, ...change };
    if (!(await this.#env.UPLOADS.getByName(before.uploadId).recordWrite(this.#lock, next))) return false;
    this.#heldAt = Date.now();
    this.#progress = next;
    // What is not deleted here is when the upload is settled.
    if (before.tail !== null && before.tail.key !== next.tail?.key) await this.#env.MASTERS.delete(before.tail.key);
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
