import { useNavigate } from "@tanstack/react-router";
import { Disc3, Ellipsis, ListEnd, ListPlus, ListStart, MicVocal, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useWithAccount } from "../accounts/sign-in-prompt.ts";
import { randomKey } from "../api/keys.ts";
import { say } from "../app/toasts.tsx";
import { usePlayer } from "../playback/player-context.tsx";
import { append, playNext, type QueueTrack } from "../playback/queue.ts";
import { newPlaylist } from "../playlists/new-playlist-dialog.tsx";
import { useAddToPlaylist, useMyPlaylists } from "../playlists/playlist-queries.ts";
import { IconButton } from "../ui/button.tsx";
import { Menu, MenuItem, MenuLine, MenuNote, Submenu } from "../ui/menu.tsx";

/** Everything that can be done with a track. `items` are what its list adds: removing it, say. */
export function TrackMenu({ track, items }: { track: QueueTrack; items?: ReactNode }) {
  const player = usePlayer();
  const navigate = useNavigate();
  const queueUp = (where: "next" | "last") => {
    player.editQueue((queue) => (where === "next" ? playNext(queue, [track]) : append(queue, [track])));
    say(where === "next" ? `“${track.name}” plays next` : `“${track.name}” is in the queue`);
  };
  return (
    <Menu
      label={`${track.name}: more`}
      trigger={
        <IconButton label={`More for ${track.name}`} size="sm">
          <Ellipsis className="size-5" />
        </IconButton>
      }
    >
      <MenuItem icon={<ListStart />} onSelect={() => queueUp("next")} isDisabled={!track.is_playable}>
        Play next
      </MenuItem>
      <MenuItem icon={<ListEnd />} onSelect={() => queueUp("last")} isDisabled={!track.is_playable}>
        Add to the queue
      </MenuItem>
      <Submenu icon={<ListPlus />} label="Add to a playlist">
        <PlaylistChoices track={track} />
      </Submenu>
      <MenuLine />
      <MenuItem icon={<Disc3 />} onSelect={() => void navigate({ to: "/album/$id", params: { id: track.album.id } })}>
        Go to the album
      </MenuItem>
      {track.artists.slice(0, 3).map((artist) => (
        <MenuItem
          key={artist.id}
          icon={<MicVocal />}
          onSelect={() => void navigate({ to: "/artist/$id", params: { id: artist.id } })}
        >
          {artist.name}
        </MenuItem>
      ))}
      {items !== undefined && (
        <>
          <MenuLine />
          {items}
        </>
      )}
    </Menu>
  );
}

function PlaylistChoices({ track }: { track: QueueTrack }) {
  const playlists = useMyPlaylists();
  const add = useAddToPlaylist();
  const withAccount = useWithAccount();
  const purpose = "to keep a playlist";
  return (
    <>
      <MenuItem icon={<Plus />} onSelect={() => withAccount(purpose, () => newPlaylist.set({ open: { track } }))}>
        New playlist
      </MenuItem>
      <MenuLine />
      {playlists.isPending && playlists.isEnabled && <MenuNote>Loading…</MenuNote>}
      {playlists.data?.items.length === 0 && <MenuNote>You have no playlist yet</MenuNote>}
      {playlists.data?.items.map((playlist) => (
        <MenuItem key={playlist.id} onSelect={() => add.mutate({ playlist, track, opId: randomKey() })}>
          {playlist.name}
        </MenuItem>
      ))}
    </>
  );
}
