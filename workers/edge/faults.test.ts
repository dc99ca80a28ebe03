/** What the edge still does when parts of the service are away: the table of docs/specs/failures.md, cell by cell. */
import { describe, expect, it, vi } from "vitest";
import { parseAudioPath } from "#domain/delivery/audio-token.ts";
import { PREWARM_TOKEN_USE, type PrewarmTokenClaims, prewarmPath } from "#domain/delivery/prewarm-token.ts";
import { signToken } from "#domain/foundation/signed-token.ts";
import { keyringOf } from "#workers/shared/auth/keyrings.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { ask, edgeEnv, type Published, publish, RENDITION_BYTES, type sign, signedPath } from "./edge-fixtures.ts";
import {
  type Answers,
  answersTo,
  answerTo,
  newIsolate,
  type Outage,
  prepareOutages,
  type Question,
  RANGE,
  takeAway,
} from "./outage-fixtures.ts";

const MINUTE_MS = 60_000;
const TAKEDOWNS_CACHE_URL = "https://takedowns.internal/recent";

prepareOutages();

/** In both buckets, as ingest leaves it. */
async function publishTwice(...deals: Parameters<typeof publish>): Promise<Published> {
  const rendition = await publish(...deals);
  await edgeEnv.RENDITIONS_REPLICA.put(rendition.key, rendition.bytes);
  return rendition;
}

async function prewarmOf(rendition: Published): Promise<string> {
  const name = parseAudioPath(rendition.path);
  if (name === null) throw new Error(rendition.path);
  const nbf = Math.floor(Date.now() / 1_000);
  const acl = prewarmPath(name);
  const claims: PrewarmTokenClaims & { nbf: number; exp: number } = {
    acl,
    sizeBytes: RENDITION_BYTES,
    nbf,
    exp: nbf + 600,
  };
  return `${acl}?token=${await signToken(await keyringOf(edgeEnv.AUDIO_TOKEN_KEYS), PREWARM_TOKEN_USE, claims)}`;
}

/** What listeners do, with what they have begun while all was well, and what each of it comes to while all is well. */
const WELL = {
  "goes on, from the cache": 206,
  "goes on, not in the cache": 206,
  "goes on, in an isolate that has just begun": 206,
  "begins with a token nobody has seen": 206,
  HEAD: 200,
  prewarm: 204,
  "a forged token": 403,
  "a token that has run out": 403,
  "a token of another country": 403,
  "a track that was refused before": 451,
  preflight: 204,
  "/healthz": 200,
  "/readyz": 200,
  "a call of the api": 200,
  "a call of ingest": 401,
  "a call of realtime": 400,
};

type Use = keyof typeof WELL;

/** The questions, once all of them that can have begun have, in an isolate that then loses what is away. */
async function beginUses(): Promise<Record<Use, Question>> {
  await caches.default.delete(TAKEDOWNS_CACHE_URL);
  const [cached, uncached, unseen, refused] = await Promise.all([
    publishTwice(),
    publishTwice(),
    publishTwice(),
    publishTwice([]),
  ]);
  const isolate = newIsolate();
  const fresh = newIsolate();
  const range = async (rendition: Published, of: EdgeEnv, claims?: Parameters<typeof sign>[1]): Promise<Question> => ({
    path: await signedPath(rendition, claims),
    env: of,
    headers: RANGE,
    bytes: rendition.bytes.subarray(100, 200),
  });
  const [begun, alsoBegun, closed] = [await range(cached, isolate), await range(uncached, isolate), refused];
  expect(await statusOf(begun)).toBe(206);
  expect(await statusOf({ ...alsoBegun, method: "HEAD" })).toBe(200);
  const wasRefused = await range(closed, isolate);
  expect(await statusOf(wasRefused)).toBe(451);
  // Another isolate of this point of presence would have the list from here.
  await caches.default.delete(TAKEDOWNS_CACHE_URL);
  const [origin = ""] = edgeEnv.CORS_ORIGINS.split(" ");
  const past = Math.floor(Date.now() / 1_000) - 600;
  return {
    "goes on, from the cache": begun,
    "goes on, not in the cache": alsoBegun,
    "goes on, in an isolate that has just begun": { ...begun, env: fresh },
    "begins with a token nobody has seen": await range(unseen, fresh),
    HEAD: { path: await signedPath(await publishTwice()), env: fresh, method: "HEAD" },
    prewarm: { path: await prewarmOf(await publishTwice()), env: fresh, method: "POST" },
    "a forged token": { ...begun, path: begun.path.slice(0, -2) + (begun.path.endsWith("AA") ? "BB" : "AA") },
    "a token that has run out": await range(unseen, fresh, { nbf: past, exp: past + 599 }),
    "a token of another country": await range(unseen, fresh, { country: "FR" }),
    "a track that was refused before": wasRefused,
    preflight: {
      path: begun.path,
      env: fresh,
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "GET" },
    },
    "/healthz": { path: "/healthz", env: fresh },
    "/readyz": { path: "/readyz", env: fresh },
    "a call of the api": { path: "/v1/search?q=x&type=track", env: fresh },
    "a call of ingest": { path: "/v1/ingest/releases", env: fresh },
    "a call of realtime": { path: `/v1/playlists/${freshId()}/live`, env: fresh },
  };
}

async function statusOf({ path, ...asked }: Question): Promise<number> {
  const answer = await ask(path, asked);
  await answer.arrayBuffer();
  return answer.status;
}

interface Fault {
  readonly name: string;
  readonly away: Outage;
  /** Where something else comes of it than while all is well. */
  readonly differs: Partial<Answers<Use>>;
}

const NOT_READY = { "/readyz": 503 };
const REST: Outage = {
  RIGHTS: "throws",
  DELIVERIES: "throws",
  API: "throws",
  INGEST: "throws",
  REALTIME: "throws",
  ACCOUNTING: "throws",
};
const NO_WORKER_BEHIND = { ...NOT_READY, "a call of the api": 503, "a call of ingest": 503, "a call of realtime": 503 };
const NO_BUCKET = { "goes on, not in the cache": 503, "begins with a token nobody has seen": 503, HEAD: 503 };

const FAULTS: readonly Fault[] = [
  { name: "nothing", away: {}, differs: {} },
  { name: "the primary bucket fails", away: { RENDITIONS: "throws" }, differs: NOT_READY },
  { name: "the primary bucket hangs", away: { RENDITIONS: "hangs" }, differs: NOT_READY },
  { name: "the replica fails", away: { RENDITIONS_REPLICA: "throws" }, differs: {} },
  {
    name: "both buckets fail",
    away: { RENDITIONS: "throws", RENDITIONS_REPLICA: "throws" },
    differs: { ...NOT_READY, ...NO_BUCKET, prewarm: 503 },
  },
  { name: "the store of rights fails", away: { RIGHTS: "throws" }, differs: NOT_READY },
  { name: "the store of rights hangs", away: { RIGHTS: "hangs" }, differs: NOT_READY },
  { name: "the takedowns object fails", away: { TAKEDOWNS: "throws" }, differs: {} },
  { name: "the takedowns object hangs", away: { TAKEDOWNS: "hangs" }, differs: {} },
  { name: "the queue of deliveries fails", away: { DELIVERIES: "throws" }, differs: {} },
  { name: "the queue of deliveries hangs", away: { DELIVERIES: "hangs" }, differs: {} },
  { name: "the api is down", away: { API: "throws" }, differs: { ...NOT_READY, "a call of the api": 503 } },
  { name: "ingest is down", away: { INGEST: "throws" }, differs: { ...NOT_READY, "a call of ingest": 503 } },
  { name: "realtime is down", away: { REALTIME: "throws" }, differs: { ...NOT_READY, "a call of realtime": 503 } },
  { name: "accounting is down", away: { ACCOUNTING: "throws" }, differs: NOT_READY },
  { name: "the cache fails", away: { cache: "throws" }, differs: { prewarm: 503 } },
  {
    name: "everything but the replica fails",
    away: { ...REST, TAKEDOWNS: "throws", RENDITIONS: "throws", cache: "throws" },
    differs: { ...NO_WORKER_BEHIND, prewarm: 503 },
  },
  {
    name: "everything but the replica hangs or fails",
    away: { ...REST, RIGHTS: "hangs", TAKEDOWNS: "hangs", DELIVERIES: "hangs", RENDITIONS: "hangs" },
    differs: NO_WORKER_BEHIND,
  },
  {
    name: "everything but the cache fails",
    away: { ...REST, TAKEDOWNS: "throws", RENDITIONS: "throws", RENDITIONS_REPLICA: "throws" },
    differs: { ...NO_WORKER_BEHIND, ...NO_BUCKET, prewarm: 503 },
  },
];

describe("where a part is away, listeners go on as long as the bytes are anywhere, and nothing opens", () => {
  it.each(FAULTS)("$name [FLT-1] [FLT-2] [FLT-3] [FLT-4] [FLT-7]", async ({ away: outage, differs }) => {
    const questions = await beginUses();
    const began = Date.now();
    takeAway(outage);
    expect(await answersTo(questions)).toEqual({ ...WELL, ...differs });
    // The isolate's memories of rights and takedowns have run out, the token has not.
    vi.useFakeTimers({ toFake: ["Date"], now: began + MINUTE_MS });
    expect(await answersTo(questions)).toEqual({ ...WELL, ...differs });
    // Nobody has to do anything when it is back.
    takeAway({});
    vi.setSystemTime(began + 2 * MINUTE_MS);
    expect(await answersTo(questions)).toEqual(WELL);
  });

  it("the secret that tokens are checked with cannot be read: a 503, never audio [FLT-4]", async () => {
    const { "goes on, from the cache": begun, "a forged token": forged } = await beginUses();
    for (const AUDIO_TOKEN_KEYS of ["", "{}", "nonsense"]) {
      const of = newIsolate({ AUDIO_TOKEN_KEYS });
      for (const question of [begun, forged]) expect(await answerTo({ ...question, env: of })).toBe(503);
    }
  });
});
