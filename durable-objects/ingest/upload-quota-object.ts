/**
 * How much one account has announced today: one small value behind one lock, which is what itty-durable is good
 * at. Only `reserveUpload` speaks to it, never a client's request: whoever could forward one would call any method.
 * See docs/decisions/0004-itty-durable-for-one-counter.md.
 */
import { createDurable } from "itty-durable";

export const QUOTA_UPLOADS_PER_DAY = 2_000;
export const QUOTA_BYTES_PER_DAY = 200 * 1024 ** 3;

export interface QuotaRequest {
  /** UTC, `2026-11-23`. */
  readonly day: string;
  /** Names one announcement, however often it is sent. */
  readonly reservation: string;
  readonly sizeBytes: number;
}

export interface QuotaAnswer {
  readonly granted: boolean;
  /** Of the day so far, without this one where it is not granted. */
  readonly uploads: number;
  readonly sizeBytes: number;
}

export class UploadQuotaObject extends createDurable({ autoPersist: true }) {
  day = "";
  /** What each announcement of the day reserved, so that a repeated one reserves nothing more. */
  reserved = new Map<string, number>();

  reserve({ day, reservation, sizeBytes }: QuotaRequest): QuotaAnswer {
    // Days only go forward: a request that was long on its way at midnight must not empty the new day.
    if (day > this.day) {
      this.day = day;
      this.reserved = new Map();
    }
    const isKnown = this.reserved.has(reservation);
    const before = sumOf(this.reserved);
    const fits = before.uploads < QUOTA_UPLOADS_PER_DAY && before.sizeBytes + sizeBytes <= QUOTA_BYTES_PER_DAY;
    if (!isKnown && fits) this.reserved.set(reservation, sizeBytes);
    return { granted: isKnown || fits, ...sumOf(this.reserved) };
  }
}

function sumOf(reserved: ReadonlyMap<string, number>): Pick<QuotaAnswer, "uploads" | "sizeBytes"> {
  const sizes = [...reserved.values()];
  return { uploads: sizes.length, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}
