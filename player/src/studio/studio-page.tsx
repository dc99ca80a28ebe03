import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import { usePageTitle } from "../app/page-title.ts";
import { ALBUM_KINDS } from "../catalog/album-kinds.ts";
import { Button } from "../ui/button.tsx";
import { Cover } from "../ui/cover.tsx";
import { formatInstant, plural } from "../ui/format.ts";
import { Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { NewReleaseDialog } from "./new-release-dialog.tsx";
import { ReleaseBadges } from "./release-badges.tsx";
import { StudioGate } from "./studio-gate.tsx";
import { releasesQuery } from "./studio-queries.ts";

export function StudioPage() {
  usePageTitle("Studio");
  return (
    <>
      <h1 className="display mb-2 text-4xl sm:text-5xl">Studio</h1>
      <p className="mb-8 max-w-prose text-soft">Your releases, from the first file to the day they come out.</p>
      <StudioGate>
        <Releases />
      </StudioGate>
    </>
  );
}

function Releases() {
  const releases = useInfiniteQuery(releasesQuery);
  const [isCreating, setIsCreating] = useState(false);
  const create = (
    <Button look="brass" onClick={() => setIsCreating(true)}>
      <Plus className="size-4" aria-hidden="true" />
      New release
    </Button>
  );
  const items = releases.data?.pages.flatMap((page) => page.items) ?? [];
  const isEmpty = releases.data !== undefined && items.length === 0;
  return (
    <>
      {isCreating && <NewReleaseDialog onClose={() => setIsCreating(false)} />}
      {!isEmpty && <div className="mb-6">{create}</div>}
      {releases.error !== null && <Problem error={releases.error} onRetry={() => void releases.refetch()} />}
      {releases.isPending && <RowSkeletons count={6} />}
      {isEmpty && (
        <Empty title="No release yet" action={create}>
          Begin with its title and its day. Then drop the masters in: every file says where it is, from the first byte
          until it plays.
        </Empty>
      )}
      <ul className="flex flex-col divide-y divide-line">
        {items.map((release) => (
          <li key={release.id}>
            <ReleaseRow release={release} />
          </li>
        ))}
      </ul>
      {releases.hasNextPage && (
        <Button className="mt-6" isBusy={releases.isFetchingNextPage} onClick={() => void releases.fetchNextPage()}>
          Show older releases
        </Button>
      )}
    </>
  );
}

function ReleaseRow({ release }: { release: StudioRelease }) {
  return (
    <article className="group relative flex items-center gap-4 rounded-lg py-4 transition-colors hover:bg-raised/60 sm:gap-6 sm:px-3">
      <Cover url={release.cover_url} className="size-20" />
      <div className="min-w-0 grow">
        <h2 className="heading truncate text-lg">
          <Link
            to="/studio/releases/$id"
            params={{ id: release.id }}
            className="outline-none after:absolute after:inset-0 after:rounded-lg after:content-[''] focus-visible:after:outline-[2.5px] focus-visible:after:outline-(--focus)"
          >
            {release.title}
          </Link>
        </h2>
        <p className="truncate text-sm text-soft">
          {release.artist.name} · {ALBUM_KINDS[release.type]} · {plural(release.tracks.length, "track")} ·{" "}
          {formatInstant(release.release_at)}
        </p>
        <div className="mt-2">
          <ReleaseBadges release={release} nowMs={Date.now()} />
        </div>
      </div>
    </article>
  );
}
