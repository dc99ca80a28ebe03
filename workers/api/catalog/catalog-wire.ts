/** Rows of the catalog as the objects that clients of such APIs know. */
import { coverPath } from "#workers/shared/catalog/cover-paths.ts";
import { PAGE_OFFSET_MAX } from "#workers/shared/http/wire-schemas.ts";
import type { AlbumRef, Artist, ArtistRef, Image, Track, TrackRef } from "./catalog-contract.ts";
import type { ArtistRow, Page, Paged, ReleaseRow, TrackRow } from "./catalog-store.ts";

/**
 * `href` is the list's own, with whatever else its query holds; `next` and `previous` are the same list elsewhere. No
 * link leads beyond the last offset that a request may name.
 */
export function toPage<Row, Item>(href: string, page: Page, { rows, total }: Paged<Row>, toItem: (row: Row) => Item) {
  const { limit, offset } = page;
  const at = (start: number) => `${href}${href.includes("?") ? "&" : "?"}limit=${limit}&offset=${start}`;
  const nextOffset = offset + limit;
  return {
    href: at(offset),
    items: rows.map(toItem),
    limit,
    next: nextOffset < total && nextOffset <= PAGE_OFFSET_MAX ? at(nextOffset) : null,
    offset,
    // From beyond the end the way back leads to the last items, not through empty pages.
    previous: offset > 0 ? at(Math.max(0, Math.min(offset, total) - limit)) : null,
    total,
  };
}

export function toArtistRef({ id, name }: ArtistRow): ArtistRef {
  return { id, type: "artist", name, href: `/v1/artists/${id}`, uri: `rimshot:artist:${id}` };
}

/** The cover of the artist's newest release stands for a portrait. */
export function toArtist(artist: ArtistRow, newest: ReleaseRow | undefined): Artist {
  return { ...toArtistRef(artist), images: newest === undefined ? [] : [toImage(newest)], genres: [] };
}

function toImage(release: ReleaseRow): Image {
  return { url: coverPath(release), height: null, width: null };
}

export function toAlbumRef(release: ReleaseRow): AlbumRef {
  return {
    id: release.id,
    type: "album",
    name: release.title,
    href: `/v1/albums/${release.id}`,
    uri: `rimshot:album:${release.id}`,
    album_type: release.type,
    release_date: new Date(release.releaseAt).toISOString().slice(0, 10),
    release_date_precision: "day",
    total_tracks: release.trackCount,
    images: [toImage(release)],
    artists: [toArtistRef(release.artist)],
  };
}

export function toTrackRef(track: TrackRow, playable: boolean, playCount: number | null): TrackRef {
  return {
    id: track.id,
    type: "track",
    name: track.title,
    href: `/v1/tracks/${track.id}`,
    uri: `rimshot:track:${track.id}`,
    artists: track.artists.map(toArtistRef),
    disc_number: track.discNumber,
    track_number: track.trackNumber,
    duration_ms: track.durationMs,
    explicit: track.explicit,
    is_local: false,
    preview_url: playable && track.hasPreview ? `/v1/tracks/${track.id}/preview` : null,
    is_playable: playable,
    ...(playable ? {} : { restrictions: { reason: "market" as const } }),
    play_count: playCount,
  };
}

export function toTrack(track: TrackRow, release: ReleaseRow, playable: boolean, playCount: number | null): Track {
  return {
    ...toTrackRef(track, playable, playCount),
    album: toAlbumRef(release),
    external_ids: track.isrc === null ? {} : { isrc: track.isrc },
    popularity: playCount === null ? null : popularityOf(playCount),
  };
}

/** 0 to 100, by orders of magnitude: 10 plays are 20, 100,000 plays are 100. */
function popularityOf(playCount: number): number {
  return Math.min(100, Math.floor(20 * Math.log10(1 + playCount)));
}
