/**
 * A keyring with a new key, in the two steps that let no token fail on the way: first every Worker learns the new key,
 * and only when all have it does any Worker sign with it. Specified in docs/specs/signed-tokens.md.
 */
import { err, ok, type Result } from "./result.ts";
import { type EpochMs, HOUR_MS } from "./time.ts";

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

/** More than a rotation waits between its steps. */
const SETTLING_MS = HOUR_MS;
/** A key id has 32 characters at most, and the moment takes 17 of them. */
const NAME_LENGTH_MAX = 15;

const KEY_ID_PATTERN = /^(.+)-(\d{8}T\d{6})Z$/;

/**
 * Key ids carry the moment at which they were made, which is, but for the pause between the two steps, when the key
 * before them ceased to sign. A key that was staged by a rotation that broke off never signed: it is left out, since its
 * moment is long over, and another takes its place.
 */
export function planRotation(ring: KeyringText, request: RotationRequest): Result<Rotation, RotationFault> {
  const { newKey, nowMs, tokenLifetimeMs } = request;
  const newKeyId = keyId(ring.current, nowMs);
  const signed = Object.entries(ring.keys).filter(([id]) => madeAt(id) <= madeAt(ring.current));
  if (signed.some(([id]) => id === newKeyId)) return err({ kind: "too-soon", currentId: ring.current });
  const dropped = expiredKeyIds(
    ring.current,
    signed.map(([id]) => id),
    nowMs - tokenLifetimeMs - SETTLING_MS,
  );
  const staged = { ...Object.fromEntries(signed), [newKeyId]: newKey };
  const kept = Object.fromEntries(Object.entries(staged).filter(([id]) => !dropped.includes(id)));
  return ok({
    staged: { current: ring.current, keys: staged },
    // What has expired goes with the last step: until then a Worker may be behind.
    rotated: { current: newKeyId, keys: kept },
    newKeyId,
    dropped,
  });
}

/** Keys that another had replaced by then. The one that signs is never among them. */
function expiredKeyIds(current: string, ids: readonly string[], beforeMs: EpochMs): string[] {
  const oldestFirst = [...ids].sort((a, b) => madeAt(a) - madeAt(b));
  return oldestFirst.filter((id, index) => {
    const successor = oldestFirst[index + 1];
    return id !== current && successor !== undefined && madeAt(successor) <= beforeMs;
  });
}

/** `audio-1` becomes `audio-20261123T201500Z`, and that `audio-20270101T000000Z`. */
function keyId(currentId: string, nowMs: EpochMs): string {
  const whole = KEY_ID_PATTERN.exec(currentId)?.[1] ?? currentId.replace(/-\d+$/, "");
  const name = whole.slice(0, NAME_LENGTH_MAX);
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
