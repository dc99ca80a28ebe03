import { beforeAll, describe, expect, it, vi } from "vitest";
import { renditionKey } from "#domain/delivery/audio-token.ts";
import { sha256Hex } from "#domain/foundation/sha256.ts";
import {
  answered,
  bindings,
  type Caller,
  call,
  claimUpload,
  leasePath,
  newCaller,
  newRelease,
  noise,
  send,
  untilState,
} from "#workers/ingest/ingest-fixtures.ts";
import { replicateRendition } from "./replicate-rendition.ts";

let artist: Caller;
let job: Caller;

beforeAll(async () => {
  artist = await newCaller("artist");
  job = await newCaller("job");
});

let seed = 9_000;

/** A rendition in the first bucket alone. */
async function stored(sizeBytes = 40_000) {
  seed += 1;
  const bytes = noise(sizeBytes, seed);
  const key = renditionKey({ sha256: await sha256Hex(bytes), extension: "flac" });
  await bindings.RENDITIONS.put(key, bytes, { httpMetadata: { contentType: "audio/flac" } });
  return { bytes, key };
}

/** The replica's bucket, with its writes noted. */
function countedReplica() {
  const { RENDITIONS_REPLICA } = bindings;
  const puts: string[] = [];
  const storageClasses: (string | undefined)[] = [];
  const replica = {
    head: (key: string) => RENDITIONS_REPLICA.head(key),
    put: (key: string, body: ReadableStream, options: R2PutOptions) => {
      puts.push(key);
      storageClasses.push(options.storageClass);
      return RENDITIONS_REPLICA.put(key, body, options);
    },
  } as unknown as R2Bucket;
  return { puts, storageClasses, env: { ...bindings, RENDITIONS_REPLICA: replica } };
}

describe("the replica of a rendition", () => {
  it("is made when the rendition is stored, and when one that is stored already is offered [DLV-34]", async () => {
    seed += 1;
    const upload = await send(artist, { releaseId: (await newRelease(artist)).id, bytes: noise(900, seed) });
    await untilState(artist, upload.id, "UPLOADED");
    const lease = await claimUpload(job, upload.id);
    const bytes = noise(30_000, seed);
    const sha256 = await sha256Hex(bytes);
    const key = renditionKey({ sha256, extension: "flac" });
    const offer = async () => {
      const body = { profile: "flac", sha256, size_bytes: bytes.byteLength };
      const path = leasePath(lease, "renditions");
      return (await answered<{ upload_url: string | null }>(call("POST", path, { as: job, body }), 200)).upload_url;
    };
    const untilCopied = () =>
      vi.waitFor(async () => expect((await bindings.RENDITIONS_REPLICA.head(key))?.size).toBe(bytes.byteLength));
    await answered(call("PUT", (await offer()) ?? "", { bytes }), 201);
    await untilCopied();
    const copy = await bindings.RENDITIONS_REPLICA.get(key);
    expect(new Uint8Array((await copy?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bytes);
    expect(copy?.httpMetadata).toMatchObject({ contentType: "audio/flac" });
    await bindings.RENDITIONS_REPLICA.delete(key);
    expect(await offer()).toBeNull();
    await untilCopied();
  });

  it("is written once, however often it is asked for, and again where it has another length [DLV-34]", async () => {
    const { bytes, key } = await stored();
    const { puts, env } = countedReplica();
    for (let i = 0; i < 3; i++) await replicateRendition(env, key);
    expect(puts).toEqual([key]);
    await bindings.RENDITIONS_REPLICA.put(key, bytes.slice(1));
    await replicateRendition(env, key);
    expect((await bindings.RENDITIONS_REPLICA.head(key))?.size).toBe(bytes.byteLength);
  });

  it("is put into the class of what is hardly ever read [DLV-50]", async () => {
    const { key } = await stored();
    // What class an object has the local bucket does not say, so this is as far as it can be seen.
    const { storageClasses, env } = countedReplica();
    await replicateRendition(env, key);
    expect(storageClasses).toEqual(["InfrequentAccess"]);
    expect((await bindings.RENDITIONS_REPLICA.head(key))?.size).toBe((await bindings.RENDITIONS.head(key))?.size);
  });

  it("is never other bytes than its name says: a damaged original is not spread [DLV-34]", async () => {
    const { bytes, key } = await stored();
    await bindings.RENDITIONS.put(key, bytes.toReversed());
    await expect(replicateRendition(bindings, key)).rejects.toThrow("10037");
    expect(await bindings.RENDITIONS_REPLICA.head(key)).toBeNull();
  });

  it("is asked for again where a bucket fails, and not where the original is gone [DLV-34]", async () => {
    const { key } = await stored();
    const down = { head: () => Promise.reject(new Error("down")) } as unknown as R2Bucket;
    await expect(replicateRendition({ ...bindings, RENDITIONS_REPLICA: down }, key)).rejects.toThrow("down");
    await expect(replicateRendition({ ...bindings, RENDITIONS: down }, key)).rejects.toThrow("down");
    await bindings.RENDITIONS.delete(key);
    await replicateRendition(bindings, key);
    expect(await bindings.RENDITIONS_REPLICA.head(key)).toBeNull();
  });

  it.each(["", "a/short.ogg", "u/master", `a/${"0".repeat(64)}.ogg/x`])("is not made of %j [DLV-34]", async (key) => {
    await expect(replicateRendition(bindings, key)).rejects.toThrow("no key of a rendition");
  });
});
