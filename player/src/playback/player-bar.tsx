import { Link } from "@tanstack/react-router";
import { ListMusic, Maximize2 } from "lucide-react";
import { useEffect } from "react";
import { ArtistLinks } from "../catalog/artist-links.tsx";
import { TrackMenu } from "../catalog/track-menu.tsx";
import { IconButton } from "../ui/button.tsx";
import { Cover } from "../ui/cover.tsx";
import { formatDuration } from "../ui/format.ts";
import { panels, useOpenPanel } from "./panels.ts";
import { PlaybackProblem } from "./playback-problem.tsx";
import { useCurrentTrack, usePlayerClock } from "./player-context.tsx";
import type { QueueTrack } from "./queue.ts";
import { SeekSlider } from "./seek-slider.tsx";
import { NextButton, PreviousButton, RepeatButton, ShuffleButton, ToggleButton, VolumeControl } from "./transport.tsx";

export function PlayerBar() {
  const track = useCurrentTrack();
  const isShown = track !== null;
  useEffect(() => {
    // The page keeps clear of the bar through this; see the shell's own paddings.
    document.documentElement.style.setProperty("--player-height", isShown ? "5rem" : "0px");
  }, [isShown]);
  if (track === null) return null;
  return (
    <section
      aria-label="Player"
      data-testid="player-bar"
      className="fixed inset-x-0 bottom-(--tabs-height) z-30 h-20 border-t border-transparent bg-surface"
    >
      <PlaybackProblem />
      <div className="absolute inset-x-0 -top-2.5 z-10">
        <SeekSlider look="edge" testId="seek-slider" />
      </div>
      <div className="grid h-full grid-cols-[1fr_auto] items-center gap-2 px-3 pt-1 md:grid-cols-[1fr_auto_1fr] md:px-5">
        <NowPlaying track={track} />
        <div className="flex items-center gap-1 md:gap-2">
          <span className="hidden md:contents">
            <ShuffleButton />
          </span>
          <span className="hidden sm:contents">
            <PreviousButton />
          </span>
          <ToggleButton size="md" testId="player-toggle" />
          <NextButton />
          <span className="hidden md:contents">
            <RepeatButton />
          </span>
        </div>
        <div className="hidden items-center justify-end gap-1 md:flex">
          <Times />
          <VolumeControl />
          <QueueButton />
        </div>
      </div>
    </section>
  );
}

function NowPlaying({ track }: { track: QueueTrack }) {
  return (
    <div className="relative flex min-w-0 items-center gap-3">
      <Cover url={track.image_url} className="size-13" isEager />
      <div className="min-w-0">
        <p className="truncate text-sm font-semibold">
          <Link
            to="/album/$id"
            params={{ id: track.album.id }}
            className="hover:underline max-md:pointer-events-none"
            tabIndex={0}
          >
            {track.name}
          </Link>
        </p>
        <p className="truncate text-sm text-soft">
          <ArtistLinks artists={track.artists} />
        </p>
      </div>
      <span className="hidden md:contents">
        <TrackMenu track={track} />
      </span>
      <button
        type="button"
        aria-label="Open the player"
        onClick={() => panels.set({ open: "sheet" })}
        className="absolute -inset-2 rounded-lg md:hidden"
      />
    </div>
  );
}

function Times() {
  const position = usePlayerClock((clock) => formatDuration(clock.positionMs));
  const duration = usePlayerClock((clock) => formatDuration(clock.durationMs));
  return (
    <p className="mr-2 text-sm whitespace-nowrap text-soft tabular-nums">
      <span data-testid="player-position" className="text-ink">
        {position}
      </span>
      <span aria-hidden="true"> / </span>
      <span className="sr-only"> of </span>
      {duration}
    </p>
  );
}

function QueueButton() {
  const isOpen = useOpenPanel() === "queue";
  return (
    <>
      <IconButton
        label={isOpen ? "Close the queue" : "Open the queue"}
        isOn={isOpen}
        onClick={() => panels.set({ open: isOpen ? null : "queue" })}
      >
        <ListMusic className="size-5" />
      </IconButton>
      <IconButton label="Open the large player" onClick={() => panels.set({ open: "sheet" })} className="max-lg:hidden">
        <Maximize2 className="size-4.5" />
      </IconButton>
    </>
  );
}
