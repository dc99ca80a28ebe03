import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { CSSProperties } from "react";
import type { AlbumRef } from "#workers/api/catalog/catalog-contract.ts";
import { useAccount } from "../accounts/session.ts";
import { usePageTitle } from "../app/page-title.ts";
import { historyTrack } from "../history/history-track.ts";
import { usePlay } from "../playback/use-play.ts";
import { buttonClass, DrumButton } from "../ui/button.tsx";
import { Cover } from "../ui/cover.tsx";
import { useCoverTint } from "../ui/cover-tint.ts";
import { CardSkeletons, Empty, Problem, Skeleton } from "../ui/states.tsx";
import { AlbumCard, usePlayAlbum } from "./album-card.tsx";
import { ALBUM_KINDS } from "./album-kinds.ts";
import { ArtistLinks } from "./artist-links.tsx";
import { newReleasesQuery, recentlyPlayedQuery } from "./catalog-queries.ts";
import { Drumhead } from "./drumhead.tsx";

const RECENT_FETCHED = 30;
const RECENT_SHOWN = 6;

export function HomePage() {
  usePageTitle(undefined);
  const account = useAccount();
  const releases = useQuery(newReleasesQuery);
  const albums = releases.data?.albums.items ?? [];
  const [newest, ...others] = albums;
  return (
    <>
      <h1 className="sr-only">Home</h1>
      {releases.isPending && <HeroSkeleton />}
      {newest !== undefined && <Hero album={newest} isGuest={account === null} />}
      {releases.error !== null && <Problem error={releases.error} onRetry={() => void releases.refetch()} />}
      {account !== null && account !== undefined && <RecentlyPlayed />}
      {others.length > 0 && (
        <section aria-labelledby="new-releases">
          <h2 id="new-releases" className="heading mb-5 text-2xl">
            New releases
          </h2>
          <div className="card-grid">
            {others.map((album) => (
              <AlbumCard key={album.id} album={album} note="artist" />
            ))}
          </div>
        </section>
      )}
      {releases.isPending && <CardSkeletons count={10} />}
      {releases.data !== undefined && albums.length === 0 && (
        <Empty
          title="No music yet"
          action={
            <Link to="/studio" className={buttonClass("brass")}>
              Open the studio
            </Link>
          }
        >
          The first release that is published stands here. Artists upload theirs in the studio.
        </Empty>
      )}
    </>
  );
}

/** The newest release as the head of a drum that hangs over the edge of the page. */
function Hero({ album, isGuest }: { album: AlbumRef; isGuest: boolean }) {
  const image = album.images[0]?.url ?? null;
  const tint = useCoverTint(image);
  const playAlbum = usePlayAlbum();
  return (
    <section
      aria-label="The newest release"
      className="page-bleed tinted relative mb-10 flex min-h-72 items-end overflow-hidden bg-linear-to-br from-[color-mix(in_oklab,var(--wash)_34%,var(--canvas))] via-[color-mix(in_oklab,var(--wash)_14%,var(--canvas))] to-canvas py-8 sm:min-h-88 lg:min-h-104"
      style={{ "--tint": tint ?? "var(--raised)" } as CSSProperties}
    >
      <Drumhead
        imageUrl={image}
        className="absolute max-sm:[&_svg]:overflow-hidden -top-16 -right-28 w-72 sm:-top-24 sm:-right-20 sm:w-112 lg:-top-20 lg:right-[-4%] lg:w-150"
      />
      <div className="relative flex max-w-[78%] flex-col items-start gap-3 pt-36 sm:max-w-[58%] sm:pt-0 lg:max-w-[52%]">
        <p className="text-sm font-semibold">New: {ALBUM_KINDS[album.album_type]}</p>
        <h2 className="display text-4xl break-words sm:text-6xl lg:text-7xl">
          <Link to="/album/$id" params={{ id: album.id }} className="hover:underline decoration-4 underline-offset-4">
            {album.name}
          </Link>
        </h2>
        <p className="text-lg text-soft">
          <ArtistLinks artists={album.artists} />
        </p>
        <div className="mt-3 flex flex-wrap items-center gap-4">
          <DrumButton size="xl" state="play" label={`Play ${album.name}`} onClick={() => void playAlbum(album.id)} />
          {isGuest && (
            <Link to="/sign-up" className={buttonClass("outline")}>
              Join and listen
            </Link>
          )}
        </div>
      </div>
    </section>
  );
}

function HeroSkeleton() {
  return (
    <div
      className="mb-10 flex min-h-72 flex-col justify-end gap-4 py-8 sm:min-h-88 lg:min-h-104"
      role="status"
      aria-label="Loading"
    >
      <Skeleton className="h-4 w-28" />
      <Skeleton className="h-16 w-3/5" />
      <Skeleton className="h-5 w-48" />
      <Skeleton className="size-18 rounded-full!" />
    </div>
  );
}

function RecentlyPlayed() {
  const recent = useQuery(recentlyPlayedQuery(RECENT_FETCHED));
  const play = usePlay();
  const tracks = (recent.data?.items ?? []).map((item) => historyTrack(item.track));
  const distinct = [...new Map(tracks.map((track) => [track.id, track])).values()].slice(0, RECENT_SHOWN);
  if (distinct.length === 0) return null;
  return (
    <section aria-labelledby="recently-played" className="mb-12">
      <div className="mb-4 flex items-baseline justify-between gap-4">
        <h2 id="recently-played" className="heading text-2xl">
          Played lately
        </h2>
        <Link to="/history" className="text-sm font-semibold text-soft hover:text-ink hover:underline">
          All history
        </Link>
      </div>
      <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {distinct.map((track, index) => (
          <li key={track.id}>
            <button
              type="button"
              onClick={() => play(distinct, index)}
              aria-label={`Play ${track.name}`}
              className="flex w-full items-center gap-3.5 rounded-lg bg-surface pr-4 text-left transition-colors hover:bg-raised"
            >
              <Cover url={track.image_url} className="size-16" />
              <span className="min-w-0">
                <span className="block truncate font-semibold">{track.name}</span>
                <span className="block truncate text-sm text-soft">
                  {track.artists.map((artist) => artist.name).join(", ")}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
