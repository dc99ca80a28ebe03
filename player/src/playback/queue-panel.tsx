import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { IconButton } from "../ui/button.tsx";
import { panels, useOpenPanel } from "./panels.ts";
import { QueueList } from "./queue-list.tsx";

/** Beside the page on a desktop: the page stays in use, so this is no dialog. */
export function QueuePanel() {
  const isOpen = useOpenPanel() === "queue";
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isOpen) panel.current?.focus();
  }, [isOpen]);
  if (!isOpen) return null;
  const close = () => panels.set({ open: null });
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label="Queue"
      onKeyDown={(event) => event.key === "Escape" && close()}
      className="fixed top-0 right-0 bottom-[calc(var(--player-height)+var(--tabs-height))] z-20 w-full animate-[appear_120ms] overflow-y-auto border-l border-line bg-surface px-3 pt-4 pb-8 outline-none sm:w-88"
    >
      <div className="mb-4 flex items-center justify-between pl-2">
        <h2 className="heading text-xl">Queue</h2>
        <IconButton label="Close the queue" onClick={close}>
          <X className="size-5" />
        </IconButton>
      </div>
      <QueueList />
    </aside>
  );
}
