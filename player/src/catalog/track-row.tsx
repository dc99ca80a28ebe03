import { Link } from "@tanstack/react-router";
import { AudioLines, LoaderCircle, Pause, Play } from "lucide-react";
import type { ReactNode } from "react";
import { usePlayer } from "../playback/player-context.tsx";
import type { QueueTrack } from "../playback/queue.ts";
import { type PlayingMark, usePlayingMark } from "../playback/use-play.ts";
import { cx } from "../ui/class-names.ts";
import { Cover } from "../ui/cover.tsx";
import { formatCount, formatDuration, plural } from "../ui/format.ts";
import { ArtistLinks } from "./artist-links.tsx";
import { TrackMenu } from "./track-menu.tsx";

export interface TrackRowProps {
  readonly track: QueueTrack;
  /** Shown where there is no cover: the place on the record. */
  readonly number?: number | undefined;
  readonly showsCover?: boolean;
  readonly showsAlbum?: boolean;
  readonly showsArtists?: boolean;
  /** Undefined where plays are not shown, null while they are on their way. */
  readonly playCount?: number | null | undefined;
  /** Before the duration: when it was played, by whom it was added. */
  readonly note?: string | undefined;
  readonly onPlay: () => void;
  readonly menuItems?: ReactNode;
  /** At the end of the row: a grip. */
  readonly trailing?: ReactNode;
}

export function TrackRow(props: TrackRowProps) {
  const { track, showsCover = false, showsAlbum = false, showsArtists = true, playCount, note } = props;
  const player = usePlayer();
  const mark = usePlayingMark(track.id);
  const isCurrent = mark !== "no";
  const press = () => {
    if (isCurrent) player.toggle();
    else props.onPlay();
  };
  return (
    <div
      data-testid="track-row"
      data-track-id={track.id}
      aria-current={isCurrent || undefined}
      className={cx(
        "group/row relative flex h-14 items-center gap-3 rounded-lg px-2 transition-colors sm:gap-4",
        isCurrent ? "bg-raised" : "hover:bg-raised/60",
        !track.is_playable && "text-faint",
      )}
    >
      <PlayCell {...props} mark={mark} showsCover={showsCover} onPress={press} />
      <div className={cx("min-w-0 grow", showsAlbum ? "basis-2/5" : "basis-3/5")}>
        <p className={cx("truncate font-medium", isCurrent && "text-strike-text")}>
          {track.name}
          {track.explicit && <ExplicitBadge />}
        </p>
        {(showsArtists || !track.is_playable) && (
          <p className="truncate text-sm text-soft max-md:pointer-events-none">
            {track.is_playable ? <ArtistLinks artists={track.artists} /> : "Not available in your country"}
          </p>
        )}
      </div>
      {showsAlbum && (
        <p className="relative hidden min-w-0 basis-1/4 truncate text-sm text-soft lg:block">
          <Link to="/album/$id" params={{ id: track.album.id }} className="hover:text-ink hover:underline">
            {track.album.name}
          </Link>
        </p>
      )}
      {playCount !== undefined && <PlayCount count={playCount} />}
      {note !== undefined && <p className="hidden w-36 shrink-0 text-right text-sm text-soft sm:block">{note}</p>}
      <p className="w-11 shrink-0 text-right text-sm text-soft tabular-nums">{formatDuration(track.duration_ms)}</p>
      <span className="relative z-10 -mx-1">
        <TrackMenu track={track} items={props.menuItems} />
      </span>
      {props.trailing !== undefined && <span className="relative z-10 -ml-2">{props.trailing}</span>}
    </div>
  );
}

interface TrackListHeadProps {
  readonly showsAlbum?: boolean;
  /** The name of the notes' column. */
  readonly note?: string;
  readonly hasTrailing?: boolean;
}

/** Names the columns; what a row says by itself is not said twice to a screen reader. */
export function TrackListHead({ showsAlbum = false, note, hasTrailing = false }: TrackListHeadProps) {
  return (
    <div
      aria-hidden="true"
      className="mb-1 hidden h-8 items-center gap-4 border-b border-line px-2 text-xs font-semibold text-faint sm:flex"
    >
      <span className="w-10 shrink-0" />
      <span className={cx("grow", showsAlbum ? "basis-2/5" : "basis-3/5")}>Title</span>
      {showsAlbum && <span className="hidden basis-1/4 lg:block">Album</span>}
      <span className="w-20 shrink-0 text-right">Plays</span>
      {note !== undefined && <span className="w-36 shrink-0 text-right">{note}</span>}
      <span className="w-11 shrink-0 text-right">Time</span>
      <span className={cx("shrink-0", hasTrailing ? "w-17" : "w-7")} />
    </div>
  );
}

interface PlayCellProps extends TrackRowProps {
  readonly mark: PlayingMark;
  readonly onPress: () => void;
}

/** On a touch screen the button lies over the whole row: what is under the finger plays. */
function PlayCell({ track, number, showsCover, mark, onPress }: PlayCellProps) {
  const isSounding = mark === "playing" || mark === "busy";
  return (
    <button
      type="button"
      data-testid="play-button"
      data-result=""
      disabled={!track.is_playable}
      aria-label={`${isSounding ? "Pause" : "Play"} ${track.name}`}
      onClick={onPress}
      className="grid size-10 shrink-0 place-items-center rounded-md pointer-coarse:after:absolute pointer-coarse:after:inset-0 pointer-coarse:after:content-['']"
    >
      {showsCover && <Cover url={track.image_url} className="col-start-1 row-start-1 size-10" />}
      <span
        className={cx(
          "col-start-1 row-start-1 grid size-10 place-items-center rounded-sleeve",
          showsCover && "bg-black/50 text-white",
          showsCover && mark === "no" && "opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100",
        )}
      >
        <Face mark={mark} number={showsCover ? undefined : number} />
      </span>
    </button>
  );
}

/** A number at rest, the way to play it under the pointer, and the beat while it plays. */
function Face({ mark, number }: { mark: PlayingMark; number: number | undefined }) {
  const atRest = "col-start-1 row-start-1 group-hover/row:invisible group-focus-within/row:invisible";
  const underPointer =
    "col-start-1 row-start-1 size-4 fill-current invisible group-hover/row:visible group-focus-within/row:visible";
  if (mark === "busy") return <LoaderCircle className="size-4 animate-spin" aria-hidden="true" />;
  if (mark === "playing") {
    return (
      <span className="grid place-items-center">
        <AudioLines className={cx(atRest, "size-4.5", number !== undefined && "text-strike-text")} aria-hidden="true" />
        <Pause className={underPointer} aria-hidden="true" />
      </span>
    );
  }
  if (number === undefined || mark === "paused") return <Play className="size-4 fill-current" aria-hidden="true" />;
  return (
    <span className="grid place-items-center">
      <span className={cx(atRest, "text-soft tabular-nums")}>{number}</span>
      <Play className={underPointer} aria-hidden="true" />
    </span>
  );
}

function PlayCount({ count }: { count: number | null }) {
  return (
    <p
      title={count === null ? undefined : plural(count, "play")}
      className="hidden w-20 shrink-0 text-right text-sm text-soft tabular-nums sm:block"
    >
      <span data-testid="play-count">{count === null ? "" : formatCount(count)}</span>
      {count !== null && <span className="sr-only">{count === 1 ? " play" : " plays"}</span>}
    </p>
  );
}

function ExplicitBadge() {
  return (
    <abbr
      title="Explicit"
      className="ml-2 inline-grid size-4 place-items-center rounded-[3px] bg-line align-[2px] text-[10px] font-bold text-soft no-underline"
    >
      E
    </abbr>
  );
}
