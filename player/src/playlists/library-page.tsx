import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { PlaylistRef } from "#workers/api/playlists/playlists-contract.ts";
import { AccountGate } from "../accounts/account-gate.tsx";
import { usePageTitle } from "../app/page-title.ts";
import { Button } from "../ui/button.tsx";
import { Cover } from "../ui/cover.tsx";
import { plural } from "../ui/format.ts";
import { CardSkeletons, Empty, Problem } from "../ui/states.tsx";
import { newPlaylist } from "./new-playlist-dialog.tsx";
import { useMyPlaylists } from "./playlist-queries.ts";

export function LibraryPage() {
  usePageTitle("Library");
  return (
    <>
      <div className="mb-8 flex flex-wrap items-center justify-between gap-4">
        <h1 className="display text-4xl sm:text-5xl">Library</h1>
      </div>
      <AccountGate title="Your playlists live here" purpose="to make and keep playlists">
        <Playlists />
      </AccountGate>
    </>
  );
}

function Playlists() {
  const playlists = useMyPlaylists();
  const create = (
    <Button look="brass" onClick={() => newPlaylist.set({ open: { track: null } })}>
      <Plus className="size-4" aria-hidden="true" />
      New playlist
    </Button>
  );
  if (playlists.error !== null) return <Problem error={playlists.error} onRetry={() => void playlists.refetch()} />;
  if (playlists.data === undefined) return <CardSkeletons count={6} />;
  if (playlists.data.items.length === 0) {
    return (
      <Empty title="No playlist yet" action={create}>
        Make the first one, then add tracks from the menu beside them. Let friends in and edit it together.
      </Empty>
    );
  }
  return (
    <>
      <div className="mb-6">{create}</div>
      <ul className="card-grid">
        {playlists.data.items.map((playlist) => (
          <li key={playlist.id}>
            <PlaylistCard playlist={playlist} />
          </li>
        ))}
      </ul>
    </>
  );
}

function PlaylistCard({ playlist }: { playlist: PlaylistRef }) {
  return (
    <article className="group relative flex flex-col gap-3">
      <div className="sleeve group-hover:outline-ink group-has-[a:focus-visible]:outline-(--focus)">
        <Cover url={playlist.images[0]?.url} className="w-full" />
      </div>
      <div>
        <h2 className="truncate font-semibold">
          <Link
            to="/playlist/$id"
            params={{ id: playlist.id }}
            className="outline-none after:absolute after:inset-0 after:content-['']"
          >
            {playlist.name}
          </Link>
        </h2>
        <p className="text-sm text-soft">{plural(playlist.tracks.total, "track")}</p>
      </div>
    </article>
  );
}
