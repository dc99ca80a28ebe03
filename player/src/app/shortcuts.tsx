/** Keys that work on every page, and the list of them. */
import { useEffect } from "react";
import { panels, useOpenPanel } from "../playback/panels.ts";
import type { Player } from "../playback/player.ts";
import { usePlayer } from "../playback/player-context.tsx";
import { cycleRepeat, toggleShuffle } from "../playback/queue.ts";
import { SEARCH_INPUT_ID } from "../search/result-focus.ts";
import { Dialog } from "../ui/dialog.tsx";

const SEEK_STEP_MS = 5_000;
const VOLUME_STEP = 0.05;

/** What takes keys for itself keeps them: typing, sliders, menus, lists of choices. */
const TAKES_KEYS = "input, textarea, select, [contenteditable], [role=menu], [role=radiogroup], [role=slider]";
const TAKES_SPACE = "button, summary, [role=switch], [role=menuitem]";

const SHORTCUTS: readonly { keys: readonly string[]; what: string }[] = [
  { keys: ["Space"], what: "Play or pause" },
  { keys: ["←", "→"], what: "Five seconds back or forward" },
  { keys: ["Shift", "←"], what: "Previous track" },
  { keys: ["Shift", "→"], what: "Next track" },
  { keys: ["−", "+"], what: "Quieter or louder" },
  { keys: ["M"], what: "Mute" },
  { keys: ["S"], what: "Shuffle" },
  { keys: ["R"], what: "Repeat" },
  { keys: ["Q"], what: "Open or close the queue" },
  { keys: ["/"], what: "Search" },
  { keys: ["?"], what: "This list" },
];

export function Shortcuts() {
  const player = usePlayer();
  const isOpen = useOpenPanel() === "shortcuts";
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isOurs(event) && run(player, event)) event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [player]);
  return (
    <Dialog isOpen={isOpen} onClose={() => panels.set({ open: null })} title="Keyboard shortcuts">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-3">
        {SHORTCUTS.map(({ keys, what }) => (
          <div key={what} className="contents">
            <dt className="flex gap-1.5">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-7 rounded-md border border-rim bg-canvas px-2 py-0.5 text-center text-sm"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function isOurs(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (!(event.target instanceof Element)) return true;
  if (event.target.closest(TAKES_KEYS) !== null) return false;
  return !(event.key === " " && event.target.closest(TAKES_SPACE) !== null);
}

/** Whether the key meant something. */
function run(player: Player, event: KeyboardEvent): boolean {
  const name = event.shiftKey && event.key.startsWith("Arrow") ? `Shift ${event.key}` : event.key.toLowerCase();
  const action = actions(player)[name];
  if (action === undefined) return false;
  action();
  return true;
}

function actions(player: Player): Readonly<Record<string, () => void>> {
  const { queue, volume } = player.state.get();
  const anywhere = {
    "/": () => document.getElementById(SEARCH_INPUT_ID)?.focus(),
    "?": () => panels.set({ open: "shortcuts" }),
  };
  if (queue.index < 0) return anywhere;
  return {
    ...anywhere,
    " ": () => player.toggle(),
    arrowleft: () => player.seekBy(-SEEK_STEP_MS),
    arrowright: () => player.seekBy(SEEK_STEP_MS),
    "Shift ArrowLeft": () => player.previous(),
    "Shift ArrowRight": () => player.next(),
    "-": () => player.setVolume(volume - VOLUME_STEP),
    "+": () => player.setVolume(volume + VOLUME_STEP),
    "=": () => player.setVolume(volume + VOLUME_STEP),
    m: () => player.toggleMute(),
    s: () => player.editQueue((now) => toggleShuffle(now, Math.random)),
    r: () => player.editQueue(cycleRepeat),
    q: () => panels.set({ open: panels.get().open === "queue" ? null : "queue" }),
  };
}
