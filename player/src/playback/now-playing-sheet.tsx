import { Link } from "@tanstack/react-router";
import { ChevronDown, ListMusic } from "lucide-react";
import { Dialog } from "radix-ui";
import { type CSSProperties, useState } from "react";
import { ArtistLinks } from "../catalog/artist-links.tsx";
import { TrackMenu } from "../catalog/track-menu.tsx";
import { IconButton } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { Cover } from "../ui/cover.tsx";
import { useCoverTint } from "../ui/cover-tint.ts";
import { formatDuration } from "../ui/format.ts";
import { panels, useOpenPanel } from "./panels.ts";
import { useCurrentTrack, usePlayerClock, usePlayerState } from "./player-context.tsx";
import type { QueueTrack } from "./queue.ts";
import { QueueList } from "./queue-list.tsx";
import { SeekSlider } from "./seek-slider.tsx";
import { NextButton, PreviousButton, RepeatButton, ShuffleButton, ToggleButton } from "./transport.tsx";

/** The whole screen for what plays. */
export function NowPlayingSheet() {
  const isOpen = useOpenPanel() === "sheet";
  const track = useCurrentTrack();
  const close = () => panels.set({ open: null });
  return (
    <Dialog.Root open={isOpen && track !== null} onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-0 z-40 animate-[rise_200ms_ease-out] overflow-y-auto bg-canvas outline-none"
        >
          <Dialog.Title className="sr-only">Now playing</Dialog.Title>
          {track !== null && <Sheet track={track} onClose={close} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Sheet({ track, onClose }: { track: QueueTrack; onClose: () => void }) {
  const tint = useCoverTint(track.image_url);
  const [showsQueue, setShowsQueue] = useState(false);
  return (
    <div
      className="tinted flex h-full min-h-130 flex-col bg-linear-to-b from-[color-mix(in_oklab,var(--wash)_38%,var(--canvas))] to-canvas to-70% px-6 pt-4 pb-8"
      style={{ "--tint": tint ?? "var(--raised)" } as CSSProperties}
    >
      <div className="flex items-center justify-between">
        <IconButton label="Close the player" onClick={onClose} className="-ml-2">
          <ChevronDown className="size-6" />
        </IconButton>
        <p className="truncate px-3 text-sm font-semibold">{track.album.name}</p>
        <IconButton
          label={showsQueue ? "Show the cover" : "Show the queue"}
          isOn={showsQueue}
          onClick={() => setShowsQueue(!showsQueue)}
          className="-mr-2"
        >
          <ListMusic className="size-5" />
        </IconButton>
      </div>
      <div
        className={cx("mx-auto flex w-full max-w-md min-h-0 grow flex-col gap-6 pt-6", !showsQueue && "justify-center")}
      >
        {showsQueue ? (
          <div className="-mx-2 min-h-0 grow basis-0 overflow-y-auto">
            <QueueList />
          </div>
        ) : (
          <Cover
            url={track.image_url}
            alt={`Cover of ${track.album.name}`}
            className="w-full max-w-[48dvh] self-center shadow-2xl"
            isEager
          />
        )}
        <div className="flex items-center gap-2">
          <div className="min-w-0 grow">
            <p className="heading truncate text-2xl">
              <Link to="/album/$id" params={{ id: track.album.id }} onClick={onClose} className="hover:underline">
                {track.name}
              </Link>
            </p>
            <p className="truncate text-soft">
              <ArtistLinks artists={track.artists} onFollow={onClose} />
            </p>
          </div>
          <TrackMenu track={track} />
        </div>
        <div>
          <SeekSlider look="rail" />
          <SheetTimes />
        </div>
        <div className="flex items-center justify-between">
          <ShuffleButton />
          <PreviousButton />
          <ToggleButton size="xl" />
          <NextButton />
          <RepeatButton />
        </div>
      </div>
    </div>
  );
}

const PROFILE_NAMES: Readonly<Record<string, string>> = {
  "opus-24": "Opus · 24 kbit/s",
  "vorbis-96": "Low · 96 kbit/s",
  "vorbis-160": "Normal · 160 kbit/s",
  "vorbis-320": "High · 320 kbit/s",
  "mp3-320": "MP3 · 320 kbit/s",
  "aac-96": "Low · 96 kbit/s",
  "aac-160": "Normal · 160 kbit/s",
  "aac-256": "High · 256 kbit/s",
  flac: "Lossless · FLAC",
};

function SheetTimes() {
  const position = usePlayerClock((clock) => formatDuration(clock.positionMs));
  const duration = usePlayerClock((clock) => formatDuration(clock.durationMs));
  const profile = usePlayerState((state) => state.profile);
  return (
    <div className="flex justify-between text-sm text-soft tabular-nums">
      <span>{position}</span>
      {profile !== null && <span>{PROFILE_NAMES[profile] ?? profile}</span>}
      <span>{duration}</span>
    </div>
  );
}
