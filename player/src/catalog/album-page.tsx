import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ListEnd } from "lucide-react";
import type { Album } from "#workers/api/catalog/catalog-contract.ts";
import { usePageTitle } from "../app/page-title.ts";
import { say } from "../app/toasts.tsx";
import { usePlayer, usePlayerState } from "../playback/player-context.tsx";
import { append, currentEntry } from "../playback/queue.ts";
import { usePlay } from "../playback/use-play.ts";
import { Button, DrumButton } from "../ui/button.tsx";
import { formatDay, formatLength, plural } from "../ui/format.ts";
import { Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { AlbumCard } from "./album-card.tsx";
import { ALBUM_KINDS } from "./album-kinds.ts";
import { albumTracks } from "./album-tracks.ts";
import { ArtistLinks } from "./artist-links.tsx";
import { albumQuery, artistAlbumsQuery } from "./catalog-queries.ts";
import { PageHead, PageHeadSkeleton } from "./page-head.tsx";
import { TrackListHead, TrackRow } from "./track-row.tsx";

const MORE_ALBUMS_MAX = 6;

export function AlbumPage() {
  const { id } = useParams({ from: "/album/$id" });
  const album = useQuery(albumQuery(id));
  usePageTitle(album.data?.name);
  if (album.data !== undefined) return <LoadedAlbum album={album.data} />;
  if (album.error !== null) return <Problem error={album.error} onRetry={() => void album.refetch()} />;
  return (
    <>
      <PageHeadSkeleton />
      <RowSkeletons count={8} />
    </>
  );
}

function LoadedAlbum({ album }: { album: Album }) {
  const tracks = albumTracks(album);
  const play = usePlay();
  const player = usePlayer();
  const mark = useAlbumMark(album.id);
  const lengthMs = tracks.reduce((sum, track) => sum + track.duration_ms, 0);
  const firstPlayable = Math.max(
    0,
    tracks.findIndex((track) => track.is_playable),
  );
  const press = () => (mark === "other" ? play(tracks, firstPlayable) : player.toggle());
  return (
    <>
      <PageHead
        kind={ALBUM_KINDS[album.album_type]}
        title={album.name}
        imageUrl={album.images[0]?.url}
        details={
          <p className="text-soft">
            <span className="font-semibold text-ink">
              <ArtistLinks artists={album.artists} />
            </span>
            {" · "}
            {formatDay(album.release_date)} · {plural(album.total_tracks, "track")}
            {lengthMs > 0 && ` · ${formatLength(lengthMs)}`}
          </p>
        }
        actions={
          tracks.length > 0 && (
            <>
              <DrumButton
                state={mark === "sounding" ? "pause" : "play"}
                label={mark === "sounding" ? "Pause" : `Play ${album.name}`}
                disabled={!tracks.some((track) => track.is_playable)}
                onClick={press}
              />
              <Button
                onClick={() => {
                  player.editQueue((queue) => append(queue, tracks));
                  say(`${album.name} is in the queue`);
                }}
              >
                <ListEnd className="size-4" aria-hidden="true" />
                Add to the queue
              </Button>
            </>
          )
        }
      />
      {tracks.length === 0 ? (
        <Empty title="No track is out yet">This release has been announced. Come back on its release day.</Empty>
      ) : (
        <AlbumTracks album={album} onPlay={(index) => play(tracks, index)} />
      )}
      <Imprint album={album} />
      <MoreByArtist album={album} />
    </>
  );
}

function useAlbumMark(albumId: string): "other" | "sounding" | "paused" {
  return usePlayerState(({ queue, status }) => {
    if (currentEntry(queue)?.track.album.id !== albumId) return "other";
    return status === "playing" || status === "loading" || status === "stalled" ? "sounding" : "paused";
  });
}

function AlbumTracks({ album, onPlay }: { album: Album; onPlay: (index: number) => void }) {
  const tracks = albumTracks(album);
  const discs = new Set(album.tracks.items.map((track) => track.disc_number));
  const mainArtists = new Set(album.artists.map((artist) => artist.id));
  return (
    <>
      <TrackListHead />
      <ol className="flex flex-col">
        {tracks.map((track, index) => {
          const {
            disc_number: disc = 1,
            track_number: number,
            play_count: playCount,
          } = album.tracks.items[index] ?? {};
          const beginsDisc = discs.size > 1 && album.tracks.items[index - 1]?.disc_number !== disc;
          return (
            <li key={track.id}>
              {beginsDisc && <h2 className="px-2 pt-6 pb-2 text-sm font-semibold text-soft">Disc {disc}</h2>}
              <TrackRow
                track={track}
                number={number}
                showsArtists={track.artists.some((artist) => !mainArtists.has(artist.id))}
                playCount={playCount ?? null}
                onPlay={() => onPlay(index)}
              />
            </li>
          );
        })}
      </ol>
    </>
  );
}

function Imprint({ album }: { album: Album }) {
  return (
    <footer className="mt-8 flex flex-col gap-0.5 px-2 text-sm text-faint">
      {album.label !== "" && <p>{album.label}</p>}
      {album.copyrights.map((copyright) => (
        <p key={copyright.type + copyright.text}>
          {copyright.type === "P" ? "℗" : "©"} {copyright.text}
        </p>
      ))}
      {album.external_ids.upc !== undefined && <p>UPC {album.external_ids.upc}</p>}
    </footer>
  );
}

function MoreByArtist({ album }: { album: Album }) {
  const artist = album.artists[0];
  const albums = useQuery({ ...artistAlbumsQuery(artist?.id ?? ""), enabled: artist !== undefined });
  const others = albums.data?.items.filter((other) => other.id !== album.id).slice(0, MORE_ALBUMS_MAX) ?? [];
  if (artist === undefined || others.length === 0) return null;
  return (
    <section className="mt-12">
      <h2 className="heading mb-5 text-2xl">More by {artist.name}</h2>
      <div className="card-grid">
        {others.map((other) => (
          <AlbumCard key={other.id} album={other} note="kind" />
        ))}
      </div>
    </section>
  );
}
