import { useQuery } from "@tanstack/react-query";
import { AccountGate } from "../accounts/account-gate.tsx";
import { usePageTitle } from "../app/page-title.ts";
import { recentlyPlayedQuery } from "../catalog/catalog-queries.ts";
import { TrackRow } from "../catalog/track-row.tsx";
import { usePlay } from "../playback/use-play.ts";
import { formatAgo } from "../ui/format.ts";
import { Empty, Problem, RowSkeletons } from "../ui/states.tsx";
import { historyTrack } from "./history-track.ts";

const HISTORY_LIMIT = 50;

export function HistoryPage() {
  usePageTitle("History");
  return (
    <>
      <h1 className="display mb-2 text-4xl sm:text-5xl">History</h1>
      <p className="mb-8 max-w-prose text-soft">
        What you have heard for thirty seconds or more, or to its end. Each of these counts once for its artist.
      </p>
      <AccountGate title="Your history lives here" purpose="to see what you have played">
        <History />
      </AccountGate>
    </>
  );
}

function History() {
  const recent = useQuery(recentlyPlayedQuery(HISTORY_LIMIT));
  const play = usePlay();
  if (recent.error !== null) return <Problem error={recent.error} onRetry={() => void recent.refetch()} />;
  if (recent.data === undefined) return <RowSkeletons count={10} />;
  if (recent.data.items.length === 0) {
    return <Empty title="Nothing played yet">Play something for a while, and it will stand here.</Empty>;
  }
  const tracks = recent.data.items.map((item) => historyTrack(item.track));
  return (
    <ol>
      {recent.data.items.map((item, index) => {
        const track = tracks[index];
        return track === undefined ? null : (
          <li key={item.playback_id}>
            <TrackRow
              track={track}
              showsCover
              showsAlbum
              note={formatAgo(item.played_at, Date.now())}
              onPlay={() => play(tracks, index)}
            />
          </li>
        );
      })}
    </ol>
  );
}
