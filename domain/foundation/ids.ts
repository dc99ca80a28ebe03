/**
 * Ids: 48 bits of Unix milliseconds, 16 bits of catalog shard, 64 random bits, as 22 characters of base62.
 * They sort by time of creation, and a look-up by id knows its database without a directory.
 */
import { decodeBase62, encodeBase62 } from "./base62.ts";
import type { EpochMs } from "./time.ts";

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type AccountId = Id<"account">;
export type ArtistId = Id<"artist">;
export type ReleaseId = Id<"release">;
/** On the wire a recording is a `track`, as listeners call it. */
export type RecordingId = Id<"recording">;
export type UploadId = Id<"upload">;
export type LeaseId = Id<"lease">;
export type PlaybackId = Id<"playback">;
export type PlaylistId = Id<"playlist">;
export type PlaylistItemId = Id<"playlist-item">;

export const ID_PATTERN = /^[0-9A-Za-z]{22}$/;
export const SHARD_MAX = 0xffff;
export const ID_RANDOM_BYTES = 8;

const TIMESTAMP_MAX = 2 ** 48 - 1;

/** Makes an id. `random` holds ID_RANDOM_BYTES unpredictable bytes; `shard` is 0 for what is not in the catalog. */
export function makeId<T extends string>(nowMs: EpochMs, random: Uint8Array, shard = 0): T {
  if (random.length !== ID_RANDOM_BYTES) throw new RangeError(`an id takes ${ID_RANDOM_BYTES} random bytes`);
  if (!Number.isInteger(shard) || shard < 0 || shard > SHARD_MAX) throw new RangeError("shard out of range");
  if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs > TIMESTAMP_MAX) throw new RangeError("time out of range");
  let low = 0n;
  for (const byte of random) low = (low << 8n) | BigInt(byte);
  return encodeBase62((BigInt(nowMs) << 80n) | (BigInt(shard) << 64n) | low) as T;
}

export function isId(text: string): boolean {
  return ID_PATTERN.test(text) && decodeBase62(text) !== null;
}

/** The catalog shard an id lives in, or null where the text is no id. */
export function shardOfId(id: string): number | null {
  const value = decodeBase62(id);
  return value === null ? null : Number((value >> 64n) & 0xffffn);
}
