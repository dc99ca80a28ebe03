/** The buttons that drive the player, for the bar and for the sheet on a phone. */
import { Repeat, Repeat1, Shuffle, SkipBack, SkipForward, Volume1, Volume2, VolumeX } from "lucide-react";
import { DrumButton, IconButton } from "../ui/button.tsx";
import { usePlayer, usePlayerState } from "./player-context.tsx";
import { cycleRepeat, toggleShuffle } from "./queue.ts";

export function ToggleButton({ size, testId }: { size: "md" | "lg" | "xl"; testId?: string }) {
  const player = usePlayer();
  const status = usePlayerState((state) => state.status);
  const isBusy = status === "loading" || status === "stalled";
  return (
    <DrumButton
      size={size}
      data-testid={testId}
      data-status={status}
      label={status === "playing" || isBusy ? "Pause" : "Play"}
      state={isBusy ? "busy" : status === "playing" ? "pause" : "play"}
      onClick={() => player.toggle()}
    />
  );
}

export function PreviousButton() {
  const player = usePlayer();
  return (
    <IconButton label="Previous" onClick={() => player.previous()}>
      <SkipBack className="size-5 fill-current" />
    </IconButton>
  );
}

export function NextButton() {
  const player = usePlayer();
  return (
    <IconButton label="Next" onClick={() => player.next()}>
      <SkipForward className="size-5 fill-current" />
    </IconButton>
  );
}

export function ShuffleButton() {
  const player = usePlayer();
  const isOn = usePlayerState((state) => state.queue.unshuffled !== null);
  return (
    <IconButton
      label="Shuffle"
      isOn={isOn}
      onClick={() => player.editQueue((queue) => toggleShuffle(queue, Math.random))}
      className="relative"
    >
      <Shuffle className="size-4.5" />
      {isOn && <OnDot />}
    </IconButton>
  );
}

const REPEAT_LABELS = { off: "Repeat: off", all: "Repeat: the whole queue", one: "Repeat: this track" } as const;

export function RepeatButton() {
  const player = usePlayer();
  const repeat = usePlayerState((state) => state.queue.repeat);
  const Icon = repeat === "one" ? Repeat1 : Repeat;
  return (
    <IconButton
      label={REPEAT_LABELS[repeat]}
      isOn={repeat !== "off"}
      onClick={() => player.editQueue(cycleRepeat)}
      className="relative"
    >
      <Icon className="size-4.5" />
      {repeat !== "off" && <OnDot />}
    </IconButton>
  );
}

/** That something is on must not be told by colour alone. */
function OnDot() {
  return (
    <span className="absolute bottom-1 left-1/2 size-1 -translate-x-1/2 rounded-full bg-strike" aria-hidden="true" />
  );
}

export function VolumeControl() {
  const player = usePlayer();
  const volume = usePlayerState((state) => (state.isMuted ? 0 : state.volume));
  const Icon = volume === 0 ? VolumeX : volume < 0.5 ? Volume1 : Volume2;
  const percent = Math.round(volume * 100);
  return (
    <div className="flex items-center">
      <IconButton label={volume === 0 ? "Unmute" : "Mute"} onClick={() => player.toggleMute()}>
        <Icon className="size-5" />
      </IconButton>
      <div className="rail relative h-5 w-24">
        <div className="pointer-events-none absolute inset-x-0 top-1/2 h-1 -translate-y-1/2 overflow-hidden rounded-full bg-line">
          <div className="h-full bg-ink" style={{ width: `${percent}%` }} />
        </div>
        <input
          type="range"
          className="rail-input absolute inset-0 size-full"
          aria-label="Volume"
          aria-valuetext={`${percent} percent`}
          min={0}
          max={100}
          step={5}
          value={percent}
          onChange={(event) => player.setVolume(Number(event.currentTarget.value) / 100)}
        />
      </div>
    </div>
  );
}
