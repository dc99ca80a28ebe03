import { describe, expect, it } from "vitest";
import { encodeBase64url } from "./base64url.ts";
import { type KeyringText, planRotation, type Rotation } from "./keyring-rotation.ts";
import { importKeyring, signToken, verifyToken } from "./signed-token.ts";
import { HOUR_MS, SECOND_MS } from "./time.ts";

const START_MS = Date.UTC(2026, 10, 23, 20, 15, 0);
const LIFETIME_MS = HOUR_MS;

const freshKey = () => encodeBase64url(crypto.getRandomValues(new Uint8Array(32)));
const FIRST: KeyringText = { current: "audio-1", keys: { "audio-1": freshKey() } };

function rotate(ring: KeyringText, nowMs: number): Rotation {
  const planned = planRotation(ring, { newKey: freshKey(), nowMs, tokenLifetimeMs: LIFETIME_MS });
  if (!planned.ok) throw new Error(planned.error.kind);
  return planned.value;
}

async function verifies(verifier: KeyringText, signer: KeyringText): Promise<boolean> {
  const claims = { nbf: 0, exp: 10_000_000_000 };
  const token = await signToken(await importKeyring(JSON.stringify(signer)), "x", claims);
  return (await verifyToken(await importKeyring(JSON.stringify(verifier)), "x", token, START_MS)).ok;
}

describe("a rotation", () => {
  it("stages the new key before it signs, and keeps the old one for its tokens [TOK-12]", () => {
    const { staged, rotated, newKeyId, dropped } = rotate(FIRST, START_MS);
    expect(newKeyId).toBe("audio-20261123T201500Z");
    expect(staged.current).toBe("audio-1");
    expect(rotated.current).toBe(newKeyId);
    expect(Object.keys(staged.keys)).toEqual(["audio-1", newKeyId]);
    expect(rotated.keys).toEqual(staged.keys);
    expect(dropped).toEqual([]);
  });

  it("leaves no pair of neighbouring states in which a token fails [TOK-12]", async () => {
    const { staged, rotated } = rotate(FIRST, START_MS);
    for (const [before, after] of [
      [FIRST, staged],
      [staged, rotated],
    ] as const) {
      for (const signer of [before, after]) {
        for (const verifier of [before, after]) expect(await verifies(verifier, signer)).toBe(true);
      }
    }
    // Which is why there are two steps: in one, a Worker that is behind would refuse.
    expect(await verifies(FIRST, rotated)).toBe(false);
  });

  it("drops a key when the last token that it can have signed is over, and none before [TOK-13]", () => {
    const first = rotate(FIRST, START_MS).rotated;
    // An hour is allowed for the pause between the two steps.
    const soon = rotate(first, START_MS + HOUR_MS + LIFETIME_MS - SECOND_MS);
    expect(soon.dropped).toEqual([]);
    expect(Object.keys(soon.rotated.keys)).toHaveLength(3);
    const late = rotate(first, START_MS + HOUR_MS + LIFETIME_MS);
    expect(late.dropped).toEqual(["audio-1"]);
    expect(Object.keys(late.staged.keys)).toEqual(["audio-1", first.current, late.newKeyId]);
    expect(Object.keys(late.rotated.keys)).toEqual([first.current, late.newKeyId]);
  });

  it("stays small and always holds its current key, however often it is done [TOK-13]", () => {
    let ring = FIRST;
    for (let i = 0; i < 50; i++) {
      ring = rotate(ring, START_MS + i * 4 * LIFETIME_MS).rotated;
      expect(ring.current in ring.keys).toBe(true);
      expect(Object.keys(ring.keys).length).toBeLessThanOrEqual(2);
    }
  });

  it("that broke off after its first step is begun anew: the old key signed all the while, and is kept as long [TOK-13]", () => {
    const { staged } = rotate(FIRST, START_MS);
    const resumedAtMs = START_MS + 5 * 24 * HOUR_MS;
    const again = rotate(staged, resumedAtMs);
    expect(Object.keys(again.staged.keys)).toEqual(["audio-1", again.newKeyId]);
    const next = rotate(again.rotated, resumedAtMs + LIFETIME_MS);
    expect(next.dropped).toEqual([]);
    expect(Object.keys(next.rotated.keys)).toContain("audio-1");
  });

  it("names a key so that every verifier takes it, whatever the name before [TOK-12]", async () => {
    const ring = { current: "audio-production-europe-1", keys: { "audio-production-europe-1": freshKey() } };
    const { rotated, newKeyId } = rotate(ring, START_MS);
    expect(newKeyId).toBe("audio-productio-20261123T201500Z");
    expect(await verifies(rotated, rotated)).toBe(true);
    expect(await verifies(rotated, ring)).toBe(true);
  });

  it("is refused twice within a second: two keys cannot bear one name [TOK-13]", () => {
    const once = rotate(FIRST, START_MS).rotated;
    const twice = planRotation(once, { newKey: freshKey(), nowMs: START_MS + 999, tokenLifetimeMs: LIFETIME_MS });
    expect(twice).toEqual({ ok: false, error: { kind: "too-soon", currentId: once.current } });
  });
});
