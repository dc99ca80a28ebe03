/**
 * One upload on its way in: how many bytes are here, which parts they lie in, and who writes at the moment. The bytes
 * themselves go from ingest to R2; this object makes two writers take turns. Its alarm is its outbox: what became of the
 * upload is told to the ingest queue again and again until ingest has settled it, so no crash leaves it waiting.
 */
import { DurableObject } from "cloudflare:workers";
import type { EpochMs } from "#domain/foundation/time.ts";
import { DAY_MS, MINUTE_MS } from "#domain/foundation/time.ts";
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import {
  isGivenUp,
  isWhole,
  type UploadProgress,
  type UploadWrite,
  type WholeWriteAnswer,
  WRITE_LEASE_MS,
  type WriteAnswer,
} from "./upload-protocol.ts";

/** R2 drops a multipart upload seven days after it was begun, which is later than this ends. */
export const UPLOAD_LIFETIME_MS = 7 * DAY_MS;
/** How long ingest has to settle an upload before it is told again. */
export const REMIND_MS = 10 * MINUTE_MS;
/** A client that missed the last answer can still ask for the offset. */
export const SETTLED_KEPT_MS = DAY_MS;

interface WriteLock {
  readonly id: string;
  readonly expiresAt: EpochMs;
}

const NOTHING_WRITTEN = { offsetBytes: 0, parts: [], tail: null } as const;

const PROGRESS_KEY = "progress";
const LOCK_KEY = "lock";

export class UploadObject extends DurableObject<RealtimeEnv> {
  /** Makes the upload known and starts its time. Said again, it changes nothing. */
  async open(uploadId: string, sizeBytes: number): Promise<void> {
    if (this.#progress() !== null) return;
    const expiresAt = Date.now() + UPLOAD_LIFETIME_MS;
    this.#save({ ...NOTHING_WRITTEN, multipartId: null, uploadId, sizeBytes, expiresAt, phase: "open" });
    await this.ctx.storage.setAlarm(expiresAt);
  }

  async progress(): Promise<UploadProgress | null> {
    return this.#progress();
  }

  /** Takes the pen, if it is free and the caller is where the bytes end. */
  async beginWrite(offsetBytes: number): Promise<WriteAnswer> {
    const progress = this.#progress();
    if (progress === null || isGivenUp(progress)) return { kind: "unknown" };
    if (this.#livingLock() !== null) return { kind: "locked" };
    if (progress.offsetBytes !== offsetBytes) return { kind: "offset-mismatch", offsetBytes: progress.offsetBytes };
    return { kind: "granted", lock: this.#take(), progress };
  }

  /** Takes the pen for the whole file: what an earlier writer left unfinished is forgotten, its parts are written over. */
  async beginWholeWrite(): Promise<WholeWriteAnswer> {
    const progress = this.#progress();
    if (progress === null || isGivenUp(progress)) return { kind: "unknown" };
    if (isWhole(progress)) return { kind: "whole", progress };
    if (this.#livingLock() !== null) return { kind: "locked" };
    const afresh = { ...progress, ...NOTHING_WRITTEN };
    this.#save(afresh);
    return { kind: "granted", lock: this.#take(), progress: afresh };
  }

  /** Records what has been stored so far and holds the pen. False for a writer that lost it: its bytes do not count. */
  async recordWrite(lock: string, write: UploadWrite): Promise<boolean> {
    const progress = this.#progress();
    const held = this.ctx.storage.kv.get<WriteLock>(LOCK_KEY);
    if (progress === null || progress.phase !== "open" || held?.id !== lock) return false;
    this.#hold(lock);
    const { offsetBytes, multipartId, parts, tail } = write;
    const written = { ...progress, offsetBytes, multipartId, parts, tail };
    this.#save(written);
    if (isWhole(written)) await this.ctx.storage.setAlarm(Date.now());
    return true;
  }

  async endWrite(lock: string): Promise<void> {
    if (this.ctx.storage.kv.get<WriteLock>(LOCK_KEY)?.id === lock) this.ctx.storage.kv.delete(LOCK_KEY);
  }

  /** No more bytes are wanted: ends the time now. An upload whose bytes are all here is left to take its way. */
  async expire(): Promise<void> {
    const progress = this.#progress();
    if (progress === null || progress.phase !== "open" || isWhole(progress)) return;
    this.#save({ ...progress, phase: "expired" });
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Ingest has taken the bytes in, or given them up. */
  async settle(): Promise<void> {
    const progress = this.#progress();
    if (progress === null || progress.phase === "settled") return;
    this.#save({ ...progress, phase: "settled" });
    await this.ctx.storage.setAlarm(Date.now() + SETTLED_KEPT_MS);
  }

  override async alarm(): Promise<void> {
    const progress = this.#progress();
    if (progress === null) return;
    if (progress.phase === "settled") {
      await this.ctx.storage.deleteAll();
      return;
    }
    const nowMs = Date.now();
    if (!isWhole(progress) && progress.phase === "open") {
      const restsUntil = Math.max(progress.expiresAt, this.#livingLock()?.expiresAt ?? 0);
      if (restsUntil > nowMs) {
        await this.ctx.storage.setAlarm(restsUntil);
        return;
      }
      this.#save({ ...progress, phase: "expired" });
    }
    await this.ctx.storage.setAlarm(nowMs + REMIND_MS);
    const { uploadId } = progress;
    const message: IngestMessage = { kind: isWhole(progress) ? "upload-complete" : "upload-abandoned", uploadId };
    await this.env.INGEST_QUEUE.send(message);
  }

  #livingLock(): WriteLock | null {
    const held = this.ctx.storage.kv.get<WriteLock>(LOCK_KEY);
    return held !== undefined && held.expiresAt > Date.now() ? held : null;
  }

  #take(): string {
    const lock = crypto.randomUUID();
    this.#hold(lock);
    return lock;
  }

  #hold(id: string): void {
    const lock: WriteLock = { id, expiresAt: Date.now() + WRITE_LEASE_MS };
    this.ctx.storage.kv.put(LOCK_KEY, lock);
  }

  #progress(): UploadProgress | null {
    return this.ctx.storage.kv.get<UploadProgress>(PROGRESS_KEY) ?? null;
  }

  #save(progress: UploadProgress): void {
    this.ctx.storage.kv.put(PROGRESS_KEY, progress);
  }
}
