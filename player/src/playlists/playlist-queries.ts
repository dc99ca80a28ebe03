import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Playlist, PlaylistRef } from "#workers/api/playlists/playlists-contract.ts";
import { useAccount } from "../accounts/session.ts";
import { call } from "../api/client.ts";
import { randomKey } from "../api/keys.ts";
import { say, sayProblem } from "../app/toasts.tsx";
import type { QueueTrack } from "../playback/queue.ts";
import { moveRange, withMovedItem, withoutItem } from "./playlist-edits.ts";

const PAGE_LIMIT = 50;
/** Shown at most; a longer list says how many more there are. */
export const PLAYLIST_ITEMS_SHOWN_MAX = 1_000;

const trackUri = (trackId: string) => `rimshot:track:${trackId}`;

export const myPlaylistsQuery = queryOptions({
  queryKey: ["me", "playlists"],
  queryFn: ({ signal }) => call("get /v1/me/playlists", { query: { limit: PAGE_LIMIT } }, { signal }),
  staleTime: 30_000,
});

export function useMyPlaylists() {
  const account = useAccount();
  return useQuery({ ...myPlaylistsQuery, enabled: account !== null && account !== undefined });
}

export const playlistKey = (id: string) => ["playlist", id] as const;
export const playlistEditKey = (id: string) => ["playlist-edit", id] as const;

export const playlistQuery = (id: string) =>
  queryOptions({
    queryKey: playlistKey(id),
    queryFn: ({ signal }) => fetchWhole(id, signal),
    staleTime: 10_000,
  });

/** A playlist with its pages put together. */
async function fetchWhole(id: string, signal: AbortSignal): Promise<Playlist> {
  const params = { id };
  const first = await call("get /v1/playlists/:id", { params, query: { limit: PAGE_LIMIT } }, { signal });
  const shown = Math.min(first.tracks.total, PLAYLIST_ITEMS_SHOWN_MAX);
  const offsets: number[] = [];
  for (let offset = PAGE_LIMIT; offset < shown; offset += PAGE_LIMIT) offsets.push(offset);
  const rest = await Promise.all(
    offsets.map((offset) =>
      call("get /v1/playlists/:id/tracks", { params, query: { limit: PAGE_LIMIT, offset } }, { signal }),
    ),
  );
  const items = [first.tracks, ...rest].flatMap((page) => page.items);
  // An edit between two pages can show one row twice; the live feed then brings the list anew.
  const unique = [...new Map(items.map((item) => [item.item_id, item])).values()];
  return { ...first, tracks: { ...first.tracks, items: unique } };
}

export interface NewPlaylist {
  readonly name: string;
  /** Names the wish to create: pressed twice, it is fulfilled once. */
  readonly idempotencyKey: string;
  readonly track: QueueTrack | null;
}

export function useCreatePlaylist() {
  const queryClient = useQueryClient();
  return useMutation({
    async mutationFn({ name, idempotencyKey, track }: NewPlaylist): Promise<PlaylistRef> {
      const created = await call("post /v1/me/playlists", { body: { name }, idempotencyKey });
      // The same name for the edit too, so that a second try does not add the track twice.
      if (track !== null) await addTrack(created.id, track, idempotencyKey);
      return created;
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: myPlaylistsQuery.queryKey }),
  });
}

export function useAddToPlaylist() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ playlist, track }: { playlist: PlaylistRef; track: QueueTrack }) =>
      addTrack(playlist.id, track, randomKey()),
    onSuccess: (_, { playlist, track }) => say(`“${track.name}” is in ${playlist.name}`),
    onError: sayProblem,
    onSettled: (_, __, { playlist }) =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: playlistKey(playlist.id) }),
        queryClient.invalidateQueries({ queryKey: myPlaylistsQuery.queryKey }),
      ]),
  });
}

function addTrack(playlistId: string, track: QueueTrack, opId: string) {
  const body = { uris: [trackUri(track.id)], op_id: opId };
  return call("post /v1/playlists/:id/tracks", { params: { id: playlistId }, body });
}

export type PlaylistEdit =
  | { readonly kind: "move"; readonly from: number; readonly to: number }
  | { readonly kind: "remove"; readonly itemId: string; readonly trackId: string };

/** Edits one playlist: shown at once, sent one after the other, taken back where the service refuses. */
export function usePlaylistEdits(id: string) {
  const queryClient = useQueryClient();
  const key = playlistKey(id);
  return useMutation({
    mutationKey: playlistEditKey(id),
    scope: { id: `playlist-${id}` },
    mutationFn: (edit: PlaylistEdit) => sendEdit(id, edit, queryClient.getQueryData<Playlist>(key)?.snapshot_id),
    async onMutate(edit) {
      await queryClient.cancelQueries({ queryKey: key });
      queryClient.setQueryData<Playlist>(key, (playlist) => playlist && applyEdit(playlist, edit));
    },
    onSuccess: ({ snapshot_id }) => {
      queryClient.setQueryData<Playlist>(key, (playlist) => playlist && { ...playlist, snapshot_id });
    },
    onError: sayProblem,
    onSettled() {
      // Only the last of several edits under way fetches the list: before it, the answer would undo what is shown.
      if (queryClient.isMutating({ mutationKey: playlistEditKey(id) }) > 1) return;
      void queryClient.invalidateQueries({ queryKey: key });
      void queryClient.invalidateQueries({ queryKey: myPlaylistsQuery.queryKey });
    },
  });
}

function applyEdit(playlist: Playlist, edit: PlaylistEdit): Playlist {
  return edit.kind === "move" ? withMovedItem(playlist, edit.from, edit.to) : withoutItem(playlist, edit.itemId);
}

function sendEdit(id: string, edit: PlaylistEdit, snapshotId: string | undefined) {
  const name = { op_id: randomKey(), ...(snapshotId === undefined ? {} : { snapshot_id: snapshotId }) };
  if (edit.kind === "move") {
    const body = { ...moveRange(edit.from, edit.to), ...name };
    return call("put /v1/playlists/:id/tracks", { params: { id }, body });
  }
  const tracks = [{ uri: trackUri(edit.trackId), item_id: edit.itemId }];
  return call("delete /v1/playlists/:id/tracks", { params: { id }, body: { tracks, ...name } });
}

export interface PlaylistDetails {
  readonly name: string;
  readonly description: string;
  readonly public: boolean;
  readonly collaborative: boolean;
}

export function useChangePlaylist(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (details: PlaylistDetails) => call("put /v1/playlists/:id", { params: { id }, body: details }),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: playlistKey(id) }),
        queryClient.invalidateQueries({ queryKey: myPlaylistsQuery.queryKey }),
      ]),
  });
}

export function useDeletePlaylist(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => call("delete /v1/playlists/:id", { params: { id } }),
    onError: sayProblem,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: myPlaylistsQuery.queryKey }),
  });
}
