import type { StudioRelease } from "#workers/ingest/catalog/catalog-contract.ts";
import { cx } from "../ui/class-names.ts";
import { formatInstant, plural } from "../ui/format.ts";
import { isMoving, isRejected } from "./release-state.ts";

const LOOKS = {
  good: "border-good text-good",
  quiet: "border-rim text-soft",
  brass: "border-brass-strong bg-brass text-on-brass",
  danger: "border-danger text-danger",
} as const;

interface ReleaseBadgesProps {
  readonly release: StudioRelease;
  readonly nowMs: number;
  readonly tracksDown?: number;
}

/** What an artist wants to know of a release at a glance. */
export function ReleaseBadges({ release, nowMs, tracksDown = 0 }: ReleaseBadgesProps) {
  const moving = release.tracks.filter(isMoving).length;
  const rejected = release.tracks.filter(isRejected).length;
  const isAllDown = tracksDown > 0 && tracksDown === release.tracks.length;
  const isLater = Date.parse(release.release_at) > nowMs;
  return (
    <p className="flex flex-wrap gap-2">
      {release.published_at !== null && !isAllDown && <Badge look="good">Out</Badge>}
      {isAllDown && <Badge look="danger">Taken down</Badge>}
      {tracksDown > 0 && !isAllDown && <Badge look="danger">{plural(tracksDown, "track")} taken down</Badge>}
      {release.published_at === null && isLater && (
        <Badge look="quiet">Comes out {formatInstant(release.release_at)}</Badge>
      )}
      {release.tracks.length === 0 && <Badge look="quiet">No tracks yet</Badge>}
      {moving > 0 && <Badge look="brass">{plural(moving, "track")} on the way</Badge>}
      {rejected > 0 && <Badge look="danger">{plural(rejected, "track")} rejected</Badge>}
    </p>
  );
}

export function Badge({ look, children }: { look: keyof typeof LOOKS; children: React.ReactNode }) {
  return <span className={cx("rounded-full border px-2.5 py-0.5 text-xs font-semibold", LOOKS[look])}>{children}</span>;
}
