/** Keys change while listeners listen: the very steps of `npm run keys:rotate`, with requests all the while. */
import { expect, it } from "vitest";
import { AUDIO_TOKEN_USE } from "#domain/delivery/audio-token.ts";
import { encodeBase64url } from "#domain/foundation/base64url.ts";
import { type KeyringText, planRotation } from "#domain/foundation/keyring-rotation.ts";
import { signToken } from "#domain/foundation/signed-token.ts";
import { rotateRing } from "#scripts/keys/rotate-ring.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { ask, audioClaims, edgeEnv, publish } from "../edge-fixtures.ts";

const LISTENERS = 8;
const RANGES_PER_TOKEN = 5;
const STEP_POLL_MS = 5;

it("no request fails while keys are rotated, three times over, under load [TOK-12]", async () => {
  const rendition = await publish();
  const before = JSON.parse(edgeEnv.AUDIO_TOKEN_KEYS) as KeyringText;
  // Each Worker has the ring that it was last given. The api signs, the edge verifies.
  const held = new Map<string, KeyringText>([
    ["api", before],
    ["edge", before],
  ]);
  const ringOf = (worker: string) => JSON.stringify(held.get(worker));
  const signedBy = new Set<string>();
  const statuses: number[] = [];
  let isRotating = true;
  const listen = async () => {
    let token: string | null = null;
    for (let ranges = 0; isRotating; ranges++) {
      // A token serves for a while, so that those of the key before are still in use when it has changed.
      if (token === null || ranges % RANGES_PER_TOKEN === 0) {
        signedBy.add(held.get("api")?.current ?? "");
        token = await signToken(await keyringOf(ringOf("api")), AUDIO_TOKEN_USE, audioClaims(rendition));
      }
      const bindings = { AUDIO_TOKEN_KEYS: ringOf("edge") };
      const answer = await ask(`${rendition.path}?token=${token}`, { headers: { range: "bytes=0-9" }, bindings });
      statuses.push(answer.status);
      await answer.arrayBuffer();
    }
  };
  const rotate = async () => {
    // However slow the machine is: in each step the listeners use the tokens they have, and sign new ones.
    const pause = async () => {
      const until = statuses.length + LISTENERS * RANGES_PER_TOKEN;
      while (statuses.length < until) await new Promise<void>((resolve) => setTimeout(resolve, STEP_POLL_MS));
    };
    try {
      // Either may be given it first: a rotation must not depend on the order.
      for (const [round, workers] of [
        ["api", "edge"],
        ["edge", "api"],
        ["api", "edge"],
      ].entries()) {
        const newKey = encodeBase64url(crypto.getRandomValues(new Uint8Array(32)));
        const nowMs = Date.now() + round * 2_000;
        const ring = held.get("api") ?? before;
        const planned = planRotation(ring, { newKey, nowMs, tokenLifetimeMs: 600_000 });
        if (!planned.ok) throw new Error(planned.error.kind);
        await rotateRing(planned.value, {
          workers,
          save: pause,
          settle: pause,
          put: async (worker, given) => {
            held.set(worker, given);
            await pause();
          },
        });
      }
    } finally {
      isRotating = false;
    }
  };
  await Promise.all([rotate(), ...Array.from({ length: LISTENERS }, listen)]);
  expect(statuses.length).toBeGreaterThan(50);
  expect(statuses.filter((status) => status !== 206)).toEqual([]);
  expect(signedBy.size).toBe(4);
});
