import { queryOptions, useMutation, useMutationState, useQuery, useQueryClient } from "@tanstack/react-query";
import type { PlaylistDetails } from "#domain/playlists/playlist.ts";
import type { Playlist, PlaylistItem, PlaylistRef } from "#workers/api/playlists/playlists-contract.ts";
import { useAccount } from "../accounts/session.ts";
import { call } from "../api/client.ts";
import { randomKey } from "../api/keys.ts";
import { retryWhatMayPass } from "../api/problem.ts";
import { say, sayProblem } from "../app/toasts.tsx";
import type { QueueTrack } from "../playback/queue.ts";
import {
  afterAnswer,
  applyEdit,
  type EditAnswer,
  type EditRequest,
  editRequest,
  moveEdit,
  type PlaylistEdit,
} from "./playlist-edits.ts";

const PAGE_LIMIT = 50;
/** A list that others never leave alone for so long is shown as it came; the live feed brings it anew. */
const READS_MAX = 3;
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

/** The list as the service has it, with one's own edits that are under way on top. */
export function usePlaylist(id: string) {
  const query = useQuery(playlistQuery(id));
  const pending = useMutationState({
    filters: { mutationKey: playlistEditKey(id), status: "pending" },
    // Only usePlaylistEdits makes mutations under this key.
    select: ({ state }) => state.variables as PlaylistEdit,
  });
  return { data: query.data && pending.reduce(applyEdit, query.data), error: query.error, refetch: query.refetch };
}

/** A playlist whose pages are all of the version it names, or positions in it would be of another list. */
async function fetchWhole(id: string, signal: AbortSignal): Promise<Playlist> {
  for (let reads = 1; ; reads++) {
    const playlist = await fetchPages(id, signal);
    if (playlist.tracks.items.length <= PAGE_LIMIT || reads === READS_MAX) return playlist;
    const { snapshot_id } = await call("get /v1/playlists/:id", { params: { id }, query: { limit: 1 } }, { signal });
    if (snapshot_id === playlist.snapshot_id) return playlist;
  }
}

async function fetchPages(id: string, signal: AbortSignal): Promise<Playlist> {
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
  // An edit between two pages can show one row twice.
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

export interface Addition {
  readonly playlist: PlaylistRef;
  readonly track: QueueTrack;
  /** Names the addition: sent again under it, the track is added once. */
  readonly opId: string;
}

export function useAddToPlaylist() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ playlist, track, opId }: Addition) => addTrack(playlist.id, track, opId),
    retry: retryWhatMayPass,
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

/** Edits one playlist: shown at once, sent one after the other, taken back where the service refuses. */
export function usePlaylistEdits(id: string) {
  const queryClient = useQueryClient();
  const key = playlistKey(id);
  const { mutate } = useMutation({
    mutationKey: playlistEditKey(id),
    scope: { id: `playlist-${id}` },
    mutationFn: (edit: PlaylistEdit) => sendEdit(id, edit, queryClient.getQueryData<Playlist>(key)),
    retry: retryWhatMayPass,
    onError: sayProblem,
    // The next edit in line is counted in what the cache holds, so it waits until that is settled.
    async onSettled(answer, _, edit) {
      const playlist = queryClient.getQueryData<Playlist>(key);
      const edited = answer && playlist ? afterAnswer(playlist, edit, answer) : null;
      if (edited !== null) {
        // A list that is on its way may be of before the edit.
        await queryClient.cancelQueries({ queryKey: key });
        queryClient.setQueryData<Playlist>(key, edited);
      }
      const isLast = queryClient.isMutating({ mutationKey: playlistEditKey(id) }) <= 1;
      if (isLast) void queryClient.invalidateQueries({ queryKey: myPlaylistsQuery.queryKey });
      const refetched = isLast || edited === null ? queryClient.invalidateQueries({ queryKey: key }) : null;
      if (edited === null) await refetched;
    },
  });
  return {
    move(playlist: Playlist, from: number, to: number) {
      const edit = moveEdit(playlist, from, to, randomKey());
      if (edit !== null) mutate(edit);
    },
    remove({ item_id, track }: PlaylistItem) {
      if (track !== null) mutate({ kind: "remove", opId: randomKey(), itemId: item_id, trackId: track.id });
    },
  };
}

/** A second try sends the very same under the same name, whatever has come to the list meanwhile. */
const sentRequests = new WeakMap<PlaylistEdit, EditRequest>();

/** Null where there was nothing to send any more. */
async function sendEdit(id: string, edit: PlaylistEdit, playlist: Playlist | undefined): Promise<EditAnswer | null> {
  if (playlist === undefined) throw new Error("a playlist is edited that was never read");
  const request = sentRequests.get(edit) ?? editRequest(playlist, edit);
  if (request === null) return null;
  sentRequests.set(edit, request);
  const params = { id };
  const { snapshot_id } =
    request.kind === "move"
      ? await call("put /v1/playlists/:id/tracks", { params, body: request.body })
      : await call("delete /v1/playlists/:id/tracks", { params, body: request.body });
  return { editedVersion: request.version, version: snapshot_id };
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
