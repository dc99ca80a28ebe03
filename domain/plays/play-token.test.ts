import { expect, test } from "vitest";
import { importKeyring, signToken } from "#domain/foundation/signed-token.ts";
import { DAY_MS } from "#domain/foundation/time.ts";
import { PLAY_TOKEN_LIFETIME_MS, signPlayToken, verifyPlayToken } from "./play-token.ts";
import { playTokenClaims } from "./plays-fixtures.ts";
import { makeSubjectId } from "./subject.ts";

const ISSUED_AT_MS = Date.UTC(2026, 10, 23, 12);
const keyring = await importKeyring(JSON.stringify({ current: "a", keys: { a: "A".repeat(43) } }));

test("is good for reporting for 35 days and no longer [PLAY-8]", async () => {
  const claims = playTokenClaims(ISSUED_AT_MS);
  const token = await signPlayToken(keyring, claims);
  expect(PLAY_TOKEN_LIFETIME_MS).toBe(35 * DAY_MS);
  const lastMoment = await verifyPlayToken(keyring, token, ISSUED_AT_MS + 35 * DAY_MS - 1);
  expect(lastMoment).toMatchObject({ ok: true, value: { ...claims } });
  const after = await verifyPlayToken(keyring, token, ISSUED_AT_MS + 35 * DAY_MS);
  expect(after).toEqual({ ok: false, error: { kind: "expired" } });
});

test("is not any other token that the same key signed [PLAY-8]", async () => {
  const lifetime = { nbf: ISSUED_AT_MS / 1_000, exp: ISSUED_AT_MS / 1_000 + 60 };
  const token = await signToken(keyring, "audio", { ...playTokenClaims(ISSUED_AT_MS), ...lifetime });
  expect(await verifyPlayToken(keyring, token, ISSUED_AT_MS)).toEqual({ ok: false, error: { kind: "wrong-use" } });
});

test("names a subject that is nothing but its random bytes [PLAY-16]", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i);
  expect(makeSubjectId(bytes)).toBe(makeSubjectId(Uint8Array.from(bytes)));
  expect(makeSubjectId(bytes)).toMatch(/^[0-9A-Za-z]{22}$/);
  expect(() => makeSubjectId(new Uint8Array(8))).toThrow(RangeError);
});
