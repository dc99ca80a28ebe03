/** The live feed of a playlist: other people's edits, and those of one's own other tabs, as they happen. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { PLAYLIST_SUBPROTOCOL } from "#durable-objects/playlists/playlist-protocol.ts";
import type { Playlist } from "#workers/api/playlists/playlists-contract.ts";
import { accessToken } from "../api/client.ts";
import { parseLiveMessage, reconnectDelayMs } from "./live-protocol.ts";
import { playlistEditKey, playlistKey } from "./playlist-queries.ts";

/** The protocol's own: the type keeps the two from drifting apart. */
const SUBPROTOCOL: typeof PLAYLIST_SUBPROTOCOL = "rimshot.playlist.v1";
const PING_EVERY_MS = 25_000;

export type LiveStatus = "connecting" | "live" | "deleted";

/** Keeps the shown playlist at the version of the service for as long as the page is open. */
export function useLivePlaylist(id: string): LiveStatus {
  const queryClient = useQueryClient();
  const [status, setStatus] = useState<LiveStatus>("connecting");

  useEffect(() => {
    let socket: WebSocket | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pings: ReturnType<typeof setInterval> | undefined;
    let failures = 0;
    let isOver = false;

    const refetch = () => {
      // While an edit of one's own is under way the list is ahead of the service; it is fetched when that is done.
      if (queryClient.isMutating({ mutationKey: playlistEditKey(id) }) > 0) return;
      void queryClient.invalidateQueries({ queryKey: playlistKey(id) });
    };

    const onMessage = (data: unknown) => {
      const message = parseLiveMessage(data);
      if (message === null) return;
      if (message.type === "deleted") {
        isOver = true;
        setStatus("deleted");
        return;
      }
      const shown = queryClient.getQueryData<Playlist>(playlistKey(id))?.snapshot_id;
      if (shown !== undefined && shown !== String(message.version)) refetch();
    };

    const connect = async () => {
      const token = await accessToken.get().catch(() => null);
      if (isOver) return;
      const protocols = token === null ? [SUBPROTOCOL] : [SUBPROTOCOL, `bearer.${token}`];
      socket = new WebSocket(`/v1/playlists/${encodeURIComponent(id)}/live`, protocols);
      socket.onopen = () => {
        failures = 0;
        setStatus("live");
        pings = setInterval(() => socket?.send("ping"), PING_EVERY_MS);
      };
      socket.onmessage = (event) => onMessage(event.data);
      socket.onclose = () => {
        clearInterval(pings);
        if (isOver) return;
        setStatus("connecting");
        timer = setTimeout(() => void connect(), reconnectDelayMs(failures++, Math.random));
      };
    };

    void connect();
    return () => {
      isOver = true;
      clearTimeout(timer);
      clearInterval(pings);
      socket?.close();
    };
  }, [id, queryClient]);

  return status;
}
