import { infiniteQueryOptions, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { SECOND_MS } from "#domain/foundation/time.ts";
import type { ReleaseBody, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { call } from "../api/client.ts";

const MOVING_POLL_MS = SECOND_MS;
/** For what is ready and waits for a release date that is not near: nothing happens to it before. */
const WAITING_POLL_MS = 20 * SECOND_MS;

export const releasesQuery = infiniteQueryOptions({
  queryKey: ["studio", "releases"],
  queryFn: ({ pageParam, signal }) => {
    const query = pageParam === null ? {} : { cursor: pageParam };
    return call("get /v1/ingest/releases", { query }, { signal });
  },
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

export const releaseQuery = (id: string) =>
  queryOptions({
    queryKey: ["studio", "release", id],
    queryFn: ({ signal }) => call("get /v1/ingest/releases/:id", { params: { id } }, { signal }),
  });

export const artistsQuery = queryOptions({
  queryKey: ["studio", "artists"],
  queryFn: ({ signal }) => call("get /v1/ingest/artists", {}, { signal }),
});

/** An upload as the service sees it, asked again each second for as long as it moves. */
const uploadQuery = (upload: Upload, releaseAtMs: number) =>
  queryOptions({
    queryKey: ["studio", "upload", upload.id],
    queryFn: ({ signal }) => call("get /v1/ingest/uploads/:id", { params: { id: upload.id } }, { signal }),
    initialData: upload,
    refetchInterval: ({ state }) => pollDelayMs(state.data ?? upload, releaseAtMs, Date.now()),
  });

/** Follows an upload; each step it takes brings its release anew, whose badges tell of it. */
export function useUpload(known: Upload, releaseAtMs: number) {
  const queryClient = useQueryClient();
  const upload = useQuery(uploadQuery(known, releaseAtMs));
  const shownState = useRef(known.state);
  const { state, release_id: releaseId } = upload.data;
  useEffect(() => {
    if (shownState.current === state) return;
    shownState.current = state;
    void queryClient.invalidateQueries({ queryKey: releaseQuery(releaseId).queryKey });
    void queryClient.invalidateQueries({ queryKey: releasesQuery.queryKey });
  }, [queryClient, releaseId, state]);
  return upload;
}

/** False where nothing will change any more. */
export function pollDelayMs(upload: Pick<Upload, "state">, releaseAtMs: number, nowMs: number): number | false {
  if (upload.state === "PUBLISHED" || upload.state === "REJECTED") return false;
  if (upload.state === "READY" && releaseAtMs > nowMs + WAITING_POLL_MS) return WAITING_POLL_MS;
  return MOVING_POLL_MS;
}

export interface NewRelease {
  /** One of the account's artists, or a name, which makes one where there is none. */
  readonly artistName: string;
  readonly release: Omit<ReleaseBody, "artist_id">;
  readonly idempotencyKey: string;
}

export function useCreateRelease() {
  const queryClient = useQueryClient();
  return useMutation({
    async mutationFn({ artistName, release, idempotencyKey }: NewRelease): Promise<StudioRelease> {
      const artist = await call("post /v1/ingest/artists", { body: { name: artistName } });
      return call("post /v1/ingest/releases", { body: { ...release, artist_id: artist.id }, idempotencyKey });
    },
    onSuccess: (release) => queryClient.setQueryData(releaseQuery(release.id).queryKey, release),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: releasesQuery.queryKey }),
        queryClient.invalidateQueries({ queryKey: artistsQuery.queryKey }),
      ]),
  });
}

export function usePutCover(releaseId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (image: File) => call("put /v1/ingest/releases/:id/cover", { params: { id: releaseId }, bytes: image }),
    onSuccess: ({ cover_url }) => {
      const key = releaseQuery(releaseId).queryKey;
      queryClient.setQueryData(key, (release) => release && { ...release, cover_url });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: releasesQuery.queryKey }),
  });
}
