/** Which of the player's panels is open: one at a time. */
import { observable, useObservable } from "../app/observable.ts";

export type Panel = "queue" | "sheet" | "shortcuts" | null;

export const panels = observable<{ readonly open: Panel }>({ open: null });

export function useOpenPanel(): Panel {
  return useObservable(panels, (value) => value.open);
}
