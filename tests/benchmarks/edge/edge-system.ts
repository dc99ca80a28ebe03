/**
 * The edge and the bare Worker in one workerd, each on a port that leads straight into it. The edge runs twice, with
 * a cache and without. Buckets, stores and caches are Miniflare's, so times hold as ratios only.
 */
import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { AUDIO_TOKEN_USE, type AudioTokenClaims, audioPath, renditionKey } from "#domain/delivery/audio-token.ts";
import { type AccountId, ID_RANDOM_BYTES, makeId, type PlaybackId, type RecordingId } from "#domain/foundation/ids.ts";
import { importKeyring, type Keyring, signToken } from "#domain/foundation/signed-token.ts";
import { availabilityKey, compileAvailability } from "#domain/rights/availability.ts";
import { COMMERCIAL_MODELS, USE_TYPES, WORLDWIDE } from "#domain/rights/deals.ts";
import { freshSecrets } from "#scripts/fresh-secrets.ts";
import { childPid } from "../process-cpu.ts";
import { bundleWorker } from "../worker-bundle.ts";

export const COUNTRY = "DE";
export const RENDITION_BYTES = 5 * 1_024 ** 2;
const RENDITIONS = 8;
const TOKEN_SECONDS = 600;

export interface Rendition {
  readonly path: string;
  readonly key: string;
  readonly track: RecordingId;
  readonly bytes: Uint8Array;
}

export interface EdgeSystem extends AsyncDisposable {
  readonly pid: number;
  readonly ports: { readonly edge: number; readonly uncachedEdge: number; readonly bare: number };
  readonly renditions: readonly Rendition[];
  readonly edgeScript: string;
  /** A path with a fresh token: a listener who begins to play. */
  signedPath(rendition: Rendition): Promise<string>;
}

export async function startEdgeSystem(edgeEntry: string): Promise<EdgeSystem> {
  const edgeScript = await bundleWorker(edgeEntry);
  const bareScript = await bundleWorker(fileURLToPath(new URL("bare-worker.ts", import.meta.url)));
  const objectsScript = await bundleWorker("durable-objects/rights/takedowns-object.ts");
  const { AUDIO_TOKEN_KEYS = "" } = freshSecrets();
  const miniflare = startMiniflare({ edge: edgeScript, bare: bareScript, objects: objectsScript }, AUDIO_TOKEN_KEYS);
  try {
    await miniflare.ready;
    const port = async (name: string) => Number((await miniflare.unsafeGetDirectURL(name)).port);
    const keyring = await importKeyring(AUDIO_TOKEN_KEYS);
    return {
      pid: await childPid("workerd"),
      ports: { edge: await port("edge"), uncachedEdge: await port("edge-uncached"), bare: await port("bare") },
      renditions: await publishRenditions(miniflare),
      edgeScript,
      signedPath: (rendition) => signedPath(keyring, rendition),
      [Symbol.asyncDispose]: () => miniflare.dispose(),
    };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

interface Scripts {
  readonly edge: string;
  readonly bare: string;
  readonly objects: string;
}

function startMiniflare(scripts: Scripts, AUDIO_TOKEN_KEYS: string): Miniflare {
  const config = unstable_readConfig({ config: "wrangler.toml" });
  const compatibility = {
    modules: true,
    compatibilityDate: config.compatibility_date ?? "",
    compatibilityFlags: config.compatibility_flags,
  };
  const worker = (name: string, script: string, cacheAPI: boolean) => ({
    ...compatibility,
    name,
    script,
    cacheAPI,
    bindings: { ...config.vars, AUDIO_TOKEN_KEYS },
    r2Buckets: { RENDITIONS: "renditions", RENDITIONS_REPLICA: "replica" },
    kvNamespaces: { RIGHTS: "rights" },
    durableObjects: { TAKEDOWNS: { className: "TakedownsObject", scriptName: "objects" } },
    queueProducers: { DELIVERIES: { queueName: "deliveries" } },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  });
  const objects = {
    ...compatibility,
    name: "objects",
    script: scripts.objects,
    durableObjects: { TAKEDOWNS: { className: "TakedownsObject", useSQLite: true } },
  };
  const options = convertV4MiniflareOptions({
    workers: [
      worker("edge", scripts.edge, true),
      worker("edge-uncached", scripts.edge, false),
      worker("bare", scripts.bare, true),
      objects,
    ],
    cf: false,
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => {
      if (level === "error" || level === "warn") console.error(message);
    },
  });
  return new Miniflare(options);
}

async function publishRenditions(miniflare: Miniflare): Promise<readonly Rendition[]> {
  const bucket = await miniflare.getR2Bucket("RENDITIONS", "edge");
  const rights = await miniflare.getKVNamespace("RIGHTS", "edge");
  const availability = compileAvailability([
    {
      territories: [WORLDWIDE],
      excludedTerritories: [],
      commercialModels: COMMERCIAL_MODELS,
      useTypes: USE_TYPES,
      startsAt: 0,
      endsAt: null,
    },
  ]);
  const renditions: Rendition[] = [];
  for (let i = 0; i < RENDITIONS; i++) {
    const bytes = randomBytes(RENDITION_BYTES);
    const name = { sha256: createHash("sha256").update(bytes).digest("hex"), extension: "ogg" };
    const track = newId<RecordingId>();
    await bucket.put(renditionKey(name), bytes);
    await rights.put(availabilityKey(track), JSON.stringify(availability));
    renditions.push({ path: audioPath(name), key: renditionKey(name), track, bytes });
  }
  return renditions;
}

async function signedPath(keyring: Keyring, { path, track }: Rendition): Promise<string> {
  const nbf = Math.floor(Date.now() / 1_000);
  const claims: AudioTokenClaims & { nbf: number; exp: number } = {
    playback: newId<PlaybackId>(),
    sub: newId<AccountId>(),
    track,
    acl: path,
    country: COUNTRY,
    model: "SubscriptionModel",
    quality: "vorbis-160",
    sizeBytes: RENDITION_BYTES,
    nbf,
    exp: nbf + TOKEN_SECONDS,
  };
  return `${path}?token=${await signToken(keyring, AUDIO_TOKEN_USE, claims)}`;
}

function newId<Id extends string>(): Id {
  return makeId<Id>(Date.now(), randomBytes(ID_RANDOM_BYTES));
}
