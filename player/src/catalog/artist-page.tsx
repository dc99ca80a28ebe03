import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { usePageTitle } from "../app/page-title.ts";
import { queueTrackOf } from "../playback/queue.ts";
import { usePlay } from "../playback/use-play.ts";
import { DrumButton } from "../ui/button.tsx";
import { plural } from "../ui/format.ts";
import { CardSkeletons, Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { AlbumCard } from "./album-card.tsx";
import { artistAlbumsQuery, artistQuery, artistTopTracksQuery } from "./catalog-queries.ts";
import { PageHead, PageHeadSkeleton } from "./page-head.tsx";
import { TrackListHead, TrackRow } from "./track-row.tsx";

export function ArtistPage() {
  const { id } = useParams({ from: "/artist/$id" });
  const artist = useQuery(artistQuery(id));
  const albums = useQuery(artistAlbumsQuery(id));
  const top = useQuery(artistTopTracksQuery(id));
  const play = usePlay();
  usePageTitle(artist.data?.name);
  if (artist.error !== null) return <Problem error={artist.error} onRetry={() => void artist.refetch()} />;
  if (artist.data === undefined) {
    return (
      <>
        <PageHeadSkeleton />
        <RowSkeletons count={5} />
      </>
    );
  }
  const tracks = top.data?.tracks.map(queueTrackOf) ?? [];
  const image = artist.data.images[0]?.url ?? albums.data?.items[0]?.images[0]?.url;
  return (
    <>
      <PageHead
        kind="Artist"
        title={artist.data.name}
        imageUrl={image}
        isRound
        details={
          <p className="text-soft">
            {[...artist.data.genres, ...(albums.data === undefined ? [] : [plural(albums.data.total, "release")])].join(
              " · ",
            )}
          </p>
        }
        actions={
          tracks.length > 0 && (
            <DrumButton
              state="play"
              label={`Play the best of ${artist.data.name}`}
              onClick={() =>
                play(
                  tracks,
                  Math.max(
                    0,
                    tracks.findIndex((track) => track.is_playable),
                  ),
                )
              }
            />
          )
        }
      />
      <section className="mb-12">
        <h2 className="heading mb-3 text-2xl">Played most</h2>
        {top.error !== null && <Problem error={top.error} onRetry={() => void top.refetch()} />}
        {top.isPending && <RowSkeletons count={5} />}
        {top.data?.tracks.length === 0 && <p className="text-soft">Nothing can be played yet.</p>}
        {tracks.length > 0 && <TrackListHead showsAlbum />}
        <ol>
          {top.data?.tracks.map((track, index) => (
            <li key={track.id}>
              <TrackRow
                track={queueTrackOf(track)}
                showsCover
                showsAlbum
                playCount={track.play_count}
                onPlay={() => play(tracks, index)}
              />
            </li>
          ))}
        </ol>
      </section>
      <section>
        <h2 className="heading mb-5 text-2xl">Releases</h2>
        {albums.error !== null && <Problem error={albums.error} onRetry={() => void albums.refetch()} />}
        {albums.isPending && <CardSkeletons count={4} />}
        {albums.data?.items.length === 0 && <Empty title="No release is out yet">It will stand here on its day.</Empty>}
        <div className="card-grid">
          {albums.data?.items.map((album) => (
            <AlbumCard key={album.id} album={album} note="kind" />
          ))}
        </div>
      </section>
    </>
  );
}
