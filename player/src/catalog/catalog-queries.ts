import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "../api/client.ts";

const FRESH_MS = 60_000;
const NEW_RELEASES_COUNT = 30;
const ARTIST_ALBUMS_COUNT = 50;
const SEARCH_COUNT = 10;

export const newReleasesQuery = queryOptions({
  queryKey: ["catalog", "new-releases"],
  queryFn: ({ signal }) => call("get /v1/browse/new-releases", { query: { limit: NEW_RELEASES_COUNT } }, { signal }),
  staleTime: FRESH_MS,
});

export const albumQuery = (id: string) =>
  queryOptions({
    queryKey: ["catalog", "album", id],
    queryFn: ({ signal }) => call("get /v1/albums/:id", { params: { id } }, { signal }),
    staleTime: FRESH_MS,
  });

export const artistQuery = (id: string) =>
  queryOptions({
    queryKey: ["catalog", "artist", id],
    queryFn: ({ signal }) => call("get /v1/artists/:id", { params: { id } }, { signal }),
    staleTime: FRESH_MS,
  });

export const artistAlbumsQuery = (id: string) =>
  queryOptions({
    queryKey: ["catalog", "artist", id, "albums"],
    queryFn: ({ signal }) => {
      const query = { limit: ARTIST_ALBUMS_COUNT };
      return call("get /v1/artists/:id/albums", { params: { id }, query }, { signal });
    },
    staleTime: FRESH_MS,
  });

export const artistTopTracksQuery = (id: string) =>
  queryOptions({
    queryKey: ["catalog", "artist", id, "top-tracks"],
    queryFn: ({ signal }) => call("get /v1/artists/:id/top-tracks", { params: { id } }, { signal }),
    staleTime: FRESH_MS,
  });

/** Shows the results before until those of the new words are here; a request that is overtaken is aborted. */
export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ["catalog", "search", q],
    queryFn: ({ signal }) => call("get /v1/search", { query: { q, limit: SEARCH_COUNT } }, { signal }),
    staleTime: FRESH_MS,
    enabled: q !== "",
    placeholderData: keepPreviousData,
  });

export const recentlyPlayedQuery = (limit: number) =>
  queryOptions({
    queryKey: ["me", "recently-played", limit],
    queryFn: ({ signal }) => call("get /v1/me/player/recently-played", { query: { limit } }, { signal }),
    staleTime: 15_000,
  });
