import type * as z from "zod";
import { ARTISTS_PER_ACCOUNT_MAX, RELEASES_PER_ACCOUNT_MAX } from "#domain/catalog/catalog-limits.ts";
import { parseUpc } from "#domain/catalog/identifiers.ts";
import { imageKindOf } from "#domain/catalog/image-kinds.ts";
import { nameKey } from "#domain/catalog/name-key.ts";
import type { ArtistId, ReleaseId } from "#domain/foundation/ids.ts";
import { fingerprintOf, sha256Hex } from "#domain/foundation/sha256.ts";
import { DAY_MS, MINUTE_MS } from "#domain/foundation/time.ts";
import { COMMERCIAL_MODELS, USE_TYPES, WORLDWIDE } from "#domain/rights/deals.ts";
import { isTerritory } from "#domain/rights/territories.ts";
import { askForSweep } from "#workers/ingest/deletion/object-sweep.ts";
import type { Principal } from "#workers/shared/auth/access-token.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { coverKey, coverPath } from "#workers/shared/catalog/cover-paths.ts";
import { freshId } from "#workers/shared/fresh-id.ts";
import { assertSameRequest } from "#workers/shared/http/idempotency.ts";
import { fieldProblem, ProblemError } from "#workers/shared/http/problem.ts";
import type { DealWire, releaseBody, StudioArtist, StudioRelease, StudioTrack } from "./catalog-contract.ts";
import * as store from "./catalog-store.ts";
import { toStudioArtist, toStudioRelease, toStudioTrack } from "./catalog-wire.ts";

const RELEASES_PAGE = 50;
/** A picture that was replaced by mistake is put back at once; and pages that were read before still show it. */
const REPLACED_COVER_KEPT_MS = 10 * MINUTE_MS;
/** The alarm that a release waits for cannot be set for any year. */
const RELEASE_AHEAD_MS_MAX = 3_653 * DAY_MS;

export async function putArtist(env: IngestEnv, principal: Principal, name: string) {
  const row = {
    id: freshId<ArtistId>(),
    ownerAccountId: principal.accountId,
    name,
    nameKey: nameKey(name),
    createdAt: Date.now(),
    version: 1,
  };
  const stored = await store.putArtist(catalogDatabase(env.CATALOG_0), row);
  if (stored === null) throw tooMany(`An account has at most ${ARTISTS_PER_ACCOUNT_MAX} artists.`);
  return { artist: toStudioArtist(stored), created: stored.id === row.id };
}

export async function listArtists(env: IngestEnv, principal: Principal) {
  const rows = await store.listArtists(catalogDatabase(env.CATALOG_0), principal.accountId);
  return rows.map(toStudioArtist);
}

export async function getArtist(env: IngestEnv, principal: Principal, id: string): Promise<StudioArtist> {
  const [artist] = await store.findOwnArtists(catalogDatabase(env.CATALOG_0), principal.accountId, [id]);
  if (artist === undefined) throw new ProblemError("not-found");
  return toStudioArtist(artist);
}

export async function getTrack(env: IngestEnv, principal: Principal, id: string): Promise<StudioTrack> {
  const track = await store.findOwnTrack(catalogDatabase(env.CATALOG_0), principal.accountId, id);
  if (track === null) throw new ProblemError("not-found");
  return toStudioTrack(track);
}

export async function createRelease(
  env: IngestEnv,
  principal: Principal,
  idempotencyKey: string,
  body: z.output<typeof releaseBody>,
): Promise<StudioRelease> {
  const database = catalogDatabase(env.CATALOG_0);
  const [artist] = await store.findOwnArtists(database, principal.accountId, [body.artist_id]);
  if (artist === undefined) throw fieldProblem("artist_id", "this account has no such artist");
  const upc = body.upc === undefined ? null : requireUpc(body.upc);
  const nowMs = Date.now();
  const releaseAt = requireReleaseAt(body.release_at, nowMs);
  const id = freshId<ReleaseId>();
  const row: store.ReleaseRow = {
    id,
    ownerAccountId: principal.accountId,
    artistId: artist.id,
    title: body.title,
    titleKey: nameKey(body.title),
    type: body.type,
    label: body.label,
    upc,
    releaseAt,
    publishedAt: null,
    coverSha256: null,
    coverExtension: null,
    idempotencyKey,
    requestSha256: await fingerprintOf(body),
    createdAt: nowMs,
    version: 1,
  };
  const stored = await store.putRelease(
    database,
    row,
    toDealRows(body.deals ?? [WORLDWIDE_DEAL], id, releaseAt, nowMs),
  );
  if (stored === null) throw tooMany(`An account has at most ${RELEASES_PER_ACCOUNT_MAX} releases.`);
  assertSameRequest(stored, row.requestSha256);
  return getRelease(env, principal, stored.id);
}

export function requireUpc(text: string): string {
  const upc = parseUpc(text);
  if (upc === null) throw fieldProblem("upc", "the check digit of this barcode is wrong");
  return upc;
}

export function requireReleaseAt(text: string, nowMs: number): number {
  const releaseAt = Date.parse(text);
  if (releaseAt > nowMs + RELEASE_AHEAD_MS_MAX) throw fieldProblem("release_at", "a release is at most ten years away");
  return releaseAt;
}

function tooMany(detail: string): ProblemError {
  return new ProblemError("unprocessable", { detail });
}

const WORLDWIDE_DEAL: DealWire = {
  territories: [WORLDWIDE],
  excluded_territories: [],
  commercial_models: [...COMMERCIAL_MODELS],
};

export function toDealRows(
  deals: readonly DealWire[],
  releaseId: string,
  releaseAt: number,
  nowMs: number,
): store.DealRow[] {
  return deals.map((deal, index) => {
    for (const field of ["territories", "excluded_territories"] as const) {
      const unknown = deal[field].find((code) => code !== WORLDWIDE && !isTerritory(code));
      if (unknown === undefined) continue;
      throw fieldProblem(`deals.${index}.${field}`, `${unknown} is no ISO 3166-1 country`);
    }
    const startsAt = deal.starts_at === undefined ? releaseAt : Date.parse(deal.starts_at);
    const endsAt = deal.ends_at === undefined ? null : Date.parse(deal.ends_at);
    if (endsAt !== null && endsAt <= startsAt) {
      throw fieldProblem(`deals.${index}.ends_at`, "a deal ends after it starts");
    }
    return {
      id: freshId(),
      releaseId,
      territories: JSON.stringify(deal.territories),
      excludedTerritories: JSON.stringify(deal.excluded_territories),
      commercialModels: JSON.stringify(deal.commercial_models),
      useTypes: JSON.stringify(USE_TYPES),
      startsAt,
      endsAt,
      createdAt: nowMs,
    };
  });
}

export async function getRelease(env: IngestEnv, principal: Principal, id: string): Promise<StudioRelease> {
  const database = catalogDatabase(env.CATALOG_0);
  if ((await store.findOwnRelease(database, principal.accountId, id)) === null) throw new ProblemError("not-found");
  const [release] = await store.loadStudioReleases(database, [id]);
  if (release === undefined) throw new ProblemError("not-found");
  return toStudioRelease(release);
}

export async function listReleases(
  env: IngestEnv,
  principal: Principal,
  query: { readonly artist_id?: string | undefined; readonly cursor?: string | undefined },
) {
  const database = catalogDatabase(env.CATALOG_0);
  const ids = await store.listOwnReleases(database, principal.accountId, {
    artistId: query.artist_id,
    cursor: query.cursor,
    limit: RELEASES_PAGE,
  });
  const items = await store.loadStudioReleases(database, ids);
  return {
    items: items.map(toStudioRelease),
    next_cursor: ids.length === RELEASES_PAGE ? (ids.at(-1) ?? null) : null,
  };
}

/** Stores the picture by its bytes, whatever its name or type said. */
export async function putCover(
  env: IngestEnv,
  principal: Principal,
  releaseId: string,
  bytes: Uint8Array<ArrayBuffer>,
) {
  const database = catalogDatabase(env.CATALOG_0);
  const release = await store.findOwnRelease(database, principal.accountId, releaseId);
  if (release === null) throw new ProblemError("not-found");
  const image = imageKindOf(bytes);
  if (image === null) {
    throw new ProblemError("unsupported-media-type", { detail: "A cover is a JPEG, PNG or WebP image." });
  }
  const sha256 = await sha256Hex(bytes);
  const key = coverKey(sha256, image.extension);
  const put = () => env.RENDITIONS.put(key, bytes, { sha256, httpMetadata: { contentType: image.mimeType } });
  await put();
  const goesAt = Date.now() + REPLACED_COVER_KEPT_MS;
  if (!(await store.setCover(env.CATALOG_0, releaseId, { sha256, extension: image.extension, goesAt }))) {
    throw new ProblemError("unavailable", {
      detail: "This very picture is being deleted. Send it again in a minute.",
      headers: { "retry-after": "60" },
    });
  }
  // From here on nobody deletes it; somebody may have before.
  if ((await env.RENDITIONS.head(key)) === null) await put();
  await askForSweep(env);
  return {
    cover_url: coverPath({ id: releaseId, coverSha256: sha256, coverExtension: image.extension }),
    sha256,
  };
}
