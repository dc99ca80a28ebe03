/** The timeline: a range input, which brings its own keys and names, over rails that show what is played and loaded. */
import { type CSSProperties, useMemo, useRef, useState } from "react";
import { cx } from "../ui/class-names.ts";
import { formatDuration, speakDuration } from "../ui/format.ts";
import { usePlayer, usePlayerClock, usePlayerState } from "./player-context.tsx";
import { OUTLINE_BOX, waveformOutline } from "./waveform-outline.ts";

const KEY_STEP_MS = 5_000;
const PAGE_STEP_MS = 30_000;

interface SeekSliderProps {
  /** Along the upper edge of the player bar, or a slider in its own right. */
  readonly look: "edge" | "rail";
  readonly testId?: string;
}

export function SeekSlider({ look, testId }: SeekSliderProps) {
  const player = usePlayer();
  const durationMs = usePlayerClock((clock) => Math.round(clock.durationMs));
  const bufferedToMs = usePlayerClock((clock) => Math.round(clock.bufferedToMs / 250) * 250);
  const positionMs = usePlayerClock((clock) => Math.round(clock.positionMs / 100) * 100);
  /** While the thumb is held the slider shows where it would go; the music goes on until it is let go. */
  const [heldMs, setHeldMs] = useState<number | null>(null);
  const held = useRef(false);
  const [hover, setHover] = useState<{ ratio: number } | null>(null);

  const shownMs = heldMs ?? positionMs;
  const percent = (ms: number) => `${durationMs === 0 ? 0 : Math.min(100, (ms / durationMs) * 100)}%`;
  const letGo = () => {
    held.current = false;
    if (heldMs !== null) player.seek(heldMs);
    setHeldMs(null);
  };

  return (
    <div
      className={cx("rail group relative", look === "edge" ? "h-5" : "h-8")}
      style={{ "--rail-height": look === "edge" ? "20px" : "32px" } as CSSProperties}
      onPointerMove={(event) => {
        const { left, width } = event.currentTarget.getBoundingClientRect();
        setHover({ ratio: Math.min(1, Math.max(0, (event.clientX - left) / width)) });
      }}
      onPointerLeave={() => setHover(null)}
    >
      <Rail look={look} loaded={percent(bufferedToMs)} played={percent(shownMs)} />
      <input
        type="range"
        className="rail-input absolute inset-0 size-full"
        data-testid={testId}
        aria-label="Position in the track"
        aria-valuetext={`${speakDuration(shownMs)} of ${speakDuration(durationMs)}`}
        min={0}
        max={Math.max(1, durationMs)}
        step={100}
        value={Math.min(shownMs, Math.max(1, durationMs))}
        onPointerDown={() => {
          held.current = true;
        }}
        onPointerUp={letGo}
        onPointerCancel={letGo}
        onChange={(event) => {
          const target = Number(event.currentTarget.value);
          if (held.current) setHeldMs(target);
          else player.seek(target);
        }}
        onKeyDown={(event) => {
          const deltaMs = keyDeltaMs(event.key);
          if (deltaMs === 0) return;
          event.preventDefault();
          player.seekBy(deltaMs);
        }}
      />
      {hover !== null && durationMs > 0 && (
        <div
          aria-hidden="true"
          className="pointer-events-none absolute bottom-full z-10 -translate-x-1/2 rounded-md bg-ink px-2 py-1 text-xs font-semibold text-canvas tabular-nums"
          style={{ left: `clamp(1.5rem, ${hover.ratio * 100}%, calc(100% - 1.5rem))` }}
        >
          {formatDuration(hover.ratio * durationMs)}
        </div>
      )}
    </div>
  );
}

interface RailProps {
  readonly look: SeekSliderProps["look"];
  /** Both in percent of the width. */
  readonly loaded: string;
  readonly played: string;
}

/** Straight, or in the shape of the recording: what is loaded and what is played are then the same shape, cut off. */
function Rail({ look, loaded, played }: RailProps) {
  const waveform = usePlayerState((state) => state.waveform);
  const outline = useMemo(() => waveformOutline(waveform), [waveform]);
  if (outline === null) return <StraightRail look={look} loaded={loaded} played={played} />;
  const upTo = (end: string) => ({ clipPath: `inset(0 calc(100% - ${end}) 0 0)` });
  return (
    <svg
      aria-hidden="true"
      data-testid="waveform"
      viewBox={`0 0 ${OUTLINE_BOX.width} ${OUTLINE_BOX.height}`}
      preserveAspectRatio="none"
      className={cx(
        "pointer-events-none absolute inset-x-0 top-1/2 w-full -translate-y-1/2",
        look === "edge" ? "h-4" : "h-7",
      )}
    >
      <path d={outline} className="fill-line" />
      <path d={outline} className="fill-rim/55" style={upTo(loaded)} />
      <path d={outline} className="fill-strike" style={upTo(played)} />
    </svg>
  );
}

function StraightRail({ look, loaded, played }: RailProps) {
  return (
    <div
      className={cx(
        "pointer-events-none absolute inset-x-0 top-1/2 -translate-y-1/2 overflow-hidden bg-line transition-[height] duration-100 group-hover:h-1.5",
        look === "edge" ? "h-[3px]" : "h-1 rounded-full",
      )}
    >
      <div className="absolute inset-y-0 left-0 bg-rim/55" style={{ width: loaded }} />
      <div className="absolute inset-y-0 left-0 bg-strike" style={{ width: played }} />
    </div>
  );
}

function keyDeltaMs(key: string): number {
  if (key === "ArrowRight" || key === "ArrowUp") return KEY_STEP_MS;
  if (key === "ArrowLeft" || key === "ArrowDown") return -KEY_STEP_MS;
  if (key === "PageUp") return PAGE_STEP_MS;
  return key === "PageDown" ? -PAGE_STEP_MS : 0;
}
