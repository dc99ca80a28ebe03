/** What the tests of the edge share: renditions in the real bucket, deals in the real store, tokens with the real keys. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { AUDIO_TOKEN_USE, type AudioTokenClaims, audioPath, renditionKey } from "#domain/delivery/audio-token.ts";
import type { AccountId, PlaybackId, RecordingId } from "#domain/foundation/ids.ts";
import { hexOf } from "#domain/foundation/sha256.ts";
import { signToken, type TokenLifetime } from "#domain/foundation/signed-token.ts";
import { availabilityKey, compileAvailability } from "#domain/rights/availability.ts";
import { COMMERCIAL_MODELS, type Deal, USE_TYPES, WORLDWIDE } from "#domain/rights/deals.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { EdgeRequest } from "./edge-request.ts";
import edge from "./index.ts";
import { requestTarget } from "./request-target.ts";

export const edgeEnv = env as unknown as EdgeEnv;
export const ORIGIN = "https://rimshot.example";
export const COUNTRY = "DE";
export const RENDITION_BYTES = 10_000;
/** One that was signed just now would be believed without asking for rights. */
const TOKEN_AGE_SECONDS = 30;

export interface Published {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
  readonly path: string;
  readonly key: string;
  readonly track: RecordingId;
}

export const WORLDWIDE_DEAL: Deal = {
  territories: [WORLDWIDE],
  excludedTerritories: [],
  commercialModels: COMMERCIAL_MODELS,
  useTypes: USE_TYPES,
  startsAt: 0,
  endsAt: null,
};

/** A rendition of random bytes, each time another: nothing an isolate remembers is of an earlier test. */
export async function publish(deals: readonly Deal[] = [WORLDWIDE_DEAL]): Promise<Published> {
  const rendition = await unstored();
  await edgeEnv.RENDITIONS.put(rendition.key, rendition.bytes);
  await grant(rendition.track, deals);
  return rendition;
}

/** As `publish` names it, but in no bucket and with no deal. */
export async function unstored(): Promise<Published> {
  const bytes = crypto.getRandomValues(new Uint8Array(RENDITION_BYTES));
  const name = { sha256: hexOf(await crypto.subtle.digest("SHA-256", bytes)), extension: "ogg" };
  return { bytes, sha256: name.sha256, path: audioPath(name), key: renditionKey(name), track: freshId<RecordingId>() };
}

export async function grant(track: RecordingId, deals: readonly Deal[]): Promise<void> {
  await edgeEnv.RIGHTS.put(availabilityKey(track), JSON.stringify(compileAvailability(deals)));
}

export function audioClaims(
  { path, track }: Published,
  claims: Partial<AudioTokenClaims & TokenLifetime> = {},
): AudioTokenClaims & TokenLifetime {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return {
    playback: freshId<PlaybackId>(),
    sub: freshId<AccountId>(),
    track,
    acl: path,
    country: COUNTRY,
    model: "SubscriptionModel",
    quality: "vorbis-160",
    sizeBytes: RENDITION_BYTES,
    nbf: nowSeconds - TOKEN_AGE_SECONDS,
    exp: nowSeconds + 600,
    ...claims,
  };
}

export async function sign(rendition: Published, claims?: Partial<AudioTokenClaims & TokenLifetime>): Promise<string> {
  return signToken(await keyringOf(edgeEnv.AUDIO_TOKEN_KEYS), AUDIO_TOKEN_USE, audioClaims(rendition, claims));
}

export async function signedPath(rendition: Published, claims?: Partial<AudioTokenClaims & TokenLifetime>) {
  return `${rendition.path}?token=${await sign(rendition, claims)}`;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Null for a request whose country the platform says nothing about. */
  readonly country?: string | null;
  /** The network it comes from; none unless it is given. */
  readonly asn?: number | null;
  /** Bindings that are not as they should be. */
  readonly bindings?: Partial<EdgeEnv>;
  /** The whole env, where several requests are to be of one. */
  readonly env?: EdgeEnv;
}

/** As a route gets it, for a URL that was not tidied up on the way. */
export function routedRequest(url: string, bindings: Partial<EdgeEnv> = {}): EdgeRequest {
  const request = new Request(ORIGIN, { cf: { country: COUNTRY } as unknown as CfProperties });
  const received = { target: requestTarget(url), receivedAtMs: Date.now() };
  return new EdgeRequest(request, { ...edgeEnv, ...bindings }, createExecutionContext(), received);
}

/** The edge's answer, as soon as it is there; `settled` waits for what goes on beside it. */
export async function begin(
  path: string,
  asked: Asked = {},
): Promise<{ answer: Response; settled: () => Promise<void> }> {
  const { method = "GET", headers = {}, body, country = COUNTRY, asn = null, bindings = {}, env: wholeEnv } = asked;
  const request = new Request(`${ORIGIN}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(country === null ? {} : { cf: { country, ...(asn === null ? {} : { asn }) } as unknown as CfProperties }),
  });
  const context = createExecutionContext();
  const answer = await edge.fetch(request, wholeEnv ?? { ...edgeEnv, ...bindings }, context);
  return { answer, settled: () => waitOnExecutionContext(context) };
}

export async function ask(path: string, asked: Asked = {}): Promise<Response> {
  const { answer, settled } = await begin(path, asked);
  await settled();
  return answer;
}

/** A bucket and a store that write down each read, in front of the real ones. */
export function watchedStorage() {
  const reads: string[] = [];
  const { RENDITIONS, RIGHTS } = edgeEnv;
  const renditions = {
    get: (key: string, options: R2GetOptions) => {
      reads.push(options?.range === undefined ? `get ${key}` : `range ${key}`);
      return RENDITIONS.get(key, options);
    },
    head: (key: string) => {
      reads.push(`head ${key}`);
      return RENDITIONS.head(key);
    },
  };
  const rights = {
    get: (key: string, options: KVNamespaceGetOptions<"text">) => {
      reads.push(`rights ${key}`);
      return RIGHTS.get(key, options);
    },
  };
  const bindings = { RENDITIONS: renditions, RIGHTS: rights } as unknown as Pick<EdgeEnv, "RENDITIONS" | "RIGHTS">;
  return { reads, bindings };
}

export async function problemOf(answer: Response): Promise<{ type: string; detail?: string }> {
  return answer.json<{ type: string; detail?: string }>();
}
