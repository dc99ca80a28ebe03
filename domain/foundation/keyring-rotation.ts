/**
 * A keyring with a new key, in the two steps that let no token fail on the way: first every Worker learns the new key,
 * and only when all have it does any Worker sign with it. Specified in docs/specs/signed-tokens.md.
 */
import { err, ok, type Result } from "./result.ts";
import type { EpochMs } from "./time.ts";

export interface KeyringText {
  readonly current: string;
  readonly keys: Readonly<Record<string, string>>;
}

export interface Rotation {
  /** The new key is known; the old one signs. */
  readonly staged: KeyringText;
  /** The new key signs; what it replaced verifies until its last token has expired. */
  readonly rotated: KeyringText;
  readonly newKeyId: string;
  /** Keys whose last token expired before this rotation. */
  readonly dropped: readonly string[];
}

export interface RotationRequest {
  /** base64url, 32 bytes. */
  readonly newKey: string;
  readonly nowMs: EpochMs;
  /** The longest that any token of this ring lives. */
  readonly tokenLifetimeMs: number;
}

export type RotationFault = { readonly kind: "too-soon"; readonly currentId: string };

const KEY_ID_PATTERN = /^(.+)-(\d{8}T\d{6})Z$/;

/**
 * Key ids carry the moment at which they were made, which is when the key before them ceased to sign. Continues a
 * rotation that was staged and broke off: then the key that was staged is the new one.
 */
export function planRotation(ring: KeyringText, request: RotationRequest): Result<Rotation, RotationFault> {
  const { newKey, nowMs, tokenLifetimeMs } = request;
  const staged = stagedKeyId(ring);
  const newKeyId = staged ?? keyId(ring.current, nowMs);
  if (staged === null && newKeyId in ring.keys) return err({ kind: "too-soon", currentId: ring.current });
  const dropped = expiredKeyIds(ring, nowMs - tokenLifetimeMs);
  const kept = Object.entries(ring.keys).filter(([id]) => !dropped.includes(id));
  const keys = { ...Object.fromEntries(kept), [newKeyId]: ring.keys[newKeyId] ?? newKey };
  return ok({ staged: { current: ring.current, keys }, rotated: { current: newKeyId, keys }, newKeyId, dropped });
}

/** A key made after the one that signs: a rotation that did not come to its second step. */
function stagedKeyId({ current, keys }: KeyringText): string | null {
  const newer = Object.keys(keys).filter((id) => madeAt(id) > madeAt(current));
  return newer[0] ?? null;
}

/** Keys that another had replaced by then. The one that signs is never among them. */
function expiredKeyIds({ current, keys }: KeyringText, beforeMs: EpochMs): string[] {
  const oldestFirst = Object.keys(keys).sort((a, b) => madeAt(a) - madeAt(b));
  return oldestFirst.filter((id, index) => {
    const successor = oldestFirst[index + 1];
    return id !== current && successor !== undefined && madeAt(successor) <= beforeMs;
  });
}

/** `audio-1` becomes `audio-20261123T201500Z`, and that `audio-20270101T000000Z`. */
function keyId(currentId: string, nowMs: EpochMs): string {
  const name = KEY_ID_PATTERN.exec(currentId)?.[1] ?? currentId.replace(/-\d+$/, "");
  const stamp = new Date(nowMs)
    .toISOString()
    .replace(/[-:]/g, "")
    .replace(/\.\d+Z$/, "Z");
  return `${name}-${stamp}`;
}

/** A key whose id says nothing of it is the first: it was there before any rotation. */
function madeAt(id: string): EpochMs {
  const stamp = KEY_ID_PATTERN.exec(id)?.[2];
  if (stamp === undefined) return 0;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/.exec(stamp) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
