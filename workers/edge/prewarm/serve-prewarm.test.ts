import { afterEach, describe, expect, it, vi } from "vitest";
import { parseAudioPath } from "#domain/delivery/audio-token.ts";
import { PREWARM_TOKEN_USE, type PrewarmTokenClaims, prewarmPath } from "#domain/delivery/prewarm-token.ts";
import { signToken, type TokenLifetime } from "#domain/foundation/signed-token.ts";
import { HOUR_MS } from "#domain/foundation/time.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import {
  ask,
  begin,
  edgeEnv,
  grant,
  type Published,
  problemOf,
  publish,
  RENDITION_BYTES,
  sign,
  signedPath,
  unstored,
  WORLDWIDE_DEAL,
  watchedStorage,
} from "../edge-fixtures.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function pathOf({ path }: Published): string {
  const name = parseAudioPath(path);
  if (name === null) throw new Error(path);
  return prewarmPath(name);
}

async function signPrewarm(
  rendition: Published,
  claims: Partial<PrewarmTokenClaims & TokenLifetime> = {},
  use = PREWARM_TOKEN_USE,
): Promise<string> {
  const nbf = Math.floor(Date.now() / 1_000);
  const all = { acl: pathOf(rendition), sizeBytes: RENDITION_BYTES, nbf, exp: nbf + 600, ...claims };
  return signToken(await keyringOf(edgeEnv.AUDIO_TOKEN_KEYS), use, all);
}

async function prewarm(rendition: Published, asked: Parameters<typeof ask>[1] = {}): Promise<Response> {
  return ask(`${pathOf(rendition)}?token=${await signPrewarm(rendition)}`, { method: "POST", ...asked });
}

describe("a prewarm", () => {
  it("fills the cache once, says which it was, and never sends a byte [DLV-35]", async () => {
    const rendition = await publish();
    const { reads, bindings } = watchedStorage();
    for (const said of ["filled", "present", "present"]) {
      const answer = await prewarm(rendition, { bindings });
      expect([answer.status, answer.headers.get("x-cache"), await answer.text()]).toEqual([204, said, ""]);
    }
    expect(reads).toEqual([`get ${rendition.key}`]);
    const heard = await ask(await signedPath(rendition), { bindings });
    expect(new Uint8Array(await heard.arrayBuffer())).toEqual(rendition.bytes);
    expect(reads.filter((read) => read.endsWith(rendition.key))).toHaveLength(1);
  });

  it("before the release leaves listeners refused until the instant, then serves them from the cache [DLV-36]", async () => {
    const nowMs = Date.now();
    const releaseAt = nowMs + HOUR_MS;
    const rendition = await publish([{ ...WORLDWIDE_DEAL, startsAt: releaseAt }]);
    expect((await prewarm(rendition)).headers.get("x-cache")).toBe("filled");
    const lifetime = { nbf: Math.floor(nowMs / 1_000), exp: Math.floor(releaseAt / 1_000) + 600 };
    const path = await signedPath(rendition, lifetime);
    vi.useFakeTimers({ toFake: ["Date"], now: releaseAt - 1 });
    expect((await ask(path)).status).toBe(451);
    vi.setSystemTime(releaseAt);
    const { reads, bindings } = watchedStorage();
    const heard = await ask(path, { bindings });
    expect(new Uint8Array(await heard.arrayBuffer())).toEqual(rendition.bytes);
    expect(reads.filter((read) => read.endsWith(rendition.key))).toEqual([]);
  });

  it("takes a token for it alone: one of a listener, of another file, old or changed opens nothing [DLV-37]", async () => {
    const [rendition, other] = [await publish(), await publish()];
    const good = await signPrewarm(rendition);
    const { reads, bindings } = watchedStorage();
    const past = Math.floor(Date.now() / 1_000) - 600;
    const bad: [string, string][] = [
      ["", "token-invalid"],
      ["?token=", "token-invalid"],
      [`?token=${good}&a=1`, "token-invalid"],
      [`?token=${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`, "token-invalid"],
      [`?token=${await signPrewarm(other)}`, "token-invalid"],
      [`?token=${await sign(rendition)}`, "token-invalid"],
      [`?token=${await sign({ ...rendition, path: pathOf(rendition) })}`, "token-invalid"],
      [`?token=${await signPrewarm(rendition, { exp: past + 600, nbf: past })}`, "token-expired"],
    ];
    for (const [query, type] of bad) {
      const answer = await ask(pathOf(rendition) + query, { method: "POST", bindings });
      expect(answer.status, query).toBe(403);
      expect((await problemOf(answer)).type, query).toBe(`urn:rimshot:problem:${type}`);
    }
    // Nor does its token open the audio, under its own path or that of listeners.
    for (const acl of [rendition.path, pathOf(rendition)]) {
      const token = await signPrewarm(rendition, { acl });
      expect((await ask(`${rendition.path}?token=${token}`, { bindings })).status).toBe(403);
    }
    expect(reads).toEqual([]);
  });

  it("is a POST, to the one spelling of the path [DLV-37]", async () => {
    const rendition = await publish();
    const token = await signPrewarm(rendition);
    const get = await ask(`${pathOf(rendition)}?token=${token}`);
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    const spellings = ["x", "/", ".mp3"].map((end) => pathOf(rendition) + end);
    for (const path of [...spellings, "/prewarm/", "/prewarm//audio/x", pathOf(rendition).toUpperCase()]) {
      expect((await ask(`${path}?token=${token}`, { method: "POST" })).status, path).not.toBe(204);
    }
  });

  it("of what is not stored is a 404, of what cannot be read whole a 503 that leaves no entry [DLV-38]", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const missing = await unstored();
    expect((await prewarm(missing)).status).toBe(404);
    const rendition = await publish();
    const wrong = await signPrewarm(rendition, { sizeBytes: RENDITION_BYTES - 1 });
    expect((await ask(`${pathOf(rendition)}?token=${wrong}`, { method: "POST" })).status).toBe(503);
    const down = { get: () => Promise.reject(new Error("down")) } as unknown as R2Bucket;
    expect((await prewarm(rendition, { bindings: { RENDITIONS: down } })).status).toBe(503);
    vi.spyOn(caches.default, "put").mockRejectedValueOnce(new Error("the cache is down"));
    expect((await prewarm(rendition)).status).toBe(503);
    expect((await prewarm(rendition)).headers.get("x-cache")).toBe("filled");
  });

  it("says so where the cache keeps nothing, and reads no object that is too large for it [DLV-38]", async () => {
    const rendition = await publish();
    vi.spyOn(caches.default, "put").mockResolvedValue(undefined);
    expect((await prewarm(rendition)).headers.get("x-cache")).toBe("unkept");
    const { reads, bindings } = watchedStorage();
    const token = await signPrewarm(rendition, { sizeBytes: 512 * 1024 ** 2 + 1 });
    const answer = await ask(`${pathOf(rendition)}?token=${token}`, { method: "POST", bindings });
    expect(answer.headers.get("x-cache")).toBe("unkept");
    expect(reads).toEqual([]);
  });

  it("that is under way keeps listeners from filling the same entry [DLV-11]", async () => {
    const rendition = await publish();
    await grant(rendition.track, [WORLDWIDE_DEAL]);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reads: string[] = [];
    const bucket = {
      get: async (key: string, options?: R2GetOptions) => {
        reads.push(options?.range === undefined ? "whole" : "range");
        const object = await edgeEnv.RENDITIONS.get(key, options);
        if (options?.range === undefined) await held;
        return object;
      },
    } as unknown as R2Bucket;
    const bindings = { RENDITIONS: bucket, RENDITIONS_REPLICA: bucket };
    const path = `${pathOf(rendition)}?token=${await signPrewarm(rendition)}`;
    const warming = begin(path, { method: "POST", bindings });
    await vi.waitFor(() => expect(reads).toContain("whole"), { interval: 1 });
    const listener = await ask(await signedPath(rendition), { headers: { range: "bytes=0-9" }, bindings });
    expect((await listener.arrayBuffer()).byteLength).toBe(10);
    expect(reads).toEqual(["whole", "range"]);
    release();
    expect((await warming).answer.headers.get("x-cache")).toBe("filled");
  });
});
