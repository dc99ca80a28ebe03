import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { AlbumRef } from "#workers/api/catalog/catalog-contract.ts";
import { sayProblem } from "../app/toasts.tsx";
import { usePlay } from "../playback/use-play.ts";
import { DrumButton } from "../ui/button.tsx";
import { Cover } from "../ui/cover.tsx";
import { ALBUM_KINDS } from "./album-kinds.ts";
import { albumTracks } from "./album-tracks.ts";
import { albumQuery } from "./catalog-queries.ts";

interface AlbumCardProps {
  readonly album: AlbumRef;
  /** Under the title: by whom it is, or where that is known already, what it is. */
  readonly note: "artist" | "kind";
}

export function AlbumCard({ album, note }: AlbumCardProps) {
  const playAlbum = usePlayAlbum();
  return (
    <article className="group relative flex flex-col gap-3">
      <div className="relative">
        <div className="sleeve group-hover:outline-ink group-has-[a:focus-visible]:outline-(--focus)">
          <Cover url={album.images[0]?.url} className="w-full" />
        </div>
        <DrumButton
          size="md"
          label={`Play ${album.name}`}
          state="play"
          onClick={() => void playAlbum(album.id)}
          className="absolute! right-2.5 bottom-2.5 z-10 opacity-0 shadow-lg group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:hidden"
        />
      </div>
      <div className="min-w-0">
        <h3 className="truncate font-semibold">
          <Link
            to="/album/$id"
            params={{ id: album.id }}
            data-result=""
            className="outline-none after:absolute after:inset-0 after:content-['']"
          >
            {album.name}
          </Link>
        </h3>
        <p className="truncate text-sm text-soft">
          {note === "artist"
            ? album.artists.map((artist) => artist.name).join(", ")
            : `${album.release_date.slice(0, 4)} · ${ALBUM_KINDS[album.album_type]}`}
        </p>
      </div>
    </article>
  );
}

/** Fetches an album and plays it from the first track that may be played. */
export function usePlayAlbum(): (albumId: string) => Promise<void> {
  const queryClient = useQueryClient();
  const play = usePlay();
  return async (albumId) => {
    try {
      const tracks = albumTracks(await queryClient.ensureQueryData(albumQuery(albumId)));
      const start = tracks.findIndex((track) => track.is_playable);
      play(tracks, Math.max(0, start));
    } catch (error) {
      sayProblem(error);
    }
  };
}
