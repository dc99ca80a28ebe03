/** Why the music does not play, above the bar, with what can be done. */
import { useEffect } from "react";
import { explain } from "../api/problem.ts";
import { Button } from "../ui/button.tsx";
import { cx } from "../ui/class-names.ts";
import { panels } from "./panels.ts";
import { usePlayer, usePlayerState } from "./player-context.tsx";
import { skipForward } from "./queue.ts";

export function PlaybackProblem() {
  const player = usePlayer();
  const error = usePlayerState((state) => state.error);
  const hasNext = usePlayerState((state) => skipForward(state.queue) !== null);
  const isDisplaced = error?.kind === "stream-displaced";
  useEffect(() => {
    // The large player would cover what the listener has to be told.
    if (isDisplaced) panels.set({ open: null });
  }, [isDisplaced]);
  if (error === null) return null;
  const { title, next } = explain(error);
  return (
    <div
      role="alert"
      data-testid={isDisplaced ? "stream-displaced" : undefined}
      className={cx(
        "absolute inset-x-3 bottom-full mb-4 flex flex-wrap items-center gap-3 rounded-xl border px-4 py-3 shadow-lg md:right-5 md:left-auto md:max-w-lg",
        isDisplaced ? "border-rim bg-surface" : "border-danger/50 bg-danger-wash",
      )}
    >
      <div className="min-w-0 grow basis-52">
        <p className="text-sm font-semibold">{title}</p>
        <p className="text-sm text-soft">{next}</p>
      </div>
      {isDisplaced && (
        <Button look="brass" onClick={() => void player.play()}>
          Play here instead
        </Button>
      )}
      {!isDisplaced && error.status !== 451 && <Button onClick={() => void player.play()}>Try again</Button>}
      {!isDisplaced && hasNext && <Button onClick={() => player.next()}>Play the next one</Button>}
    </div>
  );
}
