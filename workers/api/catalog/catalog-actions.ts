/** What listeners ask of the catalog: load rows, decide what their country may play, shape the answer. */
import { toSearchQuery } from "#domain/catalog/search-query.ts";
import { catalogDatabase } from "#workers/shared/catalog/catalog-database.ts";
import type { Album, AlbumRef, Artist, SearchAnswer, Track } from "./catalog-contract.ts";
import * as store from "./catalog-store.ts";
import { toAlbumRef, toArtist, toPage, toTrack, toTrackRef } from "./catalog-wire.ts";
import { findPlayableIds, type Market, marketOf } from "./market.ts";
import { type PlayCounts, readPlayCounts } from "./play-counts.ts";

export { type Market, marketOf };

const TOP_TRACKS_MAX = 10;
/** Of how many of an artist's tracks, the newest, the most played are looked for. */
const TOP_TRACKS_CANDIDATES_MAX = 200;

function viewOf(env: ApiEnv): store.CatalogView {
  return { database: catalogDatabase(env.CATALOG_0), nowMs: Date.now() };
}

/** Tracks in catalog form, by id; ids that name nothing a listener may see are left out. */
export async function loadTracks(env: ApiEnv, ids: readonly string[], market: Market): Promise<Map<string, Track>> {
  return loadCountedTracks(env, ids, market, (found) => readPlayCounts(env, found));
}

async function loadCountedTracks(
  env: ApiEnv,
  ids: readonly string[],
  market: Market,
  countsOf: (found: readonly string[]) => Promise<PlayCounts | null>,
): Promise<Map<string, Track>> {
  if (ids.length === 0) return new Map();
  const view = viewOf(env);
  const rows = await store.findTracks(view, ids);
  if (rows.size === 0) return new Map();
  const found = [...rows.keys()];
  const [releases, playable, counts] = await Promise.all([
    store.findReleases(view, [...new Set([...rows.values()].map((row) => row.releaseId))]),
    findPlayableIds(env, found, market),
    countsOf(found),
  ]);
  const tracks = new Map<string, Track>();
  for (const row of rows.values()) {
    const release = releases.get(row.releaseId);
    if (release === undefined) continue;
    tracks.set(row.id, toTrack(row, release, playable.has(row.id), countOf(counts, row.id)));
  }
  return tracks;
}

function countOf(counts: Readonly<Record<string, number>> | null, id: string): number | null {
  return counts === null ? null : (counts[id] ?? 0);
}

/** `page` is of the tracks that come with it. */
export async function loadAlbum(env: ApiEnv, id: string, page: store.Page, market: Market): Promise<Album | null> {
  const found = await loadReleaseTracks(env, id, page, market);
  if (found === null) return null;
  const { release, tracks } = found;
  return {
    ...toAlbumRef(release),
    label: release.label,
    genres: [],
    copyrights: release.label === "" ? [] : [{ text: release.label, type: "P" }],
    external_ids: release.upc === null ? {} : { upc: release.upc },
    tracks,
  };
}

export async function loadAlbumTracks(
  env: ApiEnv,
  id: string,
  page: store.Page,
  market: Market,
): Promise<Album["tracks"] | null> {
  return (await loadReleaseTracks(env, id, page, market))?.tracks ?? null;
}

async function loadReleaseTracks(
  env: ApiEnv,
  id: string,
  page: store.Page,
  market: Market,
): Promise<{ release: store.ReleaseRow; tracks: Album["tracks"] } | null> {
  const view = viewOf(env);
  const [releases, rows] = await Promise.all([store.findReleases(view, [id]), store.listReleaseTracks(view, id, page)]);
  const release = releases.get(id);
  if (release === undefined) return null;
  const ids = rows.map((track) => track.id);
  const [playable, counts] = await Promise.all([findPlayableIds(env, ids, market), readPlayCounts(env, ids)]);
  const paged = { rows, total: release.trackCount };
  const tracks = toPage(`/v1/albums/${id}/tracks`, page, paged, (track) =>
    toTrackRef(track, playable.has(track.id), countOf(counts, track.id)),
  );
  return { release, tracks };
}

export async function loadArtist(env: ApiEnv, id: string): Promise<Artist | null> {
  return (await loadArtists(env, [id])).get(id) ?? null;
}

async function loadArtists(env: ApiEnv, ids: readonly string[]): Promise<Map<string, Artist>> {
  if (ids.length === 0) return new Map();
  const view = viewOf(env);
  const [rows, newest] = await Promise.all([store.findArtists(view, ids), store.findNewestReleases(view, ids)]);
  return new Map([...rows.values()].map((row) => [row.id, toArtist(row, newest.get(row.id))]));
}

/** Null where listeners know no such artist; a guest on others' releases has none of their own, an empty page. */
export async function loadArtistAlbums(env: ApiEnv, id: string, page: store.Page) {
  const view = viewOf(env);
  const [known, paged] = await Promise.all([store.findArtists(view, [id]), store.listArtistReleases(view, id, page)]);
  return known.has(id) ? toPage(`/v1/artists/${id}/albums`, page, paged, toAlbumRef) : null;
}

/** The most played first, and the newest first of those played alike; null where listeners know no such artist. */
export async function loadArtistTopTracks(env: ApiEnv, id: string, market: Market): Promise<Track[] | null> {
  const view = viewOf(env);
  const [known, ids] = await Promise.all([
    store.findArtists(view, [id]),
    store.listArtistTrackIds(view, id, TOP_TRACKS_CANDIDATES_MAX),
  ]);
  if (!known.has(id)) return null;
  const counts = ids.length === 0 ? {} : await readPlayCounts(env, ids);
  // The sort is stable: what is played alike stays in the order of the store.
  const top = ids.toSorted((a, b) => (counts?.[b] ?? 0) - (counts?.[a] ?? 0)).slice(0, TOP_TRACKS_MAX);
  const tracks = await loadCountedTracks(env, top, market, async () => counts);
  return top.map((each) => tracks.get(each)).filter((track) => track !== undefined);
}

export async function loadNewReleases(env: ApiEnv, page: store.Page) {
  return toPage("/v1/browse/new-releases", page, await store.listNewReleases(viewOf(env), page), toAlbumRef);
}

export interface SearchRequest extends store.Page {
  readonly q: string;
  readonly type: readonly store.SearchKind[];
}

export async function searchCatalog(env: ApiEnv, request: SearchRequest, market: Market): Promise<SearchAnswer> {
  const query = toSearchQuery(request.q);
  const pageOf = async <Item>(
    kind: store.SearchKind,
    load: (ids: readonly string[]) => Promise<ReadonlyMap<string, Item>>,
  ) => {
    if (!request.type.includes(kind)) return undefined;
    const hits = query === null ? NO_HITS : await store.searchEntities(env.CATALOG_0, query, kind, request);
    return hitsPage(`/v1/search?q=${encodeURIComponent(request.q)}&type=${kind}`, request, hits, await load(hits.rows));
  };
  const [tracks, artists, albums] = await Promise.all([
    pageOf("track", (ids) => loadTracks(env, ids, market)),
    pageOf("artist", (ids) => loadArtists(env, ids)),
    pageOf("album", (ids) => loadAlbumRefs(env, ids)),
  ]);
  return {
    ...(tracks === undefined ? {} : { tracks }),
    ...(artists === undefined ? {} : { artists }),
    ...(albums === undefined ? {} : { albums }),
  };
}

const NO_HITS: store.Paged<string> = { rows: [], total: 0 };

async function loadAlbumRefs(env: ApiEnv, ids: readonly string[]): Promise<Map<string, AlbumRef>> {
  if (ids.length === 0) return new Map();
  const rows = await store.findReleases(viewOf(env), ids);
  return new Map([...rows.values()].map((row) => [row.id, toAlbumRef(row)]));
}

/** In the order of the hits; a hit that listeners may not see any more is left out. */
function hitsPage<Item>(href: string, page: store.Page, hits: store.Paged<string>, items: ReadonlyMap<string, Item>) {
  const present = hits.rows.map((id) => items.get(id)).filter((item) => item !== undefined);
  return toPage(href, page, { rows: present, total: hits.total }, (item) => item);
}
