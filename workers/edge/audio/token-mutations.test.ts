/** Every single bit of a thousand tokens, changed: none of it opens anything, and none of it is looked up anywhere. */
import { expect, it } from "vitest";
import { AUDIO_TOKEN_USE } from "#domain/delivery/audio-token.ts";
import { signToken, verifyToken } from "#domain/foundation/signed-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { ask, audioClaims, edgeEnv, publish, sign, unstored, watchedStorage } from "../edge-fixtures.ts";

const TOKENS = 1_000;
const BITS = 8;
const SLOW_MS = 300_000;

function* mutations(token: string): Generator<string> {
  for (let index = 0; index < token.length; index++) {
    for (let bit = 0; bit < BITS; bit++) {
      const changed = String.fromCharCode(token.charCodeAt(index) ^ (1 << bit));
      yield token.slice(0, index) + changed + token.slice(index + 1);
    }
  }
}

it("a token with any one bit changed is refused, of a thousand tokens all [TOK-2]", { timeout: SLOW_MS }, async () => {
  const keyring = await keyringOf(edgeEnv.AUDIO_TOKEN_KEYS);
  let tried = 0;
  for (let i = 0; i < TOKENS; i++) {
    const nowMs = Date.now();
    const token = await signToken(keyring, AUDIO_TOKEN_USE, audioClaims(await unstored()));
    expect((await verifyToken(keyring, AUDIO_TOKEN_USE, token, nowMs)).ok).toBe(true);
    const verdicts = await Promise.all(
      Array.from(mutations(token), (mutation) => verifyToken(keyring, AUDIO_TOKEN_USE, mutation, nowMs)),
    );
    expect(verdicts.filter(({ ok }) => ok)).toEqual([]);
    tried += verdicts.length;
  }
  expect(tried).toBeGreaterThan(TOKENS * 3_000);
});

it("and is refused at the edge before store, cache or bucket are asked, whichever bit it is [TOK-9]", async () => {
  const rendition = await publish();
  const token = await sign(rendition);
  const { reads, bindings } = watchedStorage();
  for (const mutation of mutations(token)) {
    // These two end the query or the path: then it is another URL with a shorter token.
    if (mutation.includes("#")) continue;
    const answer = await ask(`${rendition.path}?token=${mutation}`, { bindings });
    expect(answer.status, mutation).toBe(403);
  }
  expect(reads).toEqual([]);
});
