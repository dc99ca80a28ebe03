import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, UploadCloud } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { DealWire, StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import { useObservable } from "../app/observable.ts";
import { usePageTitle } from "../app/page-title.ts";
import { ALBUM_KINDS } from "../catalog/album-kinds.ts";
import { PageHeadSkeleton } from "../catalog/page-head.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { formatInstant, plural } from "../ui/format.ts";
import { Problem, RowSkeletons } from "../ui/states.tsx";
import { countryName } from "./countries.ts";
import { CoverUpload } from "./cover-upload.tsx";
import { AUDIO_ACCEPT } from "./file-facts.ts";
import { ReleaseBadges } from "./release-badges.tsx";
import { nextTrackNumber } from "./release-state.ts";
import { StudioGate } from "./studio-gate.tsx";
import { releaseQuery } from "./studio-queries.ts";
import { ReleaseTakedown } from "./takedown-controls.tsx";
import { useTakedowns } from "./takedown-queries.ts";
import * as desk from "./upload-desk.ts";
import { LocalUploadRow, TrackUploadRow } from "./upload-row.tsx";

const COUNTRIES_NAMED_MAX = 6;

export function ReleasePage() {
  return (
    <>
      <Link
        to="/studio"
        className="mb-6 inline-flex items-center gap-2 py-2 text-sm font-semibold text-soft hover:text-ink"
      >
        <ArrowLeft className="size-4" aria-hidden="true" />
        All releases
      </Link>
      <StudioGate>
        <Release />
      </StudioGate>
    </>
  );
}

function Release() {
  const { id } = useParams({ from: "/studio/releases/$id" });
  const release = useQuery(releaseQuery(id));
  usePageTitle(release.data?.title);
  if (release.data !== undefined) return <LoadedRelease release={release.data} />;
  if (release.error !== null) return <Problem error={release.error} onRetry={() => void release.refetch()} />;
  return (
    <>
      <PageHeadSkeleton />
      <RowSkeletons count={5} />
    </>
  );
}

function LoadedRelease({ release }: { release: StudioRelease }) {
  const takedowns = useTakedowns(release.id);
  return (
    <>
      <header className="mb-10 flex flex-col gap-6 sm:flex-row sm:items-end sm:gap-8">
        <CoverUpload release={release} />
        <div className="flex min-w-0 flex-col gap-2.5 sm:pb-6">
          <ReleaseBadges release={release} nowMs={Date.now()} tracksDown={takedowns.length} />
          <h1 className="display text-4xl break-words sm:text-5xl">{release.title}</h1>
          <p className="text-soft">
            <span className="font-semibold text-ink">{release.artist.name}</span> · {ALBUM_KINDS[release.type]} ·{" "}
            {formatInstant(release.release_at)}
          </p>
          <p className="text-sm text-faint">
            {[release.label, release.upc === null ? "" : `UPC ${release.upc}`, describeDeals(release.deals)]
              .filter((part) => part !== "")
              .join(" · ")}
          </p>
          <div className="mt-2 flex flex-wrap gap-3 empty:hidden">
            {release.published_at !== null && (
              <Link to="/album/$id" params={{ id: release.id }} className={buttonClass("outline")}>
                See it as listeners do
              </Link>
            )}
            <ReleaseTakedown release={release} />
          </div>
        </div>
      </header>
      <Tracks release={release} />
    </>
  );
}

function describeDeals(deals: readonly DealWire[]): string {
  const names = (codes: readonly string[]) => {
    const shown = codes.slice(0, COUNTRIES_NAMED_MAX).map(countryName).join(", ");
    return codes.length > COUNTRIES_NAMED_MAX ? `${shown} and ${codes.length - COUNTRIES_NAMED_MAX} more` : shown;
  };
  return deals
    .map((deal) => {
      const where = deal.territories.includes("Worldwide") ? "Worldwide" : names(deal.territories);
      return deal.excluded_territories.length === 0 ? where : `${where} except ${names(deal.excluded_territories)}`;
    })
    .join("; ");
}

function Tracks({ release }: { release: StudioRelease }) {
  const list = useObservable(desk.uploads, (value) => value.list);
  const local = list.filter((item) => item.releaseId === release.id);
  const localTrackIds = new Set(local.map((item) => item.upload?.track_id));
  const known = release.tracks.filter((track) => !localTrackIds.has(track.id));
  useEffect(() => desk.noteKnownTracks(release.id, knownTracksOf(release)), [release]);
  const drafts = local.filter((item) => item.phase === "draft");
  const taken = [...release.tracks.map((track) => track.track_number), ...local.map((item) => item.trackNumber)];
  const releaseAtMs = Date.parse(release.release_at);
  const rows = [
    ...known.map((track) => ({
      number: track.track_number,
      row: <TrackUploadRow key={track.id} track={track} releaseAtMs={releaseAtMs} />,
    })),
    ...local.map((item) => ({
      number: item.trackNumber,
      row: <LocalUploadRow key={item.key} item={item} releaseAtMs={releaseAtMs} />,
    })),
  ];
  // Drafts stay where they are while their number is typed.
  const sorted = drafts.length > 0 ? rows : rows.sort((a, b) => a.number - b.number);
  return (
    <section aria-labelledby="tracks">
      <div className="mb-4 flex min-h-10 flex-wrap items-center justify-between gap-3">
        <h2 id="tracks" className="heading text-2xl">
          Tracks
        </h2>
        {drafts.length > 0 && (
          <Button
            look="brass"
            data-testid="start-uploads"
            disabled={drafts.some((item) => item.title.trim() === "" || item.trackNumber < 1)}
            onClick={() => desk.startAll(release.id)}
          >
            Upload {plural(drafts.length, "track")}
          </Button>
        )}
      </div>
      {sorted.length > 0 && <ul className="mb-8 border-t border-line">{sorted.map(({ row }) => row)}</ul>}
      <DropZone onFiles={(files) => desk.addFiles(release.id, files, nextTrackNumber(taken))} />
    </section>
  );
}

/** A rejected file is no track of the release: to send it again is not to send it twice. */
function knownTracksOf(release: StudioRelease): desk.KnownTrack[] {
  return release.tracks.flatMap(({ upload, title, track_number: trackNumber }) =>
    upload === null || upload.state === "REJECTED" ? [] : [{ sha256: upload.file.sha256, title, trackNumber }],
  );
}

function DropZone({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  // A file that misses the zone must not replace the page, and all uploads with it.
  useEffect(() => {
    const keep = (event: DragEvent) => event.preventDefault();
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
    return () => {
      removeEventListener("dragover", keep);
      removeEventListener("drop", keep);
    };
  }, []);
  return (
    <fieldset
      aria-label="Drop zone for audio files"
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
      className={cx(
        "flex flex-col items-center gap-3 rounded-2xl border-2 border-dashed px-6 py-12 text-center transition-colors",
        isOver ? "border-strike bg-raised" : "border-rim",
      )}
    >
      <UploadCloud className="size-9 text-faint" aria-hidden="true" />
      <p className="heading text-lg">Drop the masters here</p>
      <p className="max-w-prose text-sm text-soft">
        WAV, AIFF, FLAC or ALAC if you have them; MP3, AAC and Ogg are taken too. Up to 2 GiB a file, as many as you
        like.
      </p>
      <Button look="ink" onClick={() => input.current?.click()}>
        Choose files
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        data-testid="upload-input"
        accept={AUDIO_ACCEPT}
        className="sr-only"
        tabIndex={-1}
        aria-label="Audio files"
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </fieldset>
  );
}
