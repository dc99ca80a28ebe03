/**
 * Test support: a catalog made the way ingest makes it. Rows go in as the studio and the transcode job leave them, and
 * ingest's own code publishes them, so that what listeners read here is what they read in earnest.
 */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type * as z from "zod";
import type { Product } from "#domain/accounts/products.ts";
import type { Role } from "#domain/accounts/roles.ts";
import { nameKey } from "#domain/catalog/name-key.ts";
import type { ReleaseType } from "#domain/catalog/release-types.ts";
import { renditionKey } from "#domain/delivery/audio-token.ts";
import { encodeWaveform, WAVEFORM_PEAKS } from "#domain/delivery/waveform.ts";
import { fingerprintOf, sha256Hex } from "#domain/foundation/sha256.ts";
import { LADDER, MADE_PROFILES } from "#domain/ingest/ladder.ts";
import { recordingBlock } from "#domain/plays/play-sums.ts";
import { COMMERCIAL_MODELS, type Deal, USE_TYPES, WORLDWIDE } from "#domain/rights/deals.ts";
import { publishOrSchedule } from "#workers/ingest/publishing/publishing-actions.ts";
import { type CatalogDatabase, catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import * as tables from "#workers/shared/catalog/catalog-tables.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import type { RouteContract } from "#workers/shared/http/route-contract.ts";

export const bindings = env as unknown as ApiEnv & IngestEnv & EdgeEnv & AccountingEnv;
export const ORIGIN = "https://rimshot.example";

/** Passwords are slow to hash, and a machine may be busy: for tests that sign many in, and for what comes before tests. */
export const SLOW_MS = 60_000;

const RENDITION_BYTES = 3_000;
const OWNER = "0000000000000000owner0";

/** Fifty segments of four seconds, as a table has them: not even the bytes of a file that plays. */
const SEGMENTED = {
  headerBytes: 700,
  seekPoints: JSON.stringify(Array.from({ length: 50 }, (_unused, index) => [index * 4_000, 800 + index * 40])),
};

export interface Caller {
  readonly accountId: string;
  readonly token: string;
}

/** What an admin has set of an account before it signs in. */
export interface Standing {
  readonly product?: Product;
  readonly homeCountry?: string;
}

/** An account of this role, signed in. */
export async function signIn(role: Role, { product, homeCountry }: Standing = {}): Promise<Caller> {
  const credentials = { email: `${freshId<string>()}@catalog.test`.toLowerCase(), password: "a password for tests" };
  const send = async <Answer>(method: string, path: string, body: object, token?: string): Promise<Answer> => {
    const answer = await ask(path, { method, body, ...(token === undefined ? {} : { token }) });
    expect(answer.ok, path).toBe(true);
    return answer.json<Answer>();
  };
  const asOperator = bindings.OPERATOR_KEY;
  const made = await send<{ id: string }>(
    "POST",
    "/v1/admin/accounts",
    { ...credentials, name: role, role },
    asOperator,
  );
  const account = `/v1/admin/accounts/${made.id}`;
  if (product !== undefined) await send("PUT", `${account}/product`, { product }, asOperator);
  if (homeCountry !== undefined) {
    await send("PUT", `${account}/home-country`, { home_country: homeCountry }, asOperator);
  }
  const session = await send<{ token: string; user: { id: string } }>("POST", "/api/auth/sign-in/email", credentials);
  const answer = await ask("/api/auth/token", { token: session.token });
  return { accountId: session.user.id, token: (await answer.json<{ token: string }>()).token };
}

export interface AskOptions {
  readonly method?: string;
  readonly token?: string;
  /** Where the request comes from; without it the country is not known. */
  readonly country?: string;
  /** The network it comes from. */
  readonly asn?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The api, or whoever else answers. */
  readonly to?: Pick<Fetcher, "fetch">;
}

export function requestOf(
  path: string,
  { method = "GET", token, country, asn, body, headers }: AskOptions = {},
): Request {
  const init = {
    method,
    redirect: "manual",
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(country === undefined && asn === undefined ? {} : { cf: { country, asn } }),
  };
  return new Request(ORIGIN + path, init as RequestInit);
}

export async function ask(path: string, options: AskOptions = {}): Promise<Response> {
  return (options.to ?? bindings.API).fetch(requestOf(path, options));
}

type Answers<Contract extends RouteContract, Status extends number> = Contract["responses"] extends {
  readonly [S in Status]: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : never;

/** The answer's body, held to the contract: of this status, of this shape, and with nothing the contract leaves out. */
export async function expectAnswer<Contract extends RouteContract, const Status extends number>(
  response: Response,
  contract: Contract,
  status: Status,
): Promise<Answers<Contract, Status>> {
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(status);
  const parsed = contract.responses[status]?.parse(body);
  expect(parsed).toEqual(body);
  return parsed as Answers<Contract, Status>;
}

export async function expectProblem(response: Response, status: number, type: string): Promise<void> {
  const body = await response.json();
  expect(body).toMatchObject({ status, type: `urn:rimshot:problem:${type}` });
  expect(response.status).toBe(status);
  expect(response.headers.get("cache-control")).toBe("no-store");
}

export async function seedArtist(name: string): Promise<string> {
  const id = freshId<string>();
  const row = { id, ownerAccountId: OWNER, name, nameKey: `${nameKey(name)} ${id}`, createdAt: Date.now() };
  await catalogDatabase(bindings.CATALOG_0).insert(tables.artists).values(row);
  return id;
}

export interface TrackSeed {
  readonly title: string;
  readonly durationMs?: number;
  readonly artistIds?: readonly string[];
  readonly isrc?: string;
  readonly explicit?: boolean;
  readonly discNumber?: number;
  readonly trackNumber?: number;
  /** Puts bytes behind each rung of the ladder. */
  readonly hasAudio?: boolean;
  /** And a preview and a waveform, as jobs of today make them. */
  readonly hasPreview?: boolean;
  /** False leaves the track READY on a release that is out. */
  readonly isPublished?: boolean;
}

export interface ReleaseSeed {
  readonly artistId: string;
  readonly title: string;
  readonly type?: ReleaseType;
  readonly label?: string;
  readonly upc?: string;
  readonly releaseAt?: number;
  readonly deals?: readonly Partial<Deal>[];
  readonly tracks: readonly TrackSeed[];
}

export interface SeededRelease {
  readonly id: string;
  readonly trackIds: readonly string[];
}

/** A release and its tracks, as far on their way as ingest takes them: out, or READY where its instant is to come. */
export async function seedRelease(seed: ReleaseSeed): Promise<SeededRelease> {
  const database = catalogDatabase(bindings.CATALOG_0);
  const id = freshId<string>();
  const nowMs = Date.now();
  const releaseAt = seed.releaseAt ?? nowMs - 1_000;
  await database.insert(tables.releases).values({
    id,
    ownerAccountId: OWNER,
    artistId: seed.artistId,
    title: seed.title,
    titleKey: nameKey(seed.title),
    type: seed.type ?? "album",
    label: seed.label ?? "",
    upc: seed.upc ?? null,
    releaseAt,
    idempotencyKey: id,
    requestSha256: "0".repeat(64),
    createdAt: nowMs,
  });
  for (const deal of seed.deals ?? [{}]) await insertDeal(database, id, { startsAt: releaseAt, ...deal });
  const trackIds: string[] = [];
  for (const [index, track] of seed.tracks.entries()) {
    trackIds.push(await seedTrack(database, { id, artistId: seed.artistId }, { trackNumber: index + 1, ...track }));
  }
  return { id, trackIds };
}

async function insertDeal(database: CatalogDatabase, releaseId: string, deal: Partial<Deal>): Promise<void> {
  await database.insert(tables.deals).values({
    id: freshId<string>(),
    releaseId,
    territories: JSON.stringify(deal.territories ?? [WORLDWIDE]),
    excludedTerritories: JSON.stringify(deal.excludedTerritories ?? []),
    commercialModels: JSON.stringify(deal.commercialModels ?? COMMERCIAL_MODELS),
    useTypes: JSON.stringify(deal.useTypes ?? USE_TYPES),
    startsAt: deal.startsAt ?? 0,
    endsAt: deal.endsAt ?? null,
    createdAt: Date.now(),
  });
}

async function seedTrack(
  database: CatalogDatabase,
  release: { readonly id: string; readonly artistId: string },
  seed: TrackSeed,
): Promise<string> {
  const id = freshId<string>();
  const createdAt = Date.now();
  const sha256 = await fingerprintOf(id);
  await insertMaster(database, sha256, seed);
  await database.insert(tables.recordings).values({
    id,
    releaseId: release.id,
    title: seed.title,
    discNumber: seed.discNumber ?? 1,
    trackNumber: seed.trackNumber ?? 1,
    isrc: seed.isrc ?? null,
    explicit: seed.explicit ?? false,
    createdAt,
  });
  const credits = (seed.artistIds ?? [release.artistId]).map((artistId, position) => ({
    recordingId: id,
    position,
    artistId,
  }));
  await database.insert(tables.recordingArtists).values(credits);
  const uploadId = await insertReadyUpload(database, id, sha256);
  if (seed.isPublished !== false) await publishOrSchedule(bindings, uploadId);
  return id;
}

export const WAVEFORM = encodeWaveform(Uint8Array.from({ length: WAVEFORM_PEAKS }, (_unused, index) => index % 256));

/** The bytes of each rung, one after the other: the track's own, so that no other has a file of this name. */
async function insertMaster(database: CatalogDatabase, sha256: string, seed: TrackSeed): Promise<void> {
  const createdAt = Date.now();
  await database.insert(tables.masters).values({
    sha256,
    objectKey: `m/${sha256}`,
    sizeBytes: RENDITION_BYTES,
    contentType: "audio/flac",
    durationMs: seed.durationMs ?? 200_000,
    loudnessLufs: -14.2,
    waveform: seed.hasPreview === true ? WAVEFORM : null,
    createdAt,
  });
  if (seed.hasAudio !== true) return;
  const profiles = seed.hasPreview === true ? MADE_PROFILES : LADDER;
  for (const [rung, profile] of profiles.entries()) {
    const bytes = crypto.getRandomValues(new Uint8Array(RENDITION_BYTES + rung));
    const renditionSha256 = await sha256Hex(bytes);
    await bindings.RENDITIONS.put(renditionKey({ sha256: renditionSha256, extension: profile.extension }), bytes);
    await database.insert(tables.renditions).values({
      masterSha256: sha256,
      profile: profile.id,
      sha256: renditionSha256,
      sizeBytes: bytes.length,
      bitrateKbps: profile.targetKbps,
      sampleRate: 44_100,
      channels: 2,
      totalFrames: 8_820_000,
      startSkipFrames: 0,
      ...(profile.codec === "aac" ? SEGMENTED : { seekPoints: "[[0,0]]" }),
      createdAt,
    });
  }
}

/** Through every state up to READY: the database lets none be left out. */
async function insertReadyUpload(database: CatalogDatabase, recordingId: string, sha256: string): Promise<string> {
  const id = freshId<string>();
  const nowMs = Date.now();
  await database.insert(tables.uploads).values({
    id,
    ownerAccountId: OWNER,
    recordingId,
    state: "PENDING",
    fileName: "track.flac",
    sizeBytes: RENDITION_BYTES,
    contentType: "audio/flac",
    sha256,
    idempotencyKey: id,
    requestSha256: "0".repeat(64),
    createdAt: nowMs,
    updatedAt: nowMs,
  });
  const move = bindings.CATALOG_0.prepare("UPDATE uploads SET state = ?2 WHERE id = ?1");
  await bindings.CATALOG_0.batch(["UPLOADED", "TRANSCODING", "READY"].map((state) => move.bind(id, state)));
  return id;
}

/** Puts copies of a published track on its release, numbered on from it: for what only many tracks show. */
export async function copyTrack(trackId: string, count: number): Promise<void> {
  const copies = JSON.stringify(Array.from({ length: count }, (_unused, index) => [freshId<string>(), index + 2]));
  await bindings.CATALOG_0.batch([
    bindings.CATALOG_0.prepare(
      `INSERT INTO recordings (id, release_id, title, disc_number, track_number, explicit, master_sha256, published_at,
                               created_at)
       SELECT value ->> 0, release_id, title || ' ' || (value ->> 1), disc_number, value ->> 1, explicit, master_sha256,
              published_at, created_at
       FROM recordings, json_each(?2) WHERE recordings.id = ?1`,
    ).bind(trackId, copies),
    bindings.CATALOG_0.prepare(
      `INSERT INTO recording_artists (recording_id, position, artist_id)
       SELECT value ->> 0, position, artist_id FROM recording_artists, json_each(?2) WHERE recording_id = ?1`,
    ).bind(trackId, copies),
  ]);
}

/** Plays as the ledger has them. */
export async function seedPlays(recordingId: string, count: number): Promise<void> {
  await bindings.LEDGER.prepare(
    `INSERT INTO recording_totals (block, plays) VALUES (?1, json_object(?2, ?3))
     ON CONFLICT DO UPDATE SET plays = json_patch(plays, excluded.plays)`,
  )
    .bind(recordingBlock(recordingId), recordingId, count)
    .run();
}
