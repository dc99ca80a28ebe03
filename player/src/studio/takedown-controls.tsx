/** What shows that a release or a track is taken down, and what changes it. */
import { Ban, RotateCcw } from "lucide-react";
import { useRef, useState } from "react";
import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import type { Takedown } from "#workers/ingest/takedowns/takedowns-contract.ts";
import type { Upload } from "#workers/ingest/uploads/uploads-contract.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Badge } from "./release-badges.tsx";
import { isOutOrReady } from "./release-state.ts";
import { TakedownDialog } from "./takedown-dialog.tsx";
import { useRestore, useTakedowns } from "./takedown-queries.ts";

export function TrackTakedown({ upload }: { upload: Upload }) {
  const { release_id: releaseId, track_id: trackId, title } = upload;
  const takedowns = useTakedowns(releaseId).filter((one) => one.track_id === trackId);
  const [isAsking, setIsAsking] = useState(false);
  const controls = useRef<HTMLDivElement>(null);
  const close = () => {
    setIsAsking(false);
    // The button that was pressed is gone where it was taken down: the keyboard goes on at the one in its place.
    requestAnimationFrame(() => controls.current?.querySelector("button")?.focus());
  };
  return (
    <div ref={controls} className="flex shrink-0 flex-col items-end gap-1 sm:flex-row sm:items-center sm:gap-3">
      {takedowns.length > 0 && <DownTrack releaseId={releaseId} title={title} takedowns={takedowns} />}
      {takedowns.length === 0 && isOutOrReady(upload) && (
        <IconButton label={`Take down ${title}`} onClick={() => setIsAsking(true)}>
          <Ban className="size-4.5" />
        </IconButton>
      )}
      {isAsking && (
        <TakedownDialog releaseId={releaseId} title={title} target={{ track_id: trackId }} onClose={close} />
      )}
    </div>
  );
}

interface DownTrackProps {
  readonly releaseId: string;
  readonly title: string;
  /** At least one. */
  readonly takedowns: readonly Takedown[];
}

function DownTrack({ releaseId, title, takedowns }: DownTrackProps) {
  const liftable = takedowns.filter((one) => one.liftable);
  const isByService = liftable.length < takedowns.length;
  return (
    <>
      <span data-testid="taken-down" title={takedowns.map((one) => one.reason).join("\n")}>
        <Badge look="danger">Taken down</Badge>
      </span>
      {isByService && <span className="text-sm text-faint">by Rimshot</span>}
      {liftable.length > 0 && (
        <RestoreButton releaseId={releaseId} title={title} takedowns={liftable} staysDown={isByService} />
      )}
    </>
  );
}

/** For all tracks at once. */
export function ReleaseTakedown({ release }: { release: StudioRelease }) {
  const { id, title, tracks } = release;
  const takedowns = useTakedowns(id);
  const [isAsking, setIsAsking] = useState(false);
  const down = new Set(takedowns.map((one) => one.track_id));
  const liftable = takedowns.filter((one) => one.liftable);
  const liftableTracks = new Set(liftable.map((one) => one.track_id));
  const canTakeDown = tracks.some(
    ({ id: trackId, upload }) => upload !== null && isOutOrReady(upload) && !down.has(trackId),
  );
  return (
    <>
      {canTakeDown && (
        <Button look="quiet" onClick={() => setIsAsking(true)}>
          <Ban className="size-4" aria-hidden="true" />
          Take down the release
        </Button>
      )}
      {liftableTracks.size > 1 && (
        <RestoreButton
          releaseId={id}
          title={title}
          takedowns={liftable}
          staysDown={liftable.length < takedowns.length}
          isRelease
        />
      )}
      {isAsking && (
        <TakedownDialog releaseId={id} title={title} target={{ release_id: id }} onClose={() => setIsAsking(false)} />
      )}
    </>
  );
}

interface RestoreButtonProps {
  readonly releaseId: string;
  readonly title: string;
  readonly takedowns: readonly Takedown[];
  /** Some of it is down by others' takedowns too. */
  readonly staysDown: boolean;
  readonly isRelease?: boolean;
}

function RestoreButton({ releaseId, title, takedowns, staysDown, isRelease = false }: RestoreButtonProps) {
  const restore = useRestore(releaseId, title, staysDown);
  const label = isRelease ? "Restore the release" : "Restore";
  return (
    <Button
      aria-label={staysDown ? `Lift your takedown of ${title}` : `Restore ${title}`}
      isBusy={restore.isPending}
      onClick={() => restore.mutate(takedowns)}
    >
      {!restore.isPending && <RotateCcw className="size-4" aria-hidden="true" />}
      {staysDown ? "Lift your takedown" : label}
    </Button>
  );
}
