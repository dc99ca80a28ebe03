import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import type { Artist, SearchAnswer } from "#workers/api/catalog/catalog-contract.ts";
import { usePageTitle } from "../app/page-title.ts";
import { AlbumCard } from "../catalog/album-card.tsx";
import { searchQuery } from "../catalog/catalog-queries.ts";
import { TrackRow } from "../catalog/track-row.tsx";
import { queueTrackOf } from "../playback/queue.ts";
import { usePlay } from "../playback/use-play.ts";
import { cx } from "../ui/class-names.ts";
import { Cover } from "../ui/cover.tsx";
import { plural } from "../ui/format.ts";
import { Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { focusResult, RESULTS_ID, SEARCH_INPUT_ID } from "./result-focus.ts";

export function SearchPage() {
  const { q = "" } = useSearch({ from: "/search" });
  const results = useQuery(searchQuery(q));
  usePageTitle(q === "" ? "Search" : q);
  useEffect(() => {
    document.getElementById(SEARCH_INPUT_ID)?.focus();
    addEventListener("keydown", walkResults);
    return () => removeEventListener("keydown", walkResults);
  }, []);
  if (q === "") {
    return (
      <>
        <h1 className="display mb-6 text-4xl sm:text-5xl">Search</h1>
        <Empty title="What do you want to hear?">
          Type the beginning of any words of a track, an artist or an album. Results come as you type; the arrow keys
          walk through them.
        </Empty>
      </>
    );
  }
  return (
    <>
      <h1 className="sr-only">Results for {q}</h1>
      <p className="sr-only" role="status">
        {results.data !== undefined && !results.isPlaceholderData && spokenCount(results.data)}
      </p>
      {results.error !== null && <Problem error={results.error} onRetry={() => void results.refetch()} />}
      {results.isPending && <RowSkeletons count={8} />}
      {results.data !== undefined && results.error === null && (
        <Results q={q} answer={results.data} isStale={results.isPlaceholderData} />
      )}
    </>
  );
}

/** The arrow keys go from one result to the next, and from the first one back to the box. */
function walkResults(event: KeyboardEvent): void {
  const where = event.key === "ArrowDown" ? "next" : event.key === "ArrowUp" ? "previous" : null;
  if (where === null || !(event.target instanceof HTMLElement) || !("result" in event.target.dataset)) return;
  event.preventDefault();
  focusResult(where);
}

function spokenCount(answer: SearchAnswer): string {
  const count = (answer.tracks?.total ?? 0) + (answer.artists?.total ?? 0) + (answer.albums?.total ?? 0);
  return plural(count, "result");
}

function Results({ q, answer, isStale }: { q: string; answer: SearchAnswer; isStale: boolean }) {
  const play = usePlay();
  const tracks = (answer.tracks?.items ?? []).map(queueTrackOf);
  const artists = answer.artists?.items ?? [];
  const albums = answer.albums?.items ?? [];
  const isEmpty = tracks.length + artists.length + albums.length === 0;
  return (
    <div
      id={RESULTS_ID}
      data-testid="search-results"
      data-query={isStale ? undefined : q}
      aria-busy={isStale}
      className={cx("flex flex-col gap-10 transition-opacity", isStale && "opacity-60")}
    >
      {isEmpty && (
        <Empty title={`Nothing begins like “${q}”`}>
          Check the spelling, or try fewer words. Releases can be found from the hour they come out.
        </Empty>
      )}
      {tracks.length > 0 && (
        <section aria-labelledby="found-tracks">
          <h2 id="found-tracks" className="heading mb-2 text-2xl">
            Tracks
          </h2>
          <ol>
            {answer.tracks?.items.map((track, index) => (
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
      )}
      {artists.length > 0 && (
        <section aria-labelledby="found-artists">
          <h2 id="found-artists" className="heading mb-4 text-2xl">
            Artists
          </h2>
          <div className="card-grid">
            {artists.map((artist) => (
              <ArtistCard key={artist.id} artist={artist} />
            ))}
          </div>
        </section>
      )}
      {albums.length > 0 && (
        <section aria-labelledby="found-albums">
          <h2 id="found-albums" className="heading mb-4 text-2xl">
            Albums
          </h2>
          <div className="card-grid">
            {albums.map((album) => (
              <AlbumCard key={album.id} album={album} note="artist" />
            ))}
          </div>
        </section>
      )}
    </div>
  );
}

function ArtistCard({ artist }: { artist: Artist }) {
  return (
    <article className="group relative flex flex-col gap-3">
      <div className="rounded-full outline-2 outline-offset-4 outline-transparent transition-colors group-hover:outline-ink group-has-[a:focus-visible]:outline-(--focus)">
        <Cover url={artist.images[0]?.url} isRound className="w-full" />
      </div>
      <h3 className="truncate text-center font-semibold">
        <Link
          to="/artist/$id"
          params={{ id: artist.id }}
          data-result=""
          className="outline-none after:absolute after:inset-0 after:content-['']"
        >
          {artist.name}
        </Link>
      </h3>
    </article>
  );
}
