import { expect, test } from "vitest";
import { accessTokenKeeper, expiryOf } from "./access-token.ts";

function jwt(expSeconds: number, name = "a"): string {
  return `${name}.${btoa(JSON.stringify({ exp: expSeconds })).replaceAll("=", "")}.s`;
}

test("asks once for all who wait at the same time", async () => {
  let calls = 0;
  const keeper = accessTokenKeeper(
    async () => jwt(600, String(++calls)),
    () => 0,
  );
  const tokens = await Promise.all([keeper.get(), keeper.get(), keeper.get()]);
  expect(calls).toBe(1);
  expect(new Set(tokens).size).toBe(1);
});

test("renews a minute before the token expires and not earlier", async () => {
  let calls = 0;
  let nowMs = 0;
  const keeper = accessTokenKeeper(
    async () => {
      calls++;
      return jwt(600);
    },
    () => nowMs,
  );
  await keeper.get();
  nowMs = 539_000;
  await keeper.get();
  expect(calls).toBe(1);
  nowMs = 540_000;
  await keeper.get();
  expect(calls).toBe(2);
});

test("fetches another after a refusal, but only for the token that was refused", async () => {
  let calls = 0;
  const keeper = accessTokenKeeper(
    async () => jwt(600, String(++calls)),
    () => 0,
  );
  const first = await keeper.get();
  keeper.drop("some older token");
  expect(await keeper.get()).toBe(first);
  keeper.drop(first ?? "");
  expect(await keeper.get()).not.toBe(first);
});

test("does not hand the token of an account to the one that signed in meanwhile", async () => {
  const answers: ((token: string) => void)[] = [];
  const keeper = accessTokenKeeper(
    () => new Promise((resolve) => answers.push(resolve)),
    () => 0,
  );
  const before = keeper.get();
  keeper.clear();
  const after = keeper.get();
  answers[0]?.(jwt(600, "old"));
  answers[1]?.(jwt(600, "new"));
  expect(await before).toBeNull();
  expect(await after).toBe(jwt(600, "new"));
  expect(await keeper.get()).toBe(jwt(600, "new"));
});

test("tries again after the token could not be fetched", async () => {
  let calls = 0;
  const keeper = accessTokenKeeper(
    async () => {
      if (calls++ === 0) throw new Error("offline");
      return jwt(600);
    },
    () => 0,
  );
  await expect(keeper.get()).rejects.toThrow("offline");
  expect(await keeper.get()).toBe(jwt(600));
});

test("takes a token it cannot read as expired", () => {
  expect(expiryOf("nonsense")).toBe(0);
  expect(expiryOf("a.b.c")).toBe(0);
  expect(expiryOf(jwt(7))).toBe(7_000);
});

test("asks once for a guest, and again after the sign-in", async () => {
  let calls = 0;
  const keeper = accessTokenKeeper(
    async () => (calls++ === 0 ? null : jwt(600)),
    () => 0,
  );
  expect(await keeper.get()).toBeNull();
  expect(await keeper.get()).toBeNull();
  expect(calls).toBe(1);
  keeper.clear();
  expect(await keeper.get()).toBe(jwt(600));
});
