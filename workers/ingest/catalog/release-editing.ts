/** Changes releases: their facts, their date and deals, and the order of their tracks. */
import type * as z from "zod";
import { nameKey } from "#domain/catalog/name-key.ts";
import type { IngestMessage } from "#domain/ingest/ingest-message.ts";
import { carryOutAtOnce } from "#workers/ingest/takedowns/takedowns-actions.ts";
import { findReleaseTarget } from "#workers/ingest/takedowns/takedowns-store.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import { fieldProblem, ProblemError } from "#workers/shared/http/problem.ts";
import { getRelease, requireReleaseAt, requireUpc, toDealRows } from "./catalog-actions.ts";
import type { StudioRelease } from "./catalog-contract.ts";
import {
  type DealRow,
  findOwnArtists,
  findOwnRelease,
  loadStudioReleases,
  type ReleaseRow,
  type StudioRelease as StudioReleaseRow,
} from "./catalog-store.ts";
import { toDeal } from "./catalog-wire.ts";
import { applyChange, type ChangeRequest, isSame } from "./conditional-change.ts";
import type { releaseChange, trackOrderBody } from "./editing-contract.ts";
import * as store from "./editing-store.ts";

type ReleaseRequest = z.output<typeof releaseChange>;

export async function changeRelease(
  env: IngestEnv,
  request: ChangeRequest,
  change: ReleaseRequest,
): Promise<StudioRelease> {
  const { principal, id } = request;
  const load = async () => {
    const studio = await loadOwnRelease(env, request);
    return { ...studio, version: studio.release.version };
  };
  await applyChange(request.ifMatch, load, async (studio) => {
    const release = changedRelease(studio.release, change);
    const deals = changedDeals(studio, release, change);
    if (isSame(release, studio.release) && isSameDeals(deals, studio.deals)) return null;
    await requireOwnArtist(env, request, change.artist_id);
    return () => store.updateRelease(env.CATALOG_0, release, deals);
  });
  // Also where all was as wanted already: the request before this one may have been cut off here.
  if (change.release_at !== undefined || change.deals !== undefined) await bringToEdge(env, request);
  return getRelease(env, principal, id);
}

async function loadOwnRelease(env: IngestEnv, { principal, id }: ChangeRequest): Promise<StudioReleaseRow> {
  const database = catalogDatabase(env.CATALOG_0);
  const own = await findOwnRelease(database, principal.accountId, id);
  const [studio] = own === null ? [] : await loadStudioReleases(database, [id]);
  if (studio === undefined) throw new ProblemError("not-found");
  return studio;
}

function changedRelease(release: ReleaseRow, change: ReleaseRequest): ReleaseRow {
  const title = change.title ?? release.title;
  return {
    ...release,
    artistId: change.artist_id ?? release.artistId,
    title,
    titleKey: nameKey(title),
    type: change.type ?? release.type,
    label: change.label ?? release.label,
    upc: change.upc === undefined ? release.upc : upcOf(change.upc),
    releaseAt: change.release_at === undefined ? release.releaseAt : requireReleaseAt(change.release_at, Date.now()),
  };
}

function upcOf(text: string | null): string | null {
  return text === null ? null : requireUpc(text);
}

/** Whatever their order, which means nothing. */
function isSameDeals(deals: readonly DealRow[], others: readonly DealRow[]): boolean {
  const texts = (rows: readonly DealRow[]) => rows.map((row) => JSON.stringify(toDeal(row))).sort();
  return isSame(texts(deals), texts(others));
}

/** Deals that began with the release begin with it on its other date too. */
function changedDeals(studio: StudioReleaseRow, release: ReleaseRow, { deals }: ReleaseRequest): readonly DealRow[] {
  const { id, releaseAt } = release;
  if (deals !== undefined) return toDealRows(deals, id, releaseAt, Date.now());
  return studio.deals.map((deal) => {
    if (deal.startsAt !== studio.release.releaseAt) return deal;
    if (deal.endsAt !== null && deal.endsAt <= releaseAt) {
      throw fieldProblem("release_at", "a deal ends before it: change the deals too");
    }
    return { ...deal, startsAt: releaseAt };
  });
}

async function requireOwnArtist(
  env: IngestEnv,
  { principal }: ChangeRequest,
  artistId: string | undefined,
): Promise<void> {
  if (artistId === undefined) return;
  const [artist] = await findOwnArtists(catalogDatabase(env.CATALOG_0), principal.accountId, [artistId]);
  if (artist === undefined) throw fieldProblem("artist_id", "this account has no such artist");
}

/** The tracks' availability records, and the clock that publishes what is ready: now, or at the new date. */
async function bringToEdge(env: IngestEnv, { principal, id }: ChangeRequest): Promise<void> {
  const database = catalogDatabase(env.CATALOG_0);
  const release = await findOwnRelease(database, principal.accountId, id);
  const target = await findReleaseTarget(database, id);
  if (release === null || target === null) throw new ProblemError("not-found");
  const due: IngestMessage = { kind: "release-due", releaseId: id };
  if (release.releaseAt > Date.now()) await env.RELEASE_CLOCKS.getByName(id).wakeAt(id, release.releaseAt);
  else await env.INGEST_QUEUE.send(due);
  await carryOutAtOnce(env, { due: target.recordingIds, again: [] });
}

export async function orderTracks(
  env: IngestEnv,
  request: ChangeRequest,
  wanted: z.output<typeof trackOrderBody>["tracks"],
): Promise<StudioRelease> {
  if (new Set(wanted.map(({ id }) => id)).size < wanted.length) throw fieldProblem("tracks", "each track once");
  const places = numbered(wanted);
  const load = async () => {
    const studio = await loadOwnRelease(env, request);
    return { ...studio, version: studio.release.version };
  };
  await applyChange(request.ifMatch, load, async ({ release, tracks }) => {
    const present = new Map(tracks.map(({ recording }) => [recording.id, recording]));
    if (places.length !== present.size || places.some(({ id }) => !present.has(id))) {
      throw new ProblemError("conflict", { detail: "The release has other tracks by now. Name all of them, once." });
    }
    const isInOrder = places.every(({ id, disc, number }) => {
      const recording = present.get(id);
      return recording?.discNumber === disc && recording.trackNumber === number;
    });
    return isInOrder ? null : () => store.placeTracks(env.CATALOG_0, release, places);
  });
  return getRelease(env, request.principal, request.id);
}

function numbered(tracks: z.output<typeof trackOrderBody>["tracks"]): store.TrackPlacement[] {
  const counts = new Map<number, number>();
  return tracks.map(({ id, disc_number: disc }) => {
    const number = (counts.get(disc) ?? 0) + 1;
    counts.set(disc, number);
    return { id, disc, number };
  });
}
