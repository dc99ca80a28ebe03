/**
 * Lists whose rows are moved by a grip: dragged with any pointer, or with the arrow keys while the grip has the focus.
 * Each move is said aloud for screen readers.
 */
import { GripVertical } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { cx } from "./class-names.ts";

interface Drag {
  readonly from: number;
  readonly to: number;
  readonly offsetPx: number;
}

export interface Sortable {
  /** Goes to each row's element. */
  readonly rowStyle: (index: number) => { transform: string | undefined; zIndex: number | undefined };
  readonly draggedIndex: number | null;
  readonly gripProps: (index: number, name: string) => GripHandlers;
  /** For an aria-live region. */
  readonly announcement: string;
}

interface GripHandlers {
  readonly onPointerDown: (event: PointerEvent<HTMLButtonElement>) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLButtonElement>) => void;
  readonly onPointerUp: () => void;
  readonly onPointerCancel: () => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLButtonElement>) => void;
}

interface SortableOptions {
  readonly count: number;
  /** All rows are of one height. */
  readonly rowHeightPx: number;
  /** `to` is the index in the list as it is after the move. */
  readonly onMove: (from: number, to: number) => void;
}

export function useSortable({ count, rowHeightPx, onMove }: SortableOptions): Sortable {
  const [drag, setDrag] = useState<Drag | null>(null);
  const [announcement, setAnnouncement] = useState("");
  const startY = useRef(0);

  const move = (from: number, to: number, name: string) => {
    if (to < 0 || to >= count || to === from) return;
    onMove(from, to);
    setAnnouncement(`${name}, now number ${to + 1} of ${count}`);
  };

  return {
    announcement,
    draggedIndex: drag?.from ?? null,
    rowStyle(index) {
      if (drag === null) return { transform: undefined, zIndex: undefined };
      if (index === drag.from) return { transform: `translateY(${drag.offsetPx}px)`, zIndex: 10 };
      return { transform: `translateY(${makeRoom(index, drag) * rowHeightPx}px)`, zIndex: undefined };
    },
    gripProps: (index, name) => ({
      onPointerDown(event) {
        event.currentTarget.setPointerCapture(event.pointerId);
        startY.current = event.pageY;
        setDrag({ from: index, to: index, offsetPx: 0 });
      },
      onPointerMove(event) {
        if (drag === null) return;
        const offsetPx = event.pageY - startY.current;
        const to = Math.max(0, Math.min(count - 1, drag.from + Math.round(offsetPx / rowHeightPx)));
        setDrag({ from: drag.from, to, offsetPx });
      },
      onPointerUp() {
        if (drag !== null) move(drag.from, drag.to, name);
        setDrag(null);
      },
      onPointerCancel: () => setDrag(null),
      onKeyDown(event) {
        const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
        if (step === 0) return;
        event.preventDefault();
        move(index, index + step, name);
      },
    }),
  };
}

/** By how many rows a row steps aside for the one that is dragged. */
function makeRoom(index: number, { from, to }: Drag): number {
  if (from < to && index > from && index <= to) return -1;
  if (to < from && index >= to && index < from) return 1;
  return 0;
}

export function Grip({ name, handlers, className }: { name: string; handlers: GripHandlers; className?: string }) {
  return (
    <button
      type="button"
      aria-label={`Move ${name}`}
      title="Drag, or use the arrow keys"
      {...handlers}
      className={cx(
        "grid size-8 shrink-0 cursor-grab touch-none place-items-center rounded-md text-faint hover:text-ink active:cursor-grabbing",
        className,
      )}
    >
      <GripVertical className="size-4" aria-hidden="true" />
    </button>
  );
}
