/** Why the music does not play, above the bar, with what can be done. */
import { explain } from "../api/problem.ts";
import { Button } from "../ui/button.tsx";
import { usePlayer, usePlayerState } from "./player-context.tsx";
import { skipForward } from "./queue.ts";

export function PlaybackProblem() {
  const player = usePlayer();
  const error = usePlayerState((state) => state.error);
  const hasNext = usePlayerState((state) => skipForward(state.queue) !== null);
  if (error === null) return null;
  const { title, next } = explain(error);
  return (
    <div
      role="alert"
      className="absolute inset-x-3 bottom-full mb-4 flex flex-wrap items-center gap-3 rounded-xl border border-danger/50 bg-danger-wash px-4 py-3 shadow-lg md:right-5 md:left-auto md:max-w-lg"
    >
      <div className="min-w-0 grow basis-52">
        <p className="text-sm font-semibold">{title}</p>
        <p className="text-sm text-soft">{next}</p>
      </div>
      {error.status !== 451 && <Button onClick={() => void player.play()}>Try again</Button>}
      {hasNext && <Button onClick={() => player.next()}>Play the next one</Button>}
    </div>
  );
}
