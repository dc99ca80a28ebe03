import { useParams } from "@tanstack/react-router";
import { Globe, Lock, Pencil, Trash2, Users } from "lucide-react";
import { useState } from "react";
import { permissionOf } from "#domain/playlists/permissions.ts";
import type { Playlist, PlaylistItem } from "#workers/api/playlists/playlists-contract.ts";
import { useAccount } from "../accounts/session.ts";
import { usePageTitle } from "../app/page-title.ts";
import { PageHead, PageHeadSkeleton } from "../catalog/page-head.tsx";
import { TrackListHead, TrackRow } from "../catalog/track-row.tsx";
import { type QueueTrack, queueTrackOf } from "../playback/queue.ts";
import { usePlay } from "../playback/use-play.ts";
import { Button, DrumButton } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { formatAgo, formatCount, formatLength, plural } from "../ui/format.ts";
import { MenuItem } from "../ui/menu.tsx";
import { Grip, useSortable } from "../ui/sortable.tsx";
import { Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { type LiveStatus, useLivePlaylist } from "./live-playlist.ts";
import { PlaylistDetailsDialog } from "./playlist-details-dialog.tsx";
import { PLAYLIST_ITEMS_SHOWN_MAX, usePlaylist, usePlaylistEdits } from "./playlist-queries.ts";

const ROW_HEIGHT_PX = 56;

export function PlaylistPage() {
  const { id } = useParams({ from: "/playlist/$id" });
  const playlist = usePlaylist(id);
  const live = useLivePlaylist(id);
  usePageTitle(playlist.data?.name);
  if (live === "deleted") {
    return <Empty title="This playlist is gone">Its owner has just deleted it. What you were hearing plays on.</Empty>;
  }
  if (playlist.data !== undefined) return <LoadedPlaylist playlist={playlist.data} live={live} />;
  if (playlist.error !== null) return <Problem error={playlist.error} onRetry={() => void playlist.refetch()} />;
  return (
    <>
      <PageHeadSkeleton />
      <RowSkeletons count={8} />
    </>
  );
}

function LoadedPlaylist({ playlist, live }: { playlist: Playlist; live: LiveStatus }) {
  const account = useAccount();
  const sharing = { ownerAccountId: playlist.owner.id, public: playlist.public, collaborative: playlist.collaborative };
  const permission = permissionOf(sharing as Parameters<typeof permissionOf>[0], account?.id ?? null);
  const isOwn = permission === "own";
  const { items, total } = playlist.tracks;
  const playable = items.flatMap((item) => (item.track === null ? [] : [queueTrackOf(item.track)]));
  const play = usePlay();
  const [isEditing, setIsEditing] = useState(false);
  const image = playlist.images[0]?.url ?? playable[0]?.image_url ?? null;
  return (
    <>
      <PageHead
        kind={<Kind playlist={playlist} />}
        title={playlist.name}
        imageUrl={image}
        details={
          <>
            {playlist.description !== "" && <p className="max-w-prose text-soft">{playlist.description}</p>}
            <p className="text-soft">
              {playlist.owner.display_name} · {plural(total, "track")}
              {playable.length > 0 && ` · ${formatLength(playable.reduce((sum, track) => sum + track.duration_ms, 0))}`}
              <LiveMark live={live} />
            </p>
          </>
        }
        actions={
          <>
            {playable.length > 0 && (
              <DrumButton
                state="play"
                label={`Play ${playlist.name}`}
                onClick={() =>
                  play(
                    playable,
                    Math.max(
                      0,
                      playable.findIndex((track) => track.is_playable),
                    ),
                  )
                }
              />
            )}
            {isOwn && (
              <Button onClick={() => setIsEditing(true)}>
                <Pencil className="size-4" aria-hidden="true" />
                Edit details
              </Button>
            )}
          </>
        }
      />
      {total === 0 ? (
        <Empty title="Nothing in here yet">
          Find something you like and choose “Add to a playlist” from its menu. Everyone who has this page open sees it
          at once.
        </Empty>
      ) : (
        <Rows playlist={playlist} playable={playable} canEdit={isOwn || permission === "edit"} />
      )}
      {total > PLAYLIST_ITEMS_SHOWN_MAX && (
        <p className="mt-6 text-sm text-soft">
          The first {formatCount(PLAYLIST_ITEMS_SHOWN_MAX)} of {formatCount(total)} tracks are shown.
        </p>
      )}
      {isOwn && isEditing && <PlaylistDetailsDialog playlist={playlist} onClose={() => setIsEditing(false)} />}
    </>
  );
}

function Kind({ playlist }: { playlist: Playlist }) {
  const Icon = playlist.collaborative ? Users : playlist.public ? Globe : Lock;
  const name = playlist.collaborative ? "Shared playlist" : playlist.public ? "Playlist" : "Private playlist";
  return (
    <span className="inline-flex items-center gap-2">
      <Icon className="size-4" aria-hidden="true" />
      {name}
    </span>
  );
}

function LiveMark({ live }: { live: LiveStatus }) {
  return (
    <span className="ml-3 inline-flex items-center gap-1.5 text-sm" title="Edits by others appear here as they happen">
      <span className={cx("size-2 rounded-full", live === "live" ? "bg-good" : "bg-rim")} aria-hidden="true" />
      {live === "live" ? "Live" : "Connecting"}
    </span>
  );
}

interface RowsProps {
  readonly playlist: Playlist;
  readonly playable: readonly QueueTrack[];
  readonly canEdit: boolean;
}

function Rows({ playlist, playable, canEdit }: RowsProps) {
  const { items } = playlist.tracks;
  const edits = usePlaylistEdits(playlist.id);
  const play = usePlay();
  const sortable = useSortable({
    count: items.length,
    rowHeightPx: ROW_HEIGHT_PX,
    onMove: (from, to) => edits.move(playlist, from, to),
  });
  const playItem = (index: number) => {
    const before = items.slice(0, index).filter((item) => item.track !== null).length;
    play(playable, before);
  };
  return (
    <>
      <TrackListHead showsAlbum note="Added" hasTrailing={canEdit} />
      <ol>
        {items.map((item, index) => (
          <li
            key={item.item_id}
            style={sortable.rowStyle(index)}
            className={cx(
              "relative",
              sortable.draggedIndex === index && "rounded-lg bg-surface shadow-xl",
              sortable.draggedIndex !== null && sortable.draggedIndex !== index && "transition-transform",
            )}
          >
            <Row
              item={item}
              onPlay={() => playItem(index)}
              onRemove={canEdit ? () => edits.remove(item) : undefined}
              grip={
                canEdit ? (
                  <Grip
                    name={item.track?.name ?? "the missing track"}
                    handlers={sortable.gripProps(index, item.track?.name ?? "The missing track")}
                  />
                ) : undefined
              }
            />
          </li>
        ))}
      </ol>
      <p className="sr-only" role="status">
        {sortable.announcement}
      </p>
    </>
  );
}

interface RowProps {
  readonly item: PlaylistItem;
  readonly onPlay: () => void;
  readonly onRemove: (() => void) | undefined;
  readonly grip: React.ReactNode;
}

function Row({ item, onPlay, onRemove, grip }: RowProps) {
  if (item.track === null) {
    return (
      <div className="flex h-14 items-center gap-4 px-2 text-faint">
        <span className="grow pl-14">This track is no longer in the catalog</span>
        {grip}
      </div>
    );
  }
  return (
    <TrackRow
      track={queueTrackOf(item.track)}
      showsCover
      showsAlbum
      playCount={item.track.play_count}
      note={formatAgo(item.added_at, Date.now())}
      onPlay={onPlay}
      trailing={grip}
      menuItems={
        onRemove === undefined ? undefined : (
          <MenuItem icon={<Trash2 />} isDanger onSelect={onRemove}>
            Remove from this playlist
          </MenuItem>
        )
      }
    />
  );
}
