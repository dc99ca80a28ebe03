import { X } from "lucide-react";
import { Button, IconButton } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { Cover } from "../ui/cover.tsx";
import { plural } from "../ui/format.ts";
import { Grip, useSortable } from "../ui/sortable.tsx";
import { usePlayer, usePlayerState } from "./player-context.tsx";
import { clearUpcoming, moveEntry, type QueueEntry } from "./queue.ts";

const ROW_HEIGHT_PX = 60;

/** What plays, and what comes after it: to be put in another order, and to be thinned out. */
export function QueueList() {
  const player = usePlayer();
  const queue = usePlayerState((state) => state.queue);
  const first = queue.index + 1;
  const upcoming = queue.entries.slice(first);
  const current = queue.entries[queue.index];
  const sortable = useSortable({
    count: upcoming.length,
    rowHeightPx: ROW_HEIGHT_PX,
    onMove(from, to) {
      const entry = upcoming[from];
      if (entry !== undefined) player.editQueue((now) => moveEntry(now, entry.key, first + to));
    },
  });
  return (
    <div className="flex flex-col gap-6">
      {current !== undefined && (
        <div>
          <h3 className="mb-1 px-2 text-sm font-semibold text-soft">Now playing</h3>
          <div className="flex h-15 items-center gap-3 rounded-lg bg-raised px-2" aria-current="true">
            <Names entry={current} />
          </div>
        </div>
      )}
      <div>
        <div className="mb-1 flex min-h-10 items-center justify-between px-2">
          <h3 className="text-sm font-semibold text-soft">
            Next{upcoming.length > 0 && <span className="text-soft"> · {plural(upcoming.length, "track")}</span>}
          </h3>
          {upcoming.length > 0 && (
            <Button look="quiet" className="-mr-2 px-3!" onClick={() => player.editQueue(clearUpcoming)}>
              Clear
            </Button>
          )}
        </div>
        {upcoming.length === 0 && (
          <p className="px-2 text-sm text-soft">
            The music stops after this one. Add more from the menu of any track, or turn on repeat.
          </p>
        )}
        <ol>
          {upcoming.map((entry, index) => (
            <li
              key={entry.key}
              style={sortable.rowStyle(index)}
              className={cx(
                "group relative flex h-15 items-center gap-3 rounded-lg px-2 hover:bg-raised",
                sortable.draggedIndex === index && "bg-raised shadow-xl",
                sortable.draggedIndex !== null && sortable.draggedIndex !== index && "transition-transform",
              )}
            >
              <Names entry={entry} onPlay={() => player.jumpTo(entry.key)} />
              <IconButton
                label={`Remove ${entry.track.name} from the queue`}
                onClick={() => player.removeEntry(entry.key)}
                size="sm"
              >
                <X className="size-4" />
              </IconButton>
              <Grip name={entry.track.name} handlers={sortable.gripProps(index, entry.track.name)} />
            </li>
          ))}
        </ol>
      </div>
      <p className="sr-only" role="status">
        {sortable.announcement}
      </p>
    </div>
  );
}

function Names({ entry, onPlay }: { entry: QueueEntry; onPlay?: () => void }) {
  const { track } = entry;
  const names = (
    <>
      <Cover url={track.image_url} className="size-11" />
      <span className="min-w-0 text-left">
        <span className="block truncate text-sm font-semibold">{track.name}</span>
        <span className="block truncate text-sm text-soft">
          {track.is_playable ? track.artists.map((artist) => artist.name).join(", ") : "Not available in your country"}
        </span>
      </span>
    </>
  );
  const shape = "flex min-w-0 grow items-center gap-3 rounded-md";
  if (onPlay === undefined) return <div className={shape}>{names}</div>;
  return (
    <button type="button" className={shape} onClick={onPlay} disabled={!track.is_playable}>
      <span className="sr-only">Play </span>
      {names}
    </button>
  );
}
