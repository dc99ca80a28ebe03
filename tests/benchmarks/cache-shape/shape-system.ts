/** The Worker of both shapes and the edge in one workerd, with objects of three sizes in a bucket that is far away. */
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { PREWARM_TOKEN_USE, type PrewarmTokenClaims, prewarmPath } from "#domain/delivery/prewarm-token.ts";
import { importKeyring, signToken, type TokenLifetime } from "#domain/foundation/signed-token.ts";
import { freshSecrets } from "#scripts/fresh-secrets.ts";
import { childPid } from "../process-cpu.ts";
import { bundleWorker } from "../worker-bundle.ts";

const MEGABYTE = 1_000_000;
/** About what R2 takes for a first byte from a point of presence near it. */
export const LATENCY_MS = 30;
export const CHUNK_BYTES = 1_024 ** 2;

/** A song in Vorbis, one in FLAC, and a recording of many hours. */
export const SIZES = { song: 5 * MEGABYTE, lossless: 40 * MEGABYTE, large: 500 * MEGABYTE } as const;
/** R2 takes parts of one size, the last one aside. */
const PART_BYTES = 10 * MEGABYTE;

export type SizeName = keyof typeof SIZES;

export interface ShapeSystem extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly edgePort: number;
  readonly keys: Readonly<Record<SizeName, string>>;
  /** The path that has the edge fill its cache with the object. */
  prewarmPath(size: SizeName): Promise<string>;
}

/** The name stands for the bytes, and nothing here looks whether it is true of them. */
function nameOf(size: SizeName) {
  return { sha256: String(SIZES[size]).padStart(64, "0"), extension: "flac" };
}

function keyOf(size: SizeName): string {
  const { sha256, extension } = nameOf(size);
  return `a/${sha256}.${extension}`;
}

export async function startShapeSystem(): Promise<ShapeSystem> {
  const { AUDIO_TOKEN_KEYS = "" } = freshSecrets();
  const miniflare = await startMiniflare(AUDIO_TOKEN_KEYS);
  try {
    await miniflare.ready;
    const bucket = await miniflare.getR2Bucket("RENDITIONS", "shapes");
    for (const size of Object.keys(SIZES) as SizeName[]) await store(bucket, keyOf(size), SIZES[size]);
    const keyring = await importKeyring(AUDIO_TOKEN_KEYS);
    return {
      pid: await childPid("workerd"),
      port: Number((await miniflare.unsafeGetDirectURL("shapes")).port),
      edgePort: Number((await miniflare.unsafeGetDirectURL("edge")).port),
      keys: { song: keyOf("song"), lossless: keyOf("lossless"), large: keyOf("large") },
      async prewarmPath(size) {
        const path = prewarmPath(nameOf(size));
        const nbf = Math.floor(Date.now() / 1_000);
        const claims: PrewarmTokenClaims & TokenLifetime = { acl: path, sizeBytes: SIZES[size], nbf, exp: nbf + 600 };
        return `${path}?token=${await signToken(keyring, PREWARM_TOKEN_USE, claims)}`;
      },
      [Symbol.asyncDispose]: () => miniflare.dispose(),
    };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

async function startMiniflare(AUDIO_TOKEN_KEYS: string): Promise<Miniflare> {
  const config = unstable_readConfig({ config: "wrangler.toml" });
  const shapes = await bundleWorker(fileURLToPath(new URL("shape-worker.ts", import.meta.url)));
  const worker = (name: string, script: string) => ({
    name,
    modules: true,
    script,
    compatibilityDate: config.compatibility_date ?? "",
    compatibilityFlags: config.compatibility_flags,
    cacheAPI: true,
    bindings: { AUDIO_TOKEN_KEYS, LATENCY_MS, CHUNK_BYTES },
    r2Buckets: { RENDITIONS: "renditions", RENDITIONS_REPLICA: "renditions-replica" },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  });
  const options = convertV4MiniflareOptions({
    workers: [worker("shapes", shapes), worker("edge", await bundleWorker("workers/edge/index.ts"))],
    cf: false,
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => {
      if (level === "error" || level === "warn") console.error(message);
    },
  });
  return new Miniflare(options);
}

type Bucket = Awaited<ReturnType<Miniflare["getR2Bucket"]>>;

/** In parts, each of one byte's value, so that no process holds all of it. */
async function store(bucket: Bucket, key: string, sizeBytes: number): Promise<void> {
  const upload = await bucket.createMultipartUpload(key);
  const parts = [];
  for (let number = 1; (number - 1) * PART_BYTES < sizeBytes; number++) {
    const partBytes = Math.min(PART_BYTES, sizeBytes - (number - 1) * PART_BYTES);
    parts.push(await upload.uploadPart(number, new Uint8Array(partBytes).fill(number)));
  }
  await upload.complete(parts);
}
